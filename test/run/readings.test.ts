import { describe, expect, test } from 'vitest'
import { Turns } from '../../src/generator/turns.ts'
import { type Reading, Readings } from '../../src/run/readings.ts'
import { withUse } from '../../src/run/server-report.ts'
import { loadResult } from '../support/result.ts'

const everyMs = 250
const restingBytes = 2 ** 26

/** A reading of so many servers, given the milliseconds of processor time that they have used. */
function readingAt(at: number, cpu: readonly number[], rss = restingBytes, processes = 1): Omit<Reading, 'peaks'> {
  const untold = { threads: undefined, busiestThread: undefined, throttled: undefined }
  return {
    at,
    machine: { processors: 2, total: 2 * at, idle: at, interrupts: 0, stolen: undefined },
    tasks: at / 2,
    pressure: { cpu: undefined, memory: undefined, io: undefined },
    generator: { cpu: at / 8, throttled: undefined },
    servers: cpu.map((used) => ({ cpu: used, rss, processes, ...untold })),
  }
}

/** Readings of so many milliseconds, at the intervals that an observer takes them; once the server has a second process that takes memory. */
function readingsOf(duration: number, peakAt = NaN, peak = 2 ** 31): Readings {
  const readings = new Readings()
  for (let at = 0; at <= duration; at += everyMs * readings.spacing) {
    readings.add(at === peakAt ? readingAt(at, [at / 4], peak, 2) : readingAt(at, [at / 4]))
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

describe('a quota that was used up is told as a share of the time that a processor was wanted', () => {
  /** Of a second in which its threads ran and waited for so many milliseconds each, and its queues were stopped for others. */
  function throttledOf(running: number, queued: number, stopped: number) {
    const readings = new Readings()
    for (let at = 0; at <= 1_000; at += everyMs) {
      const reading = readingAt(at, [running * (at / 1_000)])
      const [threads, throttled] = [
        { running: running * (at / 1_000), queued: queued * (at / 1_000) },
        stopped * (at / 1_000),
      ]
      const servers = reading.servers.map((server) => server && { ...server, threads, throttled })
      readings.add({ ...reading, servers, generator: { cpu: at / 8, throttled: at / 8 } })
    }
    return seen(readings, 1_000)
  }

  test('where it stops several processors at once', () => {
    expect(throttledOf(2_000, 160, 160).server!.throttled).toBeCloseTo(0.16 / 2.16, 9)
  })

  test('where many threads wait in each queue', () => {
    expect(throttledOf(1_000, 15_000, 1_000).server!.throttled).toBeCloseTo(0.5, 9)
  })

  test('but for what others in its group waited', () => {
    expect(throttledOf(900, 100, 5_000).server!.throttled).toBeCloseTo(0.1, 9)
  })

  test('of the generator too', () => {
    expect(throttledOf(1_000, 0, 0).machine!.throttled).toBeCloseTo(0.5, 9)
  })
})

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

test('what a server did in its own turns is all told, though the other one had the last of them', () => {
  const turns = { side: 0, sides: 2, length: 100, seed: 3 }
  // ABBA ABBA BAAB …: each server works in its own turns alone, and is read at the end of each cycle, or of every fourth.
  for (const spacing of [400, 1_600]) {
    for (const side of [0, 1]) {
      const [ofSide, ofOther] = [new Turns({ ...turns, side }), new Turns({ ...turns, side: 1 - side })]
      const readings = new Readings()
      for (let at = 0; at <= 4_800; at += spacing)
        readings.add(readingAt(at, [ofSide.own(at) / 2, ofOther.own(at) / 4]))
      const result = loadResult(undefined, { duration: 2_000, intervals: loadResult().intervals })
      const sides = [{ source: 'port' }, { source: 'port' }] as const
      const { server } = withUse(result, { readings: readings.all, sides, side: 0, turns: { ...turns, side } })
      expect(server!.cores).toBeCloseTo(0.5, 9)
      expect(server!.blocks.reduce((sum, { cpu }) => sum + cpu, 0)).toBeCloseTo(1_000, 6)
    }
  }
})
