import { expect, test } from 'vitest'
import type { RecordedInterval } from '../../src/generator/intervals.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { mergeSeconds, type Progress } from '../../src/run/progress.ts'
import { run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'

async function told(options: Parameters<typeof run>[0], every = 50) {
  await using server = await echoing()
  const reports: Progress[] = []
  const watcher = { every, report: (progress: Progress) => reports.push(progress) }
  const result = await run({ url: server.url, connections: 3, ...options }, watcher)
  return { reports, result }
}

test('a watched run tells its phases, and the last second of each', async () => {
  const { reports, result } = await told({ warmup: 1_000, duration: 3_500 })
  const phases = [...new Set(reports.map(({ phase }) => phase))]
  expect(phases.slice(0, 3)).toEqual(['connecting', 'warming up', 'measuring'])
  const seconds = new Map(
    reports.flatMap(({ seconds: [second] }) => (second === undefined ? [] : [[second.start, second]])),
  )
  expect(seconds.size).toBeGreaterThan(0)
  // What the machine did is known at the end alone.
  for (const [start, second] of seconds) {
    expect(result.intervals.find((interval) => interval.start === start)).toMatchObject(second)
  }
  const remaining = reports.slice(1).map((report) => report.remaining)
  expect(remaining).toEqual(remaining.toSorted((one, other) => other - one))
  expect(reports.every(({ connections }) => connections === 3)).toBe(true)
})

test('a watched run ends when its SLO is decided', async () => {
  const { reports, result } = await told({ warmup: 0, until: 'p99.9 < 5s', maxDuration: '20s' }, 5)
  expect(result.ended).toBe('decided')
  expect(reports.length).toBeGreaterThan(5)
})

test('a run that ends with its pings does not know how long it takes', async () => {
  const { reports } = await told({ warmup: 0, pings: 30_000 }, 20)
  expect(reports[1]?.remaining).toBe(Infinity)
})

test('nobody is told anything after the end', async () => {
  const { reports } = await told({ warmup: 0, duration: 100 }, 1)
  const count = reports.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(reports).toHaveLength(count)
})

test('the rate of a second is that of all threads, though some tell the one before', () => {
  const second = (start: number, answered: number): RecordedInterval => ({
    start,
    end: start + 1_000,
    pings: { sent: answered, answered, coalesced: 0, timedOut: 0, lost: 0, dropped: 0 },
    latency: new Histogram().takeNew(new Float64Array(new Histogram().counts.length)),
  })
  expect(mergeSeconds([second(1_000, 300), second(2_000, 500)])).toMatchObject([{ start: 1_000, throughput: 800 }])
  expect(mergeSeconds([])).toEqual([])
})
