import type { FanOutResult, LoadResult, PingTotals } from '../../src/result/load-result.ts'
import { loadResult, repeated } from './result.ts'

interface FanOutShape {
  readonly messages?: number
  readonly subscribers?: number
  /** Of deliveries, which took so many milliseconds. @default 2 */
  readonly slow?: { readonly count: number; readonly ms: number }
  readonly missed?: number
  readonly duplicates?: number
  readonly outOfOrder?: number
}

/** A run of a fan-out over 5 s: 200 messages to 100 subscribers, each delivery of which took 2 ms, each message 3 ms. */
export function fanOutResult({
  messages = 200,
  subscribers = 100,
  slow = { count: 0, ms: 0 },
  missed = 0,
  duplicates = 0,
  outOfOrder = 0,
}: FanOutShape = {}): LoadResult & { readonly fanOut: FanOutResult } {
  const delivered = messages * subscribers - missed
  const incomplete = Math.min(messages, missed)
  const result = loadResult([...repeated(delivered - slow.count, 2), ...repeated(slow.count, slow.ms)], {
    pings: { timedOut: missed },
    options: { fanOut: { subscribers, publishers: 1, rooms: 1 }, rate: 40 },
  })
  return {
    ...result,
    fanOut: {
      first: messageTimes(messages, 1, {}),
      completion: messageTimes(messages - incomplete, 3, { timedOut: incomplete }),
      duplicates,
      outOfOrder,
    },
  }
}

function messageTimes(count: number, ms: number, pings: Partial<PingTotals>): FanOutResult['first'] {
  const { latency, latencyFloor, intervals, slices, pings: totals } = loadResult(repeated(count, ms), { pings })
  return { latency, latencyFloor, intervals, slices, pings: totals }
}
