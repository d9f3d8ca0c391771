import { reachOf } from '../result/error-rate.ts'
import type { FanOutResult, LoadResult } from '../result/load-result.ts'
import type { Observation } from '../slo/observation.ts'
import { formatCount, formatCounted, formatRate, formatRatio } from '../units.ts'
import { describeBriefly } from './percentiles.ts'

/** Who publishes and who receives: `1,000 subscribers`, `2 publishers`, `2 rooms`. */
export function describeRoles({
  subscribers,
  publishers,
  rooms,
}: NonNullable<LoadResult['options']['fanOut']>): string[] {
  return [
    formatCounted(subscribers, 'subscriber'),
    formatCounted(publishers, 'publisher'),
    ...(rooms === 1 ? [] : [formatCounted(rooms, 'room')]),
  ]
}

/** What became of the messages of a fan-out, as rows of a table. */
export function describeMessages(
  { pings, duration }: LoadResult,
  { completion, duplicates, outOfOrder, misrouted, refused }: FanOutResult,
  { fanOut }: Observation,
): string[][] {
  const { sent, answered, dropped } = completion.pings
  const missed = pings.timedOut + pings.lost
  return [
    ['Messages', `${formatCount(sent)} published, ${formatRate((sent * 1_000) / duration)}`],
    ['', `${formatCount(answered)} reached everybody`],
    ...(refused > 0 ? [['', `${formatCount(refused)} refused`]] : []),
    ...(dropped > 0 ? [['', `${formatCount(dropped)} dropped`]] : []),
    ['Deliveries', `${formatCount(pings.sent)} expected`],
    ['', `${formatCount(pings.answered)} came`],
    ...(missed > 0 ? [['', `${formatCount(missed)} missed`]] : []),
    ['Reach', formatRatio(reachOf(pings))],
    ...(duplicates > 0 ? [['Duplicates', formatCount(duplicates)]] : []),
    ...(outOfOrder > 0 ? [['Out of order', formatCount(outOfOrder)]] : []),
    ...(misrouted > 0 ? [['Misrouted', formatCount(misrouted)]] : []),
    ...(sent > 0
      ? [...describeBriefly('First', fanOut!.first), ...describeBriefly('Completion', fanOut!.completion)]
      : []),
  ]
}
