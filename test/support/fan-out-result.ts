import type { FanOutResult, LoadResult, PingTotals } from '../../src/result/load-result.ts'
import { loadResult, repeated } from './result.ts'

interface FanOutShape {
  readonly messages?: number
  readonly subscribers?: number
  /** That a delivery took; a message took half as long to reach the first, and half as much again to reach the last. @default 2 */
  readonly ms?: number
  /** Of deliveries, which took so many milliseconds instead. */
  readonly slow?: { readonly count: number; readonly ms: number }
  readonly missed?: number
  /** Messages that were due besides, and never left. */
  readonly dropped?: number
  readonly duplicates?: number
  readonly outOfOrder?: number
  readonly misrouted?: number
  readonly refused?: number
}

/** A run of a fan-out over 5 s: 200 messages to 100 subscribers, all of which took as long. */
export function fanOutResult({
  messages = 200,
  subscribers = 100,
  ms = 2,
  slow = { count: 0, ms: 0 },
  missed = 0,
  dropped = 0,
  duplicates = 0,
  outOfOrder = 0,
  misrouted = 0,
  refused = 0,
}: FanOutShape = {}): LoadResult & { readonly fanOut: FanOutResult } {
  const delivered = messages * subscribers - missed
  const incomplete = Math.min(messages, missed)
  const result = loadResult([...repeated(delivered - slow.count, ms), ...repeated(slow.count, slow.ms)], {
    pings: { timedOut: missed, dropped: dropped * subscribers },
    options: { fanOut: { subscribers, publishers: 1, rooms: 1 }, rate: 40 },
  })
  return {
    ...result,
    fanOut: {
      first: messageTimes(messages, ms / 2, { dropped }),
      completion: messageTimes(messages - incomplete, ms * 1.5, { timedOut: incomplete, dropped }),
      duplicates,
      outOfOrder,
      misrouted,
      refused,
    },
  }
}

function messageTimes(count: number, ms: number, pings: Partial<PingTotals>): FanOutResult['first'] {
  const { latency, latencyFloor, intervals, slices, pings: totals } = loadResult(repeated(count, ms), { pings })
  return { latency, latencyFloor, intervals, slices, pings: totals }
}
