import type { ConnectionTotals, Fault, LoadResult } from '../result/load-result.ts'
import { formatCount, formatCounted, formatDuration } from '../units.ts'
import { printable } from '../printable.ts'

/** The faults of a run in words, most frequent first: `ECONNREFUSED × 10 (connect ECONNREFUSED 127.0.0.1:3001)`. */
export function describeFaults(errors: LoadResult['errors']): string[] {
  return Object.entries(errors)
    .toSorted(([, one], [, other]) => other.count - one.count)
    .map(([code, fault]) => describeFault(code, fault))
}

function describeFault(code: string, { count, samples: [sample = ''] }: Fault): string {
  const detail = printable(sample)
  return `${printable(code)} × ${formatCount(count)}${detail === '' ? '' : ` (${detail})`}`
}

/** That a run was ended before its time, by its signal or because agents were lost; nothing if it was not. */
export function describeCutShort({ ended, duration, machines = [] }: LoadResult): string[] {
  if (ended === 'aborted') return [`the run was aborted ${intoWindow(duration)}`]
  if (ended !== 'incomplete') return []
  return machines.flatMap(({ name, connections, pings, lost }) => {
    if (lost === undefined) return []
    const rest =
      pings === undefined
        ? `what its ${formatCounted(connections, 'connection')} measured is missing`
        : 'what came later is missing'
    return [`the agent ${printable(name)} was lost ${intoWindow(lost.at)}: ${printable(lost.reason)}; ${rest}`]
  })
}

/** When something ended. @param at milliseconds since the measured window began, negative before it */
export function intoWindow(at: number): string {
  return at <= 0 ? 'before the measured window began' : `${formatDuration(at)} into the measured window`
}

/** How many connections opened of those that were asked for. */
export function describeOpened({ requested, opened }: ConnectionTotals): string {
  return `${formatCount(opened)} of ${formatCount(requested)} connections opened`
}

/** How many connections ended early, or how often if they were opened again. */
export function describeEarlyEnds({ requested, closedEarly, reconnects }: ConnectionTotals): string {
  return reconnects === 0
    ? `${formatCount(closedEarly)} of ${formatCount(requested)} connections ended before the run did`
    : `${formatCount(requested)} connections ended ${formatCount(closedEarly)} times before the run did`
}

/** That rooms are not kept apart, which what is subscribed to may be the reason for. */
export function describeMisrouted(misrouted: number): string {
  const came = misrouted === 1 ? '1 delivery came' : `${formatCount(misrouted)} deliveries came`
  return (
    `${came} to a subscriber of another room than the message was published to; if all rooms are one to the server, ` +
    'name the room where one subscribes and publishes (%r of a ready-made protocol), or leave out the option rooms'
  )
}

/** That the server did not take what one published, whoever has received it. */
export function describeRefused(refused: number): string {
  return `the server answered ${refused === 1 ? '1 message' : `${formatCount(refused)} messages`} with an error (ERROR_ANSWER)`
}
