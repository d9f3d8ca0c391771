import { beforeAll, expect, test } from 'vitest'
import type { FloodReport } from '../../src/generator/flood-report.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import { toBytes } from '../../src/machines/clone.ts'
import { parseOptions } from '../../src/options/options.ts'
import { formatPage } from '../../src/page/page.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import type { LoadInterval, LoadResult } from '../../src/result/load-result.ts'
import { formatJSON, toJSON } from '../../src/result/json.ts'
import { summarize } from '../../src/run/summarize.ts'
import { threadReport } from '../support/thread-report.ts'

const [tenMinutes, fiveHours, day] = [600, 18_000, 86_400]
const from = 5_000
const kinds = ['sent', 'answered', 'timedOut', 'lost', 'dropped'] as const

/** Latency in milliseconds of what is answered in a second: it drifts, and once an hour something stands still. */
function latencyIn(second: number): number {
  return second % 3_600 === 1_234 ? 800 : 1 + (second % 40) / 10
}

/** What a thread reports that was there for so many seconds of a run whose end nobody knew; it cuts each second a little late. */
function report(seconds: number): FloodReport {
  const recorder = Object.assign(new Recorder(true), { from, until: from + seconds * 1_000 })
  for (let second = 0; second < seconds; second++) {
    const due = from + second * 1_000
    for (const at of [due, due + 300, due + 999]) recorder.sent({ due: at, sent: at + 0.01 })
    const latency = latencyIn(second)
    recorder.answered({ due, sent: due + 0.01, floor: due + latency - 0.1, ceiling: due + latency })
    recorder.count(second % 2 === 0 ? 'lost' : 'timedOut', due + 300)
    recorder.count('dropped', due + 500)
    // The answer to what was due at the end of a second comes in the next one.
    recorder.endSecond(Math.min(due + 1_000 + (second % 7) / 10, recorder.until))
    recorder.answered({ due: due + 999, sent: due + 999, floor: due + 1_003, ceiling: due + 1_004 })
  }
  recorder.endSecond(recorder.until)
  return threadReport(recorder, { duration: seconds * 1_000 })
}

function summaryOf(...reports: readonly FloodReport[]): LoadResult {
  return summarize(reports, parseOptions({ rate: 6, seed: 1 }), new Date('2026-11-23T12:00:00Z'))
}

function pageOf(result: LoadResult): string {
  return formatPage('A day', [{ title: 'a day', runs: [{ name: 'day', result }], verdicts: [] }])
}

function sumOf(intervals: readonly LoadInterval[], kind: (typeof kinds)[number]): number {
  return intervals.reduce((sum, interval) => sum + interval[kind], 0)
}

let whole: FloodReport
let early: FloodReport
let short: FloodReport
beforeAll(() => {
  ;[whole, early, short] = [report(day), report(fiveHours), report(tenMinutes - 1)]
})

test('ten minutes have each of their seconds', () => {
  const { intervals } = summaryOf(short)
  expect(intervals).toHaveLength(tenMinutes)
  expect(Math.max(...intervals.map(({ duration }) => Math.round(duration)))).toBeLessThanOrEqual(1_001)
})

test('a day has intervals of 256 s, one after the other without a gap', () => {
  const { intervals, duration } = summaryOf(whole)
  expect(intervals).toHaveLength(Math.ceil((day + 1) / 256))
  let end = 0
  for (const { start, duration: length } of intervals) {
    expect(start).toBeCloseTo(end, 6)
    end = start + length
  }
  expect(end).toBe(duration)
  for (const { duration: length } of intervals.slice(0, -1)) expect(Math.abs(length - 256_000)).toBeLessThan(1)
})

test('a day balances: its intervals, and its slices, add up to its totals, also where a thread ended early', () => {
  for (const reports of [[whole], [whole, early], [early, whole, short]]) {
    const { pings, intervals, slices, latency } = summaryOf(...reports)
    expect(pings.due).toBe(pings.sent + pings.dropped)
    expect(pings.sent).toBe(pings.answered + pings.coalesced + pings.timedOut + pings.lost)
    for (const kind of kinds) {
      expect(sumOf(intervals, kind)).toBe(pings[kind])
      expect(slices.pings(kind).reduce((sum, count) => sum + count, 0)).toBe(pings[kind])
    }
    expect(latency.count).toBe(pings.answered)
    expect(slices.count).toBeLessThanOrEqual(512)
  }
})

test('an interval has the percentiles of all that was answered in it, and the slowest of it', () => {
  const { intervals, latency } = summaryOf(whole)
  const histogram = new Histogram()
  for (let second = 512; second < 768; second++) {
    histogram.recordMs(latencyIn(second))
    // Of the second before: its last ping.
    histogram.recordMs(5)
  }
  const { p50, p99, max } = new LatencySummary(histogram)
  expect(intervals[2]).toMatchObject({ answered: 512, p50, p99, max })
  expect(intervals[2]!.throughput).toBeCloseTo(2, 2)
  const standing = intervals.filter(({ max: slowest }) => slowest > 500)
  expect(standing).toHaveLength(24)
  expect(standing[0]!.max).toBe(latency.max)
})

test('a day takes no more room than five hours: on the way to the main thread, in a file and on a page', () => {
  expect(toBytes(whole).length).toBeLessThan(1.2 * toBytes(early).length)
  const [long, brief] = [summaryOf(whole), summaryOf(early)]
  expect(formatJSON(toJSON(long)).length).toBeLessThan(formatJSON(toJSON(brief)).length)
  expect(pageOf(long).length).toBeLessThan(pageOf(brief).length)
})

test('the page of a day says how long its intervals are, and counts hours', () => {
  const page = pageOf(summaryOf(whole))
  expect(page).toContain('<caption>Latency in each 4.27 min</caption>')
  expect(page).toContain('p99 of each 4.27 min from')
  expect(page).toMatch(/>10 h<\/text>.*>20 h<\/text>/s)
  const brief = pageOf(summaryOf(short))
  expect(brief).toContain('<caption>Latency in each second</caption>')
  expect(brief).toContain('p99 of each second from')
  expect(brief).toMatch(/>2 min<\/text>.*>4 min<\/text>/s)
})
