import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../../src/generator/recorder.ts'
import { Turns } from '../../src/generator/turns.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, kindsPerSlice, mostSlices, type PingCounts, shortestSliceMs } from '../../src/result/slices.ts'

const msToNs = 1e6

/** A recorder whose measured window is from 1,000 to 5,000. */
function recorder(open = true): Recorder {
  return Object.assign(new Recorder(open), { from: 1_000, until: 5_000 })
}

function histogramOf(...ms: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of ms) histogram.record(value * msToNs)
  return histogram
}

function total(histogram: Pick<Histogram, 'counts'>): number {
  return histogram.counts.reduce((sum, count) => sum + count, 0)
}

const nothing: PingCounts = { sent: 0, answered: 0, coalesced: 0, timedOut: 0, lost: 0, dropped: 0 }

describe('a ping counts', () => {
  test.for([
    [999.999, 0],
    [1_000, 1],
    [4_999.999, 1],
    [5_000, 0],
    [0, 0],
  ] as const)('if it was due in the measured window: %d', ([due, count]) => {
    const all = recorder()
    all.sent({ due: due, sent: due })
    all.answered({ due, sent: due, floor: due, ceiling: due })
    all.coalesced({ due, sent: due, floor: due, ceiling: due })
    for (const what of ['timedOut', 'lost', 'dropped'] as const) all.count(what, due)
    const counts = Object.fromEntries(Object.keys(nothing).map((name) => [name, count]))
    expect(all.pings).toEqual(counts)
    for (const name of ['latency', 'latencyFloor', 'serviceTime', 'serviceTimeFloor'] as const) {
      expect(total(all[name])).toBe(2 * count)
    }
    expect(total(all.sendDelay)).toBe(count)
  })

  test('with all of its life, though it ends behind the window', () => {
    const all = recorder()
    all.sent({ due: 4_999, sent: 5_100 })
    all.answered({ due: 4_999, sent: 5_100, floor: 6_000, ceiling: 6_001 })
    expect(all.pings).toEqual({ ...nothing, sent: 1, answered: 1 })
    expect(all.lastAnswer).toBe(6_001)
  })

  test('and its answer where it came, whenever the ping was due', () => {
    const all = recorder()
    for (const [due, came] of [
      [900, 1_100],
      [1_000, 1_100],
      [1_000, 4_900],
      [4_900, 5_100],
    ] as const) {
      all.answered({ due, sent: due, floor: came, ceiling: came })
    }
    // No answer of its own came to such a ping.
    all.coalesced({ due: 1_000, sent: 1_000, floor: 4_900, ceiling: 4_900 })
    const { arrivals, length } = all.slices()
    expect(arrivals.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect([arrivals[Math.floor(100 / length)], arrivals[Math.floor(3_900 / length)]]).toEqual([2, 1])
  })

  test('and its answer in the last turn, though it came after that', () => {
    const turns = new Turns({ side: 0, sides: 2, length: 100, seed: 3 })
    const until = 1_000 + turns.over(200)
    const all = Object.assign(new Recorder(true, 200, turns), { from: 1_000, until })
    for (const due of [until - 50, until + 1]) all.answered({ due, sent: due, floor: until + 40, ceiling: until + 50 })
    const { arrivals } = all.slices()
    expect(arrivals.reduce((sum, count) => sum + count, 0)).toBe(1)
    expect(arrivals.at(-1)).toBe(1)
  })

  test('nowhere before a window is set', () => {
    const all = new Recorder(true)
    all.sent({ due: 1, sent: 1 })
    all.count('lost', 1)
    expect(all.pings).toEqual(nothing)
  })
})

test('a window that never begins is not reached, whether it takes turns or not', () => {
  const turns = new Turns({ side: 0, sides: 2, length: 100, seed: 3 })
  for (const all of [new Recorder(false), new Recorder(false, undefined, turns)]) {
    expect(all.windowAt(1_000)).toBe(-Infinity)
  }
})

describe('a histogram', () => {
  test('of the open model has latency from when a ping was due, service time from when it was sent', () => {
    const open = recorder(true)
    open.sent({ due: 2_000, sent: 2_003 })
    open.answered({ due: 2_000, sent: 2_003, floor: 2_010, ceiling: 2_011 })
    expect(open.sendDelay).toEqual(histogramOf(3))
    expect(open.latency).toEqual(histogramOf(11))
    expect(open.serviceTime).toEqual(histogramOf(8))
  })

  test('of a ping that was held back has no send delay, and the floor that it would have had on time', () => {
    const open = recorder(true)
    open.sent({ due: 2_000, sent: 2_030, floorIfOnTime: 2_020 })
    open.answered({ due: 2_000, sent: 2_030, floorIfOnTime: 2_020, floor: 2_040, ceiling: 2_041 })
    expect(open.heldBack).toBe(1)
    expect(total(open.sendDelay)).toBe(0)
    expect(open.latencyFloor).toEqual(histogramOf(20))
    expect(open.latency).toEqual(histogramOf(41))
    expect(open.serviceTimeFloor).toEqual(histogramOf(10))
  })

  test('has a ping that the answer to a newer one stands for as if that were its own', () => {
    const open = recorder(true)
    open.coalesced({ due: 2_000, sent: 2_003, floor: 2_010, ceiling: 2_011 })
    open.coalesced({ due: 2_004, sent: 2_030, floorIfOnTime: 2_020, floor: 2_040, ceiling: 2_041 })
    expect(open.latency).toEqual(histogramOf(11, 37))
    expect(open.latencyFloor).toEqual(histogramOf(7, 16))
    expect(open.serviceTime).toEqual(histogramOf(8, 11))
    expect(open.pings).toEqual({ ...nothing, coalesced: 2 })
    expect(open.lastAnswer).toBe(2_041)
  })

  test('of the closed model has latency that is the service time, and no send delay', () => {
    const closed = recorder(false)
    closed.sent({ due: 2_000, sent: 2_000 })
    closed.answered({ due: 2_000, sent: 2_000, floor: 2_010, ceiling: 2_011 })
    expect(closed.latency).toEqual(histogramOf(11))
    expect(closed.serviceTime).toBe(closed.latency)
    expect(total(closed.sendDelay)).toBe(0)
  })

  test('has a lower bound that leaves out how late a ping left, which is no doing of the server', () => {
    const open = recorder(true)
    open.answered({ due: 2_000, sent: 2_003, floor: 2_010, ceiling: 2_011 })
    expect(open.latencyFloor).toEqual(histogramOf(7))
  })

  test('has no floor below zero', () => {
    const all = recorder()
    all.answered({ due: 2_000, sent: 2_003, floor: 1_999, ceiling: 2_004 })
    expect(all.latencyFloor).toEqual(histogramOf(0))
  })

  test('has a floor since the ping had left, and a service time since it was handed over', () => {
    const all = recorder()
    all.answered({ due: 2_000, sent: 2_003, left: 2_006, floor: 2_010, ceiling: 2_011 })
    expect(all.latencyFloor).toEqual(histogramOf(4))
    expect(all.latency).toEqual(histogramOf(11))
    expect(all.serviceTimeFloor).toEqual(histogramOf(4))
    expect(all.serviceTime).toEqual(histogramOf(8))
  })

  test('has the handshakes, whenever they were', () => {
    const all = new Recorder(true)
    all.opened(10, 11, 14, 15)
    all.opened(10, 10, 9, 12)
    expect(all.handshake).toEqual(histogramOf(5, 2))
    expect(all.handshakeFloor).toEqual(histogramOf(3, 0))
  })
})

test('what was missed is sent and lost in one slice, also where slices become longer with it', () => {
  const all = Object.assign(new Recorder(true), { from: 0 })
  all.missed('lost', mostSlices * shortestSliceMs, 3)
  const { length, pings } = all.slices()
  expect(length).toBe(2 * shortestSliceMs)
  const slice = (mostSlices / 2) * kindsPerSlice
  expect([pings[slice + kindNumbers.sent], pings[slice + kindNumbers.lost]]).toEqual([3, 3])
})

test('what fails after a silence of the thread is counted', () => {
  const clock = { isAfterSilence: false }
  const all = Object.assign(new Recorder(true, undefined, undefined, undefined, clock), { from: 0, until: 1_000 })
  const kinds = ['timedOut', 'lost', 'dropped'] as const
  for (const kind of kinds) all.count(kind, 1)
  expect(all.afterSilence).toEqual({ timedOut: 0, lost: 0, dropped: 0 })
  clock.isAfterSilence = true
  for (const kind of kinds) all.count(kind, 1)
  all.count('lost', 2_000)
  expect(all.afterSilence).toEqual({ timedOut: 1, lost: 1, dropped: 1 })
})

describe('totals', () => {
  type Fate = 'answered' | 'coalesced' | 'timedOut' | 'lost' | 'dropped' | 'outstanding'

  /** Pings, what becomes of each, and when (in which order among all) it is sent and settled. */
  const lives = fc.array(
    fc.record({
      due: fc.double({ min: 0, max: 6_000, noNaN: true }),
      fate: fc.constantFrom<Fate>('answered', 'coalesced', 'timedOut', 'lost', 'dropped', 'outstanding'),
      sentAt: fc.nat(10_000),
      settledAfter: fc.nat(10_000),
    }),
    { maxLength: 200, size: 'max' },
  )
  const cuts = fc.array(fc.nat(20_000), { maxLength: 8 })

  function events(all: Recorder, pings: typeof lives extends fc.Arbitrary<infer T> ? T : never) {
    return pings.flatMap(({ due, fate, sentAt, settledAfter }) => {
      const settle = (): void => {
        const ping = { due, sent: due, floor: due + 1, ceiling: due + 2 }
        if (fate === 'answered') all.answered(ping)
        else if (fate === 'coalesced') all.coalesced(ping)
        else if (fate !== 'outstanding') all.count(fate, due)
      }
      const settled = { at: sentAt + settledAfter, happen: settle }
      return fate === 'dropped' ? [settled] : [{ at: sentAt, happen: () => all.sent({ due: due, sent: due }) }, settled]
    })
  }

  test('balance, and those of the seconds add up to them, in any order of events', () => {
    fc.assert(
      fc.property(lives, cuts, (pings, ends) => {
        const all = recorder()
        const order = ends.map((at) => ({ at, happen: () => all.endSecond(1_000 + at) }))
        const happenings = [...events(all, pings), ...order].toSorted((one, other) => one.at - other.at)
        for (const { happen } of happenings) happen()
        all.endSecond(30_000)

        const measured = pings.filter(({ due }) => due >= 1_000 && due < 5_000)
        const count = (fate: Fate) => measured.filter((ping) => ping.fate === fate).length
        const { sent, answered, coalesced, timedOut, lost, dropped } = all.pings
        expect(sent + dropped).toBe(measured.length)
        expect(sent).toBe(answered + coalesced + timedOut + lost + count('outstanding'))
        expect(all.outstanding).toBe(count('outstanding'))
        expect([answered, dropped]).toEqual([count('answered'), count('dropped')])

        const sum = (of: (counts: PingCounts) => number) =>
          all.intervals.all.reduce((so, { pings: own }) => so + of(own), 0)
        for (const name of ['sent', 'answered', 'coalesced', 'timedOut', 'lost', 'dropped'] as const) {
          expect(sum((own) => own[name])).toBe(all.pings[name])
        }
        const latency = new Histogram()
        for (const second of all.intervals.all) latency.addSparse(second.latency)
        expect(latency.counts).toEqual(all.latency.counts)
        expect(total(latency)).toBe(answered + coalesced)
      }),
    )
  })

  test('have outstanding pings from sending to settling', () => {
    const all = recorder()
    all.sent({ due: 2_000, sent: 2_000 })
    all.sent({ due: 2_001, sent: 2_001 })
    expect(all.outstanding).toBe(2)
    all.answered({ due: 2_000, sent: 2_000, floor: 2_001, ceiling: 2_001 })
    all.count('dropped', 2_002)
    expect(all.outstanding).toBe(1)
    all.coalesced({ due: 2_001, sent: 2_001, floor: 2_001, ceiling: 2_001 })
    expect(all.outstanding).toBe(0)
  })
})

describe('a second', () => {
  test('is from the end of the one before, or the window, to its own', () => {
    const all = recorder()
    all.endSecond(2_000)
    all.endSecond(3_001)
    all.endSecond(5_000)
    expect(all.intervals.all.map(({ start, end }) => [start, end])).toEqual([
      [0, 1_000],
      [1_000, 2_001],
      [2_001, 4_000],
    ])
  })

  test('has only what happened in it', () => {
    const all = recorder()
    all.sent({ due: 1_500, sent: 1_500 })
    all.endSecond(2_000)
    all.sent({ due: 2_500, sent: 2_500 })
    all.answered({ due: 1_500, sent: 1_500, floor: 2_600, ceiling: 2_700 })
    all.endSecond(3_000)
    expect(all.intervals.all.map(({ pings }) => pings)).toEqual([
      { ...nothing, sent: 1 },
      { ...nothing, sent: 1, answered: 1 },
    ])
    expect(all.intervals.all.map(({ latency }) => [...latency.counts])).toEqual([[], [1]])
  })
})

describe('a fault', () => {
  test('is counted by code, with three different samples at most', () => {
    const all = recorder()
    for (const sample of ['a', 'a', 'b', 'c', 'd', 'a']) all.fault('ECONNRESET', sample)
    all.fault('HTTP_503', 'e')
    expect(Object.fromEntries(all.faults)).toEqual({
      ECONNRESET: { count: 6, samples: ['a', 'b', 'c'] },
      HTTP_503: { count: 1, samples: ['e'] },
    })
  })
})
