import type { LoadResult, MachineReport, ServerReport } from '../result/load-result.ts'
import { formatDuration, formatProcessorsTo, formatRatio, formatRatioTo } from '../units.ts'

/** What takes at least this share of the time, or of the processors, is worth a word. */
const notableShare = 0.1
/** A thread that runs for this share of the time has nothing to spare. */
const atLimitShare = 0.9
/** Figures here tell of magnitudes. */
const digits = 2

/**
 * Where the time of a run went that was slow or is undecided, in a sentence with its figures: what kept the server from a
 * processor, that it has no more to give, or, of a slow one, that neither did. A saturated generator says so itself.
 * @param isSlow whether the run was surely slow
 * @returns nothing where nothing is known of it, or nothing was in the way of an undecided run
 */
export function describeBottleneck({ server, machine, generator }: LoadResult, isSlow: boolean): string[] {
  if (generator.saturated || machine === undefined) return []
  const obstacle = obstacleTo(server, machine)
  if (obstacle !== undefined) return [obstacle]
  if (!isSlow || server === undefined) return []
  const waited =
    server.waiting === undefined ? '' : `, and waited ${share(server.waiting)} of the time that it wanted one`
  const use = `it used ${processors(server.cores)} of ${machine.cores} processors${waited}`
  return [`neither the generator nor the machine was in the way: the server itself was slow (${use})`]
}

/** What kept a server from work, or that it was at its limit. */
function obstacleTo(server: ServerReport | undefined, machine: MachineReport): string | undefined {
  const { throttled = 0, waiting = 0, busiestThread = 0, cores = 0 } = server ?? {}
  const { steal = 0, pressure = {} } = machine
  if (throttled >= notableShare) {
    return `a quota of processor time (cgroup) had stopped the server ${share(throttled)} of the time: raise it, or take a lower rate`
  }
  if (steal >= notableShare) return `the hypervisor gave ${share(steal)} of the processors to other machines`
  if (waiting >= notableShare) {
    return `the server waited for a processor ${share(waiting)} of the time that it wanted one: ${othersThan(cores, machine)}`
  }
  if ((pressure.memory ?? 0) >= notableShare) {
    return `tasks of this machine waited for memory ${share(pressure.memory!)} of the time`
  }
  if (cores >= atLimitShare * machine.cores) {
    return `the server used ${processors(cores)} of ${machine.cores} processors: it is at its limit`
  }
  if (busiestThread >= atLimitShare) {
    const rest = cores > busiestThread + notableShare ? ` (of ${processors(cores)} in all)` : ''
    return `the server's busiest thread used ${processors(busiestThread)} of one processor${rest}: it is at its limit`
  }
  return undefined
}

/** Who had the processors. */
function othersThan(server: number, { cores, busy, foreign = 0, steal = 0 }: MachineReport): string {
  if (foreign >= notableShare / 2) return `other processes took ${processors(foreign * cores)} of ${cores} processors`
  const generator = Math.max(0, (busy - foreign - steal) * cores - server)
  return `it shared ${cores} processors with the generator, which took ${processors(generator)}`
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
