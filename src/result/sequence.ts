import { sum } from '../statistics/sum.ts'
import { connectErrorRate, errorRate } from './error-rate.ts'
import { mergeFaults } from './faults.ts'
import { LatencySummary } from './latency-summary.ts'
import type {
  ConnectionTotals,
  FanOutResult,
  GeneratorReport,
  LoadInterval,
  LoadResult,
  MachineReport,
  MessageTimes,
  ServerBlock,
  ServerReport,
  Starvation,
} from './load-result.ts'
import { resolutionOf } from './resolution.ts'
import { isSaturated } from './saturation.ts'
import { Slices } from './slices.ts'
import { sumPings } from './sum-pings.ts'

/** Parts that a server's report has at most. */
const mostBlocks = 128

/**
 * Runs of the same load one after the other as one: their samples and totals are added up exactly, each with the connections that it had
 * opened, and what is a share of the time is one of the whole time. What was between them is left out.
 *
 * @param runs at least one
 * @param whole how often all were looked at, and how they ended if each of them ended as planned
 */
export function inSequence(runs: readonly LoadResult[], whole: Pick<LoadResult, 'looks' | 'ended'>): LoadResult {
  const [first, last] = [runs[0]!, runs.at(-1)!]
  const timeline = new Timeline(runs.map(({ duration }) => duration))
  const latencyOf = (name: LatencyName): LatencySummary => LatencySummary.sum(runs.map((run) => run[name]))
  const latency = latencyOf('latency')
  const pings = sumPings(runs.map((run) => run.pings))
  const connections = sumFields(runs.map((run) => run.connections)) satisfies ConnectionTotals
  return {
    ...last,
    looks: whole.looks,
    ended: runs.map(({ ended }) => ended).find((ended) => ended !== 'completed') ?? whole.ended,
    startedAt: first.startedAt,
    duration: timeline.length,
    latency,
    latencyFloor: latencyOf('latencyFloor'),
    serviceTime: runs.every((run) => run.serviceTime === run.latency) ? latency : latencyOf('serviceTime'),
    handshake: latencyOf('handshake'),
    session: latencyOf('session'),
    reconnect: latencyOf('reconnect'),
    throughput: timeline.mean(runs.map((run) => run.throughput)),
    offeredRate: timeline.mean(runs.map((run) => run.offeredRate)),
    pings,
    messages: sumFields(runs.map((run) => run.messages)),
    pongs: sumFields(runs.map((run) => run.pongs)),
    errors: mergeFaults(runs.flatMap((run) => Object.entries(run.errors))),
    errorRate: errorRate(pings),
    connectErrorRate: connectErrorRate(connections),
    connections,
    intervals: timeline.intervals(runs.map((run) => run.intervals)),
    slices: timeline.slices(runs.map((run) => run.slices)),
    generator: generatorOf(runs, timeline, latency),
    fanOut: fanOutOf(runs, timeline),
    ...serverOf(runs, timeline),
    machine: machineOf(runs, timeline),
    environment: {
      ...last.environment,
      otherFloods: Math.max(...runs.map(({ environment }) => environment.otherFloods)),
    },
    options: { ...first.options, duration: sum(runs.map(({ options }) => options.duration ?? NaN)) },
  }
}

type LatencyName = 'latency' | 'latencyFloor' | 'serviceTime' | 'handshake' | 'session' | 'reconnect'

/** The measured windows of runs, one after the other without what was between them. */
class Timeline {
  /** Milliseconds. */
  readonly length: number
  readonly #durations: readonly number[]
  readonly #starts: readonly number[]

  constructor(durations: readonly number[]) {
    this.#durations = durations
    this.#starts = durations.map((_, nth) => sum(durations.slice(0, nth)))
    this.length = sum(durations)
  }

  /** Of shares and rates of each run; 0 of no time. */
  mean(values: readonly number[]): number {
    return this.length > 0 ? sum(values.map((value, nth) => value * this.#durations[nth]!)) / this.length : 0
  }

  /** Likewise, where all of them are known. */
  meanIfKnown(values: readonly (number | undefined)[]): number | undefined {
    const known = values.filter((value) => value !== undefined)
    return known.length < values.length ? undefined : this.mean(known)
  }

  intervals(ofRuns: readonly (readonly LoadInterval[])[]): LoadInterval[] {
    return ofRuns.flatMap((intervals, nth) =>
      intervals.map((interval) => ({ ...interval, start: this.#starts[nth]! + interval.start })),
    )
  }

  slices(ofRuns: readonly Slices[]): Slices {
    return Slices.inSequence(
      ofRuns.map((slices, nth) => ({ slices, start: this.#starts[nth]! })),
      this.length,
    )
  }

  /** Neighbours are put together until there are few enough. */
  blocks(servers: readonly ServerReport[]): ServerReport['blocks'] {
    const all = servers.flatMap(({ blocks }, nth) =>
      blocks.map((block) => ({ ...block, start: this.#starts[nth]! + block.start })),
    )
    const ofEach = Math.ceil(all.length / mostBlocks)
    return Array.from({ length: Math.ceil(all.length / ofEach) || 0 }, (_, nth) =>
      joined(all.slice(nth * ofEach, (nth + 1) * ofEach)),
    )
  }
}

function joined(blocks: ServerReport['blocks']): ServerBlock {
  const total = (name: keyof ServerBlock): number => sum(blocks.map((block) => block[name]))
  return { start: blocks[0]!.start, duration: total('duration'), cpu: total('cpu'), pings: total('pings') }
}

/** Saturated by what is held against one run of that length, if one of the runs was. */
function generatorOf(runs: readonly LoadResult[], timeline: Timeline, latency: LatencySummary): GeneratorReport {
  const generators = runs.map(({ generator }) => generator)
  const saturated = generators.filter((generator) => generator.saturated)
  const of = `${saturated.length} of ${runs.length} runs`
  const collections = generators.map(({ gcPauses }) => gcPauses)
  const sent = runs.map(({ pings }) => pings.sent)
  const cpu = sum(generators.map(({ cpuPerPing }, nth) => (sent[nth]! > 0 ? cpuPerPing * sent[nth]! : 0)))
  const starvation = generators.map((generator) => generator.starvation)
  const afterSilence = generators.flatMap((generator) => generator.afterSilence ?? [])
  const whole = {
    resolution: resolutionOf(latency),
    sendDelay: LatencySummary.sum(generators.map(({ sendDelay }) => sendDelay)),
    heldBack: sum(generators.map(({ heldBack }) => heldBack)),
    eventLoopUtilization: timeline.mean(generators.map(({ eventLoopUtilization }) => eventLoopUtilization)),
    cpuPerPing: sum(sent) > 0 ? cpu / sum(sent) : NaN,
    gcPauses: {
      count: sum(collections.map(({ count }) => count)),
      total: sum(collections.map(({ total }) => total)),
      max: Math.max(...collections.map(({ max }) => max)),
    },
    ...(starvation.every((one) => one !== undefined) && { starvation: starvationOf(starvation, timeline) }),
    ...(afterSilence.length === runs.length && { afterSilence: sumFields(afterSilence) }),
    threads: generators[0]!.threads,
  }
  const [one] = isSaturated(whole, latency, timeline.length) ? saturated : []
  const reasons = one?.reasons.map((reason) => `in ${of}, of which the first: ${reason}`) ?? []
  return { ...whole, saturated: one !== undefined, reasons }
}

function starvationOf(ofRuns: readonly Starvation[], timeline: Timeline): Starvation {
  return {
    throttled: timeline.meanIfKnown(ofRuns.map(({ throttled }) => throttled)),
    waiting: timeline.meanIfKnown(ofRuns.map(({ waiting }) => waiting)),
    memoryStall: timeline.meanIfKnown(ofRuns.map(({ memoryStall }) => memoryStall)),
    stopped: timeline.mean(ofRuns.map(({ stopped }) => stopped)),
  }
}

/** Why a server was not watched in one of the runs holds for all of them. */
function serverOf(runs: readonly LoadResult[], timeline: Timeline): Pick<LoadResult, 'server' | 'serverUnwatched'> {
  const servers = runs.flatMap(({ server }) => server ?? [])
  if (servers.length < runs.length) {
    return { server: undefined, serverUnwatched: runs.find(({ server }) => server === undefined)!.serverUnwatched }
  }
  const blocks = timeline.blocks(servers)
  const answers = sum(blocks.map(({ pings }) => pings))
  return {
    server: {
      source: servers[0]!.source,
      processes: Math.max(...servers.map(({ processes }) => processes)),
      cpuPerPing: answers > 0 ? sum(blocks.map(({ cpu }) => cpu)) / answers : NaN,
      cores: timeline.mean(servers.map(({ cores }) => cores)),
      waiting: timeline.meanIfKnown(servers.map(({ waiting }) => waiting)),
      busiestThread: timeline.meanIfKnown(servers.map(({ busiestThread }) => busiestThread)),
      throttled: timeline.meanIfKnown(servers.map(({ throttled }) => throttled)),
      rss: {
        start: servers[0]!.rss.start,
        max: Math.max(...servers.map(({ rss }) => rss.max)),
        end: servers.at(-1)!.rss.end,
      },
      blocks,
    },
    serverUnwatched: undefined,
  }
}

function machineOf(runs: readonly LoadResult[], timeline: Timeline): MachineReport | undefined {
  const machines = runs.flatMap(({ machine }) => machine ?? [])
  if (machines.length < runs.length) return undefined
  const share = (read: (machine: MachineReport) => number | undefined): number | undefined =>
    timeline.meanIfKnown(machines.map(read))
  return {
    cores: machines[0]!.cores,
    busy: timeline.mean(machines.map(({ busy }) => busy)),
    generator: share(({ generator }) => generator),
    foreign: share(({ foreign }) => foreign),
    steal: share(({ steal }) => steal),
    throttled: share(({ throttled }) => throttled),
    pressure: {
      cpu: share(({ pressure }) => pressure?.cpu),
      memory: share(({ pressure }) => pressure?.memory),
      io: share(({ pressure }) => pressure?.io),
    },
  }
}

function fanOutOf(runs: readonly LoadResult[], timeline: Timeline): FanOutResult | undefined {
  const parts = runs.flatMap(({ fanOut }) => fanOut ?? [])
  if (parts.length === 0) return undefined
  return {
    first: messagesOf(
      parts.map(({ first }) => first),
      timeline,
    ),
    completion: messagesOf(
      parts.map(({ completion }) => completion),
      timeline,
    ),
    ...sumFields(
      parts.map(({ duplicates, outOfOrder, misrouted, refused }) => ({ duplicates, outOfOrder, misrouted, refused })),
    ),
  }
}

function messagesOf(ofRuns: readonly MessageTimes[], timeline: Timeline): MessageTimes {
  return {
    latency: LatencySummary.sum(ofRuns.map(({ latency }) => latency)),
    latencyFloor: LatencySummary.sum(ofRuns.map(({ latencyFloor }) => latencyFloor)),
    pings: sumPings(ofRuns.map(({ pings }) => pings)),
    intervals: timeline.intervals(ofRuns.map(({ intervals }) => intervals)),
    slices: timeline.slices(ofRuns.map(({ slices }) => slices)),
  }
}

function sumFields<Totals extends { readonly [name in keyof Totals]: number }>(all: readonly Totals[]): Totals {
  const names = Object.keys(all[0]!) as (keyof Totals)[]
  return Object.fromEntries(names.map((name) => [name, sum(all.map((totals) => totals[name]))])) as unknown as Totals
}
