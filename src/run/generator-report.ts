import type { FloodReport } from '../generator/flood-report.ts'
import type { AfterSilence, GeneratorReport, Starvation } from '../result/load-result.ts'
import { LatencySummary } from '../result/latency-summary.ts'
import { resolutionOf } from '../result/resolution.ts'
import { isLate, saturatingCollection, saturatingLoss, saturatingUtilization } from '../result/saturation.ts'
import { lostShare } from '../result/starvation.ts'
import { sum } from '../statistics/sum.ts'
import { formatDuration, formatRatio } from '../units.ts'
import { merge } from './merge.ts'
import { ratio } from './ratio.ts'

/** Below it, an event loop is not what made pings leave late; if its thread did not always run, not below the other one. */
const [leastUtilization, busyUtilization] = [0.1, 0.5]
/** What took less of the time is no reason for anything. */
const negligibleShare = 0.02
/** The two clocks are read one after the other, one of them to 10 ms: only what is longer was a sleep of the machine. */
const shortestSleepMs = 100

/** What kept a generator from its work. */
interface Cause {
  /** Of the measured window, 0 to 1. */
  readonly share: number
  /** What happened, and what to change. */
  readonly text: string
}

/** What each agent says of itself, by its name; nothing where the threads are of this process. */
export function reportByAgent(reports: readonly FloodReport[], duration: number): Map<string, GeneratorReport> {
  const byName = Map.groupBy(reports, ({ agent }) => agent)
  byName.delete(undefined)
  return new Map([...byName].map(([name, own]) => [name!, reportGenerator(own, duration)]))
}

/** Of the generator of a whole run: each agent that is saturated is named. */
export function namingAgents(all: GeneratorReport, byAgent: ReadonlyMap<string, GeneratorReport>): GeneratorReport {
  if (byAgent.size === 0) return all
  const reasons = [...byAgent].flatMap(([name, own]) => own.reasons.map((reason) => `the agent ${name}: ${reason}`))
  return { ...all, saturated: reasons.length > 0, reasons }
}

/**
 * What the threads of a generator say of it.
 * @param measured length of the measured window in milliseconds
 * @param latency of all of them
 */
export function reportGenerator(
  reports: readonly FloodReport[],
  measured: number,
  latency: LatencySummary = latencyOf(reports),
): GeneratorReport {
  const duration = Math.max(measured, ...reports.map(({ spentOver }) => spentOver))
  const sent = sum(reports.map(({ recording }) => recording.pings.sent))
  const utilization = Math.max(
    ...reports.map(({ spent, spentOver }) => ratio(spent.active, Math.max(measured, spentOver))),
  )
  const cpu = sum(reports.map(({ spent }) => spent.cpu * ratio(spent.active, spent.active + spent.polling)))
  const sendDelay = new LatencySummary(merge(reports.map((report) => report.recording.sendDelay)))
  const losses = mostStarved(reports.map(lossesOf))
  const starvation = sharesOf(losses, duration)
  const causes = causesOf(losses, reports, duration)
  const isKeptFromWork = lostShare(starvation) >= saturatingLoss || collectedShare(reports, duration) > 0
  const what = reports.some(({ fanOut }) => fanOut !== undefined) ? 'messages' : 'pings'
  const reasons = saturationReasons(what, utilization, sendDelay, latency, causes, isKeptFromWork)
  return {
    resolution: resolutionOf(latency),
    sendDelay,
    heldBack: sum(reports.map(({ recording }) => recording.heldBack)),
    eventLoopUtilization: utilization,
    cpuPerPing: sent > 0 ? cpu / sent : NaN,
    gcPauses: {
      count: sum(reports.map(({ gcPauses }) => gcPauses.count)),
      total: sum(reports.map(({ gcPauses }) => gcPauses.total)),
      max: Math.max(...reports.map(({ gcPauses }) => gcPauses.max)),
    },
    starvation,
    afterSilence: sumAfterSilence(reports),
    threads: reports.length,
    saturated: reasons.length > 0,
    reasons,
  }
}

function latencyOf(reports: readonly FloodReport[]): LatencySummary {
  return new LatencySummary(
    merge(reports.map(({ recording }) => recording.latency)),
    merge(reports.map(({ recording }) => recording.latencyFloor)),
  )
}

/**
 * What kept a thread from running, in milliseconds. The kernel counts waiting for a quota as waiting in the run queue; what
 * neither explains may have been waiting for memory, or else was neither.
 */
function lossesOf({ starvation }: FloodReport): Starvation {
  const { queued, throttled, notRunning = 0, overslept, asleep = 0, memoryStall } = starvation
  // A quota is that of all processes in the group: a thread was stopped by it no longer than it did not run.
  const ofQuota = throttled && Math.min(throttled, queued ?? notRunning + overslept)
  const unexplained = Math.max(0, notRunning + overslept - (queued ?? ofQuota ?? 0))
  const ofMemory = memoryStall && Math.min(memoryStall, unexplained)
  return {
    throttled: ofQuota,
    waiting: queued && queued - (ofQuota ?? 0),
    memoryStall: ofMemory,
    stopped: unexplained - (ofMemory ?? 0) + (asleep >= shortestSleepMs ? asleep : 0),
  }
}

function totalOf({ throttled = 0, waiting = 0, memoryStall = 0, stopped }: Starvation): number {
  return throttled + waiting + memoryStall + stopped
}

function mostStarved(threads: readonly Starvation[]): Starvation {
  return threads.reduce((most, thread) => (totalOf(thread) > totalOf(most) ? thread : most))
}

/** Losses as shares of the measured window. */
function sharesOf({ throttled, waiting, memoryStall, stopped }: Starvation, duration: number): Starvation {
  const share = (ms: number | undefined): number | undefined => ms && Math.min(1, ratio(ms, duration))
  return {
    throttled: share(throttled),
    waiting: share(waiting),
    memoryStall: share(memoryStall),
    stopped: share(stopped)!,
  }
}

/** What kept the generator from its work, the most important first. */
function causesOf(losses: Starvation, reports: readonly FloodReport[], duration: number): Cause[] {
  const { throttled, waiting, memoryStall, stopped } = losses
  const quota = Math.min(...reports.map((report) => report.quota ?? Infinity))
  const longest = formatDuration(Math.max(...reports.map(({ gcPauses }) => gcPauses.max)))
  const causes: [ms: number | undefined, describe: (time: string) => string][] = [
    [
      throttled,
      (time) =>
        `a quota of ${Number(quota.toPrecision(2))} CPU (cgroup) stopped its threads ${time}: raise the quota, or take a lower rate and fewer connections`,
    ],
    [
      waiting,
      (time) =>
        `its threads waited ${time} for a processor that others had: let nothing else run meanwhile${reports.length > 1 ? ', or take fewer threads' : ''}`,
    ],
    [
      memoryStall,
      (time) => `its threads waited ${time} for memory: take fewer connections, or let others use less of it`,
    ],
    [
      stopped,
      () =>
        waiting === undefined
          ? `its threads did not run for ${formatDuration(stopped)}: let nothing else run meanwhile, and nothing stop them`
          : `its threads were stopped for ${formatDuration(stopped)} (by a signal, with their container or the machine, or by waiting for a disk): let them run on`,
    ],
    [
      collectedShare(reports, duration) * duration,
      (time) => `garbage collection took ${time}, up to ${longest} at once: take smaller messages or more threads`,
    ],
  ]
  return causes
    .map(([ms = 0, describe]) => ({ share: Math.min(1, ratio(ms, duration)), describe }))
    .filter(({ share }) => share >= negligibleShare)
    .toSorted((one, other) => other.share - one.share)
    .map(({ share, describe }) => ({ share, text: describe(`${formatRatio(share)} of the time`) }))
}

/** How much of the time garbage collections of one thread took, if that is much: on a thread that is stopped they last longer. */
function collectedShare(reports: readonly FloodReport[], duration: number): number {
  const share = Math.max(...reports.map(({ gcPauses }) => ratio(gcPauses.total, duration)))
  return share >= saturatingCollection ? share : 0
}

/** Why the generator, rather than the server, may be what limited a run; empty if it did not. */
function saturationReasons(
  what: 'pings' | 'messages',
  utilization: number,
  sendDelay: LatencySummary,
  latency: LatencySummary,
  causes: readonly Cause[],
  isKeptFromWork: boolean,
): string[] {
  const areLate = isLate(sendDelay, latency)
  const late = `${what} left up to ${formatDuration(sendDelay.p99)} late (p99)`
  const busy = `its event loop was busy ${formatRatio(utilization)} of the time`
  const texts = causes.map(({ text }) => text)
  if (isKeptFromWork) return [...texts, ...(areLate ? [late] : [])]
  const reasons: string[] = []
  if (utilization > saturatingUtilization) {
    reasons.push(`${busy}: take fewer connections a thread, a lower rate or more threads`)
  }
  if (!areLate) return reasons
  const isBusy = utilization >= (texts.length > 0 ? busyUtilization : leastUtilization)
  if (isBusy) return [...reasons, `${late}: take a lower rate or more threads`]
  if (texts.length > 0) return [`${late} though ${busy} only`, ...texts]
  return [`${late} though ${busy} only: let nothing else run meanwhile`]
}

function sumAfterSilence(reports: readonly FloodReport[]): AfterSilence {
  const total = (name: keyof AfterSilence): number => sum(reports.map(({ afterSilence }) => afterSilence[name]))
  return {
    timedOut: total('timedOut'),
    lost: total('lost'),
    dropped: total('dropped'),
    failed: total('failed'),
    closedEarly: total('closedEarly'),
    failedReconnects: total('failedReconnects'),
  }
}
