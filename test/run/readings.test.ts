import { expect, test } from 'vitest'
import { Readings } from '../../src/run/readings.ts'
import { withUse } from '../../src/run/server-report.ts'
import { loadResult } from '../support/result.ts'

const everyMs = 250
const restingBytes = 2 ** 26

/** Readings of so many milliseconds, at the intervals that an observer takes them; once the server has a second process that takes memory. */
function readingsOf(duration: number, peakAt = NaN, peak = 2 ** 31): Readings {
  const readings = new Readings()
  for (let at = 0; at <= duration; at += everyMs * readings.spacing) {
    const isPeak = at === peakAt
    readings.add({
      at,
      machine: { processors: 2, total: 2 * at, idle: at, interrupts: 0, stolen: undefined },
      tasks: at / 2,
      pressure: { cpu: undefined, memory: undefined, io: undefined },
      generator: { cpu: at / 8, throttled: undefined },
      servers: [
        {
          cpu: at / 4,
          rss: isPeak ? peak : restingBytes,
          processes: isPeak ? 2 : 1,
          threads: undefined,
          busiestThread: undefined,
          throttled: undefined,
        },
      ],
    })
  }
  return readings
}

function seen(readings: Readings, duration: number, intervals = loadResult().intervals) {
  const result = loadResult(undefined, { duration, intervals })
  return withUse(result, { readings: readings.all, sides: [{ source: 'port' }], side: 0, turns: undefined })
}

test('a day has no more readings than a few minutes, from its beginning to its end', () => {
  const { all } = readingsOf(86_400_000)
  expect(all.length).toBeLessThanOrEqual(1_024)
  expect(all.length).toBeGreaterThan(512)
  expect([all[0]!.at, all.at(-1)!.at]).toEqual([0, 86_400_000])
})

test.for([250, 500, 129_250, 255_750])(
  'the most memory, and the most processes, that were read are told however long the run goes on: at %d ms',
  (peakAt) => {
    for (const duration of [300_000, 86_400_000]) {
      const { rss, processes } = seen(readingsOf(duration, peakAt), duration).server!
      expect(rss).toEqual({ start: restingBytes, max: 2 ** 31, end: restingBytes })
      expect(processes).toBe(2)
    }
  },
)

test('what was used in a long interval is that of all its time', () => {
  const template = { duration: 256_000, sent: 1, answered: 1, timedOut: 0, lost: 0, dropped: 0, throughput: 1 }
  const intervals = Array.from({ length: 337 }, (_, nth) => ({
    ...template,
    start: nth * 256_000,
    p50: 1,
    p99: 1,
    max: 1,
  }))
  for (const { server, machine } of seen(readingsOf(86_400_000), 86_400_000, intervals).intervals) {
    expect(server!.cores).toBeCloseTo(0.25, 9)
    expect(machine!.busy).toBeCloseTo(0.5, 9)
    expect(machine!.foreign).toBeCloseTo((0.5 * 2 - 0.25 - 0.125) / 2, 9)
  }
})
