import type { LoadResult } from '../result/load-result.ts'
import type { RecordedOptions } from '../result/recorded-options.ts'
import {
  describeCutShort,
  describeEarlyEnds,
  describeMisrouted,
  describeOpened,
  describeRefused,
} from '../slo/fault.ts'
import { describeMachineFaults } from '../slo/machine-fault.ts'
import { describeAstray, describeIslands } from '../slo/other-machines.ts'
import { describeSurplus } from '../slo/surplus.ts'
import { formatCount, formatDuration } from '../units.ts'

/** Options that make a load what it is. Where it goes to and how long it lasts is not among them. */
const loadOptions: readonly (keyof RecordedOptions)[] = [
  'connections',
  'fanOut',
  'inFlight',
  'timeout',
  'rate',
  'arrivals',
  'stages',
  'connectRate',
  'probe',
  'payloadBytes',
  'perMessageDeflate',
  'threads',
]

/**
 * Why two runs that were measured at different times cannot be compared: another load, another machine, another major
 * version of Node, latencies of other pings. Empty when they can.
 */
export function whyIncomparable(base: LoadResult, head: LoadResult): string[] {
  return [...whyOtherLoad(base, head), ...whyElsewhere(base, head), ...whyOtherPings(base, head)]
}

/** In which of the options that make a load what it is two runs differ. @param but options that may differ */
export function whyOtherLoad(
  base: LoadResult,
  head: LoadResult,
  but: readonly (keyof RecordedOptions)[] = [],
): string[] {
  const load = [
    ...loadOptions
      .filter((name) => !but.includes(name))
      .flatMap((name) => difference(name, base.options[name], head.options[name])),
    ...difference('machines.agents', base.options.machines?.agents, head.options.machines?.agents),
    ...differencePongs(base.options, head.options),
  ]
  return load.map((what) => `the base had another load: ${what}`)
}

/** In what the machines of two runs differ. */
export function whyElsewhere(base: LoadResult, head: LoadResult): string[] {
  const [{ environment: was }, { environment: is }] = [base, head]
  const machine = [
    ...difference('cpu', was.cpu, is.cpu),
    ...difference('cores', was.cores, is.cores),
    ...difference('os', platform(was.os), platform(is.os)),
    ...difference('node', majorVersion(was.node), majorVersion(is.node)),
    ...difference('agents', processorsOf(base), processorsOf(head)),
  ]
  return machine.map((what) => `the base was measured elsewhere: ${what}`)
}

/** Of the agents of a run, whatever they are called. */
function processorsOf({ machines }: LoadResult): readonly string[] | undefined {
  return machines
    ?.map(
      ({ environment: { cpu, cores, os, node } }) => `${cores} × ${cpu}, ${platform(os)}, Node ${majorVersion(node)}`,
    )
    .toSorted()
}

/** Versions that left coalesced pings out of the latencies made runs look faster that have such pings. */
function whyOtherPings(base: LoadResult, head: LoadResult): string[] {
  const [fromBase, fromHead] = [pingsLeftOut(base), pingsLeftOut(head)]
  if (fromBase > 0 === fromHead > 0) return []
  const [side, count] = fromBase > 0 ? ['base', fromBase] : ['head', fromHead]
  return [
    `${formatCount(count)} coalesced pings are not among the latencies of the ${side}, by an older version: measure it again`,
  ]
}

function pingsLeftOut({ pings, latency }: LoadResult): number {
  return pings.answered + pings.coalesced - latency.count
}

/** Platform and architecture, without the release. */
function platform(os: string): string {
  return os
    .split(' ')
    .filter((_, nth, words) => nth === 0 || nth === words.length - 1)
    .join(' ')
}

function majorVersion(version: string): string | undefined {
  return version.split('.')[0]
}

/** Files of versions without it do not say how many there were; other probes have none. */
function differencePongs(was: RecordedOptions, is: RecordedOptions): string[] {
  const name = 'maxPendingPongs'
  return was[name] === undefined || is[name] === undefined ? [] : difference(name, was[name], is[name])
}

function difference(name: string, before: unknown, after: unknown): string[] {
  const was = JSON.stringify(before) ?? 'none'
  const is = JSON.stringify(after) ?? 'none'
  return was === is ? [] : [`${name} was ${was}, is ${is}`]
}

/**
 * What makes a run invalid as a side of any comparison: answers that were not told from other messages, connections missing,
 * an early end, deliveries to the wrong room, a saturated generator.
 */
export function threatsToValidity(result: LoadResult): string[] {
  return [...threatsOfRun(result), ...whySaturated(result.generator)]
}

/** Those but a saturated generator. */
export function threatsOfRun(result: LoadResult): string[] {
  const { ended, duration, connections, fanOut } = result
  const { requested, opened } = connections
  return [
    ...whyUnmatched(result),
    ...describeMachineFaults(result),
    ...(opened < requested ? [describeOpened(connections)] : []),
    ...(connections.closedEarly > 0 ? [describeEarlyEnds(connections)] : []),
    ...describeCutShort(result),
    ...(ended === 'stalled'
      ? [`the server answered nothing any more when the run ended, after ${formatDuration(duration)}`]
      : []),
    ...(ended === 'disconnected' && opened > 0 ? ['every connection was gone before the run ended'] : []),
    ...whySilent(result),
    ...describeIslands(result),
    ...describeAstray(result),
    ...(fanOut !== undefined && fanOut.misrouted > 0 ? [describeMisrouted(fanOut.misrouted)] : []),
    ...(fanOut !== undefined && fanOut.refused > 0 ? [describeRefused(fanOut.refused)] : []),
  ]
}

/** That nothing of what was sent was answered; empty if something was, or nobody was connected. */
export function whySilent({ connections, fanOut, pings }: LoadResult): string[] {
  if (pings.answered > 0 || connections.opened === 0) return []
  const count = formatCount(pings.sent)
  return [fanOut === undefined ? `none of ${count} pings was answered` : `none of ${count} deliveries came`]
}

/** Why answers may have been others' than those asked for; empty if nothing shows that. */
export function whyUnmatched(result: LoadResult): string[] {
  const surplus = describeSurplus(result)
  return surplus === undefined ? [] : [surplus]
}

/** Why the load generator may have limited a run; empty if it did not. */
export function whySaturated({ saturated, reasons }: LoadResult['generator']): string[] {
  return saturated ? reasons.map((reason) => `the load generator was saturated: ${reason}`) : []
}
