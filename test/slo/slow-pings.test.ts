import { expect, test } from 'vitest'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, type PingKind, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { observeRun } from '../../src/slo/observation.ts'
import { parseSLO } from '../../src/slo/objective.ts'
import { findSlowPings } from '../../src/slo/slow-pings.ts'
import { loadResult } from '../support/result.ts'

const duration = 1_000

/** A run of 1 s with a ping each millisecond: milliseconds it took, or what became of it. */
function find(objective: string, of: (ms: number) => number | PingKind | undefined) {
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  for (let ms = 0; ms < duration; ms++) {
    const slice = Math.floor(ms / recorder.length)
    const ping = of(ms)
    if (typeof ping === 'string') recorder.count(kindNumbers[ping], slice)
    if (typeof ping !== 'number') continue
    const bucket = buckets.record(ping * 1e6)
    recorder.answered(slice, bucket, bucket)
  }
  const run = observeRun(loadResult(undefined, { duration, slices: Slices.of([recorder.pack()], duration) }))
  return findSlowPings(run, parseSLO([objective])[0]!)
}

test('slow pings that are next to each other are one bunch', () => {
  const stalled = (ms: number) => (ms >= 200 && ms < 240) || (ms >= 600 && ms < 610)
  expect(find('p99 < 20ms', (ms) => (stalled(ms) ? 30 : 1))).toEqual({
    samples: 'pings',
    judged: 1_000,
    slow: 50,
    bunches: 2,
  })
})

test('a bunch goes on over a time in which no ping was judged', () => {
  const one = find('p99 < 20ms', (ms) => (ms >= 200 && ms < 300 ? (ms % 50 < 10 ? 30 : undefined) : 1))
  expect(one).toEqual({ samples: 'pings', judged: 920, slow: 20, bunches: 1 })
})

test('slow pings that are alone, or everywhere, come in no bunches', () => {
  expect(find('p99 < 20ms', (ms) => (ms % 100 === 0 ? 30 : 1))).toMatchObject({ slow: 10, bunches: undefined })
  expect(find('p99 < 20ms', (ms) => (ms % 3 === 0 ? 30 : 1))).toMatchObject({ slow: 334, bunches: undefined })
  expect(find('p99 < 20ms', () => 1)).toEqual({ samples: 'pings', judged: 1_000, slow: 0, bunches: undefined })
})

test('a ping without an answer is slow, and for an error rate only such a one counts', () => {
  const lossy = (ms: number) => (ms >= 500 && ms < 520 ? (ms % 2 === 0 ? 'lost' : 'timedOut') : ms < 30 ? 30 : 1)
  expect(find('p99 < 20ms', lossy)).toEqual({ samples: 'pings', judged: 1_000, slow: 50, bunches: 2 })
  expect(find('errorRate < 1%', lossy)).toEqual({ samples: 'pings', judged: 1_000, slow: 20, bunches: 1 })
})

test.for(['mean < 20ms', 'throughput > 1/s', 'handshake.p99 < 20ms', 'max < 20ms'])('%s knows of none', (objective) => {
  expect(find(objective, () => 1)).toBeUndefined()
})
