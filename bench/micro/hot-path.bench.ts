/** The pieces that every ping goes through, a thousand times each: reading frames, recording, scheduling. Run: npm run bench:micro */
import { test } from 'vitest'
import { PingTimes } from '../../src/generator/ping-times.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import { poissonArrivals, Schedule } from '../../src/generator/schedule.ts'
import { Turns } from '../../src/generator/turns.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { FrameReader, type FrameSink } from '../../src/wire/frame-reader.ts'

const pongs = 64
const bytes = Buffer.concat(Array.from({ length: pongs }, () => Buffer.from([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 1])))
const sink: FrameSink = { answer: () => {}, pass: () => {} }

test('hot path', async ({ bench }) => {
  const reader = new FrameReader('pong')
  const histogram = new Histogram()
  const recorder = Object.assign(new Recorder(false, 60_000), { from: 0, until: Infinity })
  const ping = Object.assign(new PingTimes(), {
    due: 1_000,
    sent: 1_000,
    left: 1_000,
    floor: 1_000.4,
    ceiling: 1_000.5,
  })
  const schedule = new Schedule([{ duration: Infinity, from: 5_000, to: 5_000 }])
  const arrivals = poissonArrivals(1)
  const turns = new Turns({ side: 1, sides: 2, length: 100, seed: 1 })
  let ns = 0
  let now = 0
  await bench.compare(
    bench(`read ${pongs} pongs`, () => times(16, () => reader.read(bytes, bytes.length, sink))),
    bench('record a value', () => times(1_000, () => histogram.record((ns = (ns + 7_919) % 1e9)))),
    bench('record an answer', () => times(1_000, () => recorder.answered(ping))),
    bench('schedule a ping', () => times(1_000, () => schedule.dueAt(arrivals.next()))),
    bench('whose turn it is', () => times(1_000, () => turns.has((now += 0.37)))),
    { time: 500 },
  )
})

/** Keeps the cost of a benchmark's iteration out of what it measures. */
function times(count: number, work: () => unknown): void {
  for (let nth = 0; nth < count; nth++) work()
}
