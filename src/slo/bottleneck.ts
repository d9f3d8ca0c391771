import type { LoadResult, MachineReport, ServerReport } from '../result/load-result.ts'
import { formatDuration, formatProcessorsTo, formatRatio, formatRatioTo } from '../units.ts'

/** What takes at least this share of the time, of the processors or of the latency is worth a word. */
export const notableShare = 0.1
/** A thread that runs for this share of the time has nothing to spare. */
const atLimitShare = 0.9
/** An answer for which a server ran, and waited for a processor, for no more of its latency waited for something else. */
const idleShare = 0.5
/** Figures here tell of magnitudes. */
const digits = 2

/**
 * Where the time of a run went that was slow or is undecided, in a sentence with its figures: what kept the server from a
 * processor, that it has no more to give, or, of a slow one, that neither did.
 * @param slowShare of the pings that were too slow, 0 to 1, where an objective is about these; {@link notableShare} of a slower side of a
 * comparison, which counts none; 0 of a run that is not known to be slow
 * @returns nothing where nothing is known of it, or nothing was in the way of an undecided run
 */
export function describeBottleneck(result: LoadResult, slowShare: number): string[] {
  const { server, machine, generator } = result
  if (machine === undefined) return []
  const obstacle = machineInTheWay(result, slowShare) ?? limitReached(result, machine)
  if (obstacle !== undefined) return [obstacle]
  // A saturated generator says itself that it was in the way.
  if (slowShare === 0 || server === undefined || generator.saturated) return []
  return [
    `neither the generator nor the machine was in the way: the server itself was slow (${describeUse(result, server, machine)})`,
  ]
}

/** What a server did that was slow by itself. */
function describeUse({ duration, latency }: LoadResult, server: ServerReport, { cores }: MachineReport): string {
  const use = `it used ${processors(server.cores)} of ${cores} processors`
  if (server.waiting === undefined || latency.count === 0) return use
  const perAnswer = duration / latency.count
  const waited = threadsKept(server.cores, server.waiting) * perAnswer
  const isIdle = server.cores * perAnswer + waited <= idleShare * latency.mean
  const elsewhere = isIdle ? '; it may have waited for a timer, a disk, a lock, or a server behind it' : ''
  return `${use}, and its threads waited ${formatDuration(waited)} per answer for a processor${elsewhere}`
}

/**
 * What kept a server from work that was not its own doing, in a sentence: a quota, the hypervisor, others at its processors, memory.
 * A server at its limit is in its own way.
 * @param slowShare as of {@link describeBottleneck}
 */
export function machineInTheWay(result: LoadResult, slowShare: number): string | undefined {
  const { server, machine } = result
  if (machine === undefined) return undefined
  const { throttled = 0, waiting = 0, cores = 0 } = server ?? {}
  const { steal = 0, pressure = {} } = machine
  if (throttled >= notableShare && isWorthWaiting(result, server!, throttled, slowShare)) {
    return `a quota of processor time (cgroup) had stopped the server ${share(throttled)} of the time that it wanted a processor: raise it, or take a lower rate`
  }
  if (steal >= notableShare) return `the hypervisor gave ${share(steal)} of the processors to other machines`
  if (limitReached(result, machine) !== undefined) return undefined
  if (waiting >= notableShare && isWorthWaiting(result, server!, waiting, slowShare)) {
    return `the server waited for a processor ${share(waiting)} of the time that it wanted one: ${othersThan(cores, machine)}`
  }
  if ((pressure.memory ?? 0) >= notableShare) {
    return `tasks of this machine waited for memory ${share(pressure.memory!)} of the time`
  }
  return undefined
}

/** That a server had no more to give. */
function limitReached({ server }: LoadResult, machine: MachineReport): string | undefined {
  const { busiestThread = 0, cores = 0 } = server ?? {}
  if (cores >= atLimitShare * machine.cores) {
    return `the server used ${processors(cores)} of ${machine.cores} processors: it is at its limit`
  }
  if (busiestThread < atLimitShare) return undefined
  const rest = cores > busiestThread + notableShare ? ` (of ${processors(cores)} in all)` : ''
  return `the server's busiest thread used ${processors(busiestThread)} of one processor${rest}: it is at its limit`
}

/**
 * Whether the time in which a server waited for a processor, or was stopped, can have made it slow, and not only be a large part of the
 * little that it wanted one. As much of the pings as of the time met a wait: those that are too slow may be these. Otherwise waits have
 * to be a part of the latency: of all pings under way, by Little's law their rate times their mean latency, a wait delays those that need the thread,
 * one at least, and `u / (1 − u)` where the thread is wanted for a share `u` of the time (the number in an M/M/1 queue).
 * Of a run that is not known to be slow, a wait may have delayed all that were under way.
 * @param keptShare of the time that it wanted a processor
 */
function isWorthWaiting(
  { latency, duration }: LoadResult,
  { cores, busiestThread = cores, waiting = 0 }: ServerReport,
  keptShare: number,
  slowShare: number,
): boolean {
  const waited = threadsKept(cores, keptShare)
  if (waited >= (slowShare || notableShare)) return true
  const wanted = Math.min(busiestThread / runningShare(Math.max(keptShare, waiting)), 1 - Number.EPSILON)
  const underWay = (latency.count * latency.mean) / duration
  const delayed = Math.min(Math.max(wanted / (1 - wanted), 1), Math.max(underWay, 1))
  return (waited * delayed) / underWay >= notableShare
}

/** How many threads of a server were kept from a processor at a time, on average. @param kept share of the time that it wanted one */
function threadsKept(cores: number, kept: number): number {
  return (cores * kept) / runningShare(kept)
}

/** Of the time in which a server wanted a processor, how much it had one: above 0 to 1. @param kept share in which it had none */
function runningShare(kept: number): number {
  return 1 - Math.min(kept, 1 - Number.EPSILON)
}

/** Who had the processors. */
function othersThan(server: number, { cores, generator = 0, foreign = 0 }: MachineReport): string {
  if (foreign >= notableShare / 2) return `other processes took ${processors(foreign * cores)} of ${cores} processors`
  return `the generator's process took ${processors(generator * cores)} of ${cores} processors, and itself ${processors(server)}`
}

/** What two servers spent on an answer; nothing where one of them was not watched. */
export function describeWork(base: ServerReport | undefined, head: ServerReport | undefined): string[] {
  if (base === undefined || head === undefined || !(base.cpuPerPing > 0 && head.cpuPerPing > 0)) return []
  const change = head.cpuPerPing / base.cpuPerPing - 1
  const sides = `base ${formatDuration(base.cpuPerPing)}, head ${formatDuration(head.cpuPerPing)}`
  return [`processor time per answer: ${sides} (${change > 0 ? '+' : ''}${formatRatio(change)})`]
}

function share(ratio: number): string {
  return formatRatioTo(ratio, digits)
}

function processors(count: number): string {
  return formatProcessorsTo(count, digits)
}
