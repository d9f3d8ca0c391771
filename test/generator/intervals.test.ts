import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asLongAs, IntervalRecorder, mostIntervals, type RecordedInterval } from '../../src/generator/intervals.ts'
import { Histogram } from '../../src/result/histogram.ts'

/** The second numbered `nth`, cut as late as a busy thread does, in which so many pings were answered. */
function second(nth: number, answered = 1): RecordedInterval {
  const cut = (at: number): number => at * 1_000 + (at % 3)
  const histogram = new Histogram()
  for (let ping = 0; ping < answered; ping++) histogram.record(((nth * 7 + ping) % 50) * 1e6)
  const pings = { sent: answered + 2, answered, coalesced: 0, timedOut: 1, lost: 1, dropped: nth % 2 }
  const latency = histogram.takeNew(new Float64Array(histogram.counts.length))
  return { start: cut(nth), end: cut(nth + 1), pings, latency }
}

function recorded(seconds: readonly RecordedInterval[]): IntervalRecorder {
  const recorder = new IntervalRecorder()
  for (const one of seconds) recorder.add(one)
  return recorder
}

function together(parts: readonly RecordedInterval[]) {
  const histogram = new Histogram()
  for (const { latency } of parts) histogram.addSparse(latency)
  const total = (of: (part: RecordedInterval) => number): number => parts.reduce((sum, part) => sum + of(part), 0)
  return {
    start: parts[0]?.start,
    end: parts.at(-1)?.end,
    sent: total(({ pings }) => pings.sent),
    answered: total(({ pings }) => pings.answered),
    dropped: total(({ pings }) => pings.dropped),
    latency: histogram.takeNew(new Float64Array(histogram.counts.length)),
  }
}

describe('intervals', () => {
  test.for([
    [1, 1, 1],
    [600, 1, 600],
    [601, 2, 301],
    [1_200, 2, 600],
    [1_201, 4, 301],
    [86_400, 256, 338],
  ] as const)('of %d seconds have %d each, and are %d', ([seconds, each, count]) => {
    const one = second(0)
    const { seconds: length, all } = recorded(Array.from({ length: seconds }, () => one))
    expect([length, all.length]).toEqual([each, count])
  })

  test('are never more than can be kept, and each is all of its seconds, exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 2_600, size: 'max' }), (answered) => {
        const seconds = answered.map((count, nth) => second(nth, count))
        const { seconds: length, all } = recorded(seconds)
        expect(all.length).toBe(Math.ceil(seconds.length / length))
        expect(all.length).toBeLessThanOrEqual(mostIntervals)
        for (const [nth, interval] of all.entries()) {
          const own = seconds.slice(nth * length, (nth + 1) * length)
          expect(together([interval])).toEqual(together(own))
        }
      }),
      { numRuns: 10 },
    )
  })

  test('are made as long as those of another thread', () => {
    const seconds = Array.from({ length: 1_201 }, (_, nth) => second(nth))
    const early = recorded(seconds.slice(0, 333))
    expect(early.seconds).toBe(1)
    const alike = asLongAs(4, early)
    expect(alike).toHaveLength(84)
    expect(alike.slice(0, 83)).toEqual(recorded(seconds).all.slice(0, 83))
    expect(together(alike)).toEqual(together(seconds.slice(0, 333)))
  })
})
