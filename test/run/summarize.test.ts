import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FloodReport, Spent } from '../../src/generator/flood-report.ts'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import { summarize } from '../../src/run/summarize.ts'
import type { LatencySummary } from '../../src/result/latency-summary.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { threadReport } from '../support/thread-report.ts'

const startedAt = new Date('2026-11-23T12:00:00Z')
const from = 1_000
const until = 4_000

/** What a thread records with a measured window from 1,000 to 4,000, cut each second. */
function recorded(write: (recorder: Recorder) => void = () => {}, open = true): Recorder {
  const recorder = Object.assign(new Recorder(open), { from, until })
  write(recorder)
  return recorder
}

function report(recording: Recorder, overrides: Partial<FloodReport> = {}): FloodReport {
  const lastAnswer = recording.lastAnswer - from
  return threadReport(recording, { duration: until - from, lastAnswer, ...overrides })
}

function summaryOf(reports: readonly FloodReport[], options: WsLoadOptions = { rate: 5 }): LoadResult {
  return summarize(reports, parseOptions({ seed: 1, ...options }), startedAt)
}

/** A ping that is sent when it is due, and answered `ms` later. */
function answer(recorder: Recorder, ms: number, due = 2_000): void {
  recorder.sent({ due: due, sent: due })
  recorder.answered({ due, sent: due, floor: due + ms, ceiling: due + ms })
}

function counts({ histogram }: LatencySummary): number[] {
  return Array.from({ length: histogram.countsArrayLength }, (_, index) => histogram.getCountAtIndex(index))
}

describe('several threads', () => {
  const lives = fc.array(
    fc.record({
      thread: fc.nat(2),
      due: fc.integer({ min: 0, max: 5_000 }),
      delay: fc.double({ min: 0, max: 50, noNaN: true }),
      width: fc.double({ min: 0, max: 5, noNaN: true }),
      latency: fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), fc.constant(4_000_000)),
      fate: fc.constantFrom('answered', 'coalesced', 'timedOut', 'lost', 'dropped'),
      fault: fc.option(fc.constantFrom('ECONNRESET', 'CLOSE_1001')),
    }),
    { maxLength: 200, size: 'max' },
  )
  type Life = typeof lives extends fc.Arbitrary<(infer T)[]> ? T : never

  function live(recorder: Recorder, { due, delay, width, latency, fate, fault }: Life): void {
    const sent = due + delay
    if (fate !== 'dropped') recorder.sent({ due: due, sent: sent })
    const ping = { due, sent, floor: sent + latency, ceiling: sent + latency + width }
    if (fate === 'answered') recorder.answered(ping)
    else if (fate === 'coalesced') recorder.coalesced(ping)
    else recorder.count(fate, due)
    if (fault !== null) recorder.fault(fault, `thread ${fault}`)
    recorder.opened(0, 0, latency, latency + width)
  }

  /** The pings that are settled in each second, as far as those of one thread or all are concerned. */
  function record(pings: readonly Life[], thread?: number): Recorder {
    return recorded((recorder) => {
      for (let second = 0; second < 3; second++) {
        for (const ping of pings) {
          if (thread !== undefined && ping.thread !== thread) continue
          if (ping.due % 3 === second) live(recorder, ping)
        }
        recorder.endSecond(from + (second + 1) * 1_000)
      }
    })
  }

  test('find out what one would have found out', () => {
    fc.assert(
      fc.property(lives, (pings) => {
        const connections = connectionTotals({ requested: 30, failed: 3, closedEarly: 1 })
        const one = summaryOf([report(record(pings), { connections })])
        const third = [
          connectionTotals({ requested: 10 }),
          connectionTotals({ requested: 10, failed: 1, closedEarly: 1 }),
          connectionTotals({ requested: 10, failed: 2 }),
        ]
        const several = summaryOf([0, 1, 2].map((nth) => report(record(pings, nth), { connections: third[nth]! })))
        for (const name of ['latency', 'latencyFloor', 'serviceTime', 'handshake'] as const) {
          expect(counts(several[name])).toEqual(counts(one[name]))
          expect(several[name]).toEqual(one[name])
          expect(several[name].bounds(99)).toEqual(one[name].bounds(99))
        }
        expect(several.generator.sendDelay).toEqual(one.generator.sendDelay)
        for (const name of [
          'pings',
          'connections',
          'errors',
          'errorRate',
          'connectErrorRate',
          'intervals',
          'offeredRate',
        ] as const) {
          expect(several[name]).toEqual(one[name])
        }
      }),
      { numRuns: 20 },
    )
  })

  test('balance their totals', () => {
    fc.assert(
      fc.property(lives, (pings) => {
        const { pings: totals, intervals } = summaryOf([0, 1, 2].map((nth) => report(record(pings, nth))))
        const { due, sent, answered, coalesced, timedOut, lost, dropped } = totals
        expect(due).toBe(sent + dropped)
        expect(sent).toBe(answered + coalesced + timedOut + lost)
        for (const name of ['sent', 'answered', 'timedOut', 'lost', 'dropped'] as const) {
          expect(intervals.reduce((sum, interval) => sum + interval[name], 0)).toBe(totals[name])
        }
      }),
      { numRuns: 20 },
    )
  })

  test('may have seen different numbers of seconds', () => {
    const seconds = (count: number) =>
      recorded((recorder) => {
        for (let second = 1; second <= count; second++) {
          answer(recorder, 5)
          recorder.endSecond(from + second * 1_000)
        }
      })
    const { intervals } = summaryOf([report(seconds(1)), report(seconds(2))])
    expect(intervals.map(({ start, duration, answered }) => [start, duration, answered])).toEqual([
      [0, 1_000, 2],
      [1_000, 1_000, 1],
    ])
  })

  test('are counted', () => {
    expect(summaryOf([report(recorded()), report(recorded())]).generator.threads).toBe(2)
  })

  test('keep three different samples of a fault', () => {
    const threads = [
      ['a', 'b'],
      ['b', 'c', 'd'],
    ].map((samples) => report(recorded((recorder) => samples.forEach((sample) => recorder.fault('X', sample)))))
    expect(summaryOf(threads).errors).toEqual({ X: { count: 5, samples: ['a', 'b', 'c'] } })
  })
})

describe('the end of a run', () => {
  test.for([
    [['completed', 'completed'], 'completed'],
    [['completed', 'disconnected'], 'completed'],
    [['disconnected', 'disconnected'], 'disconnected'],
    [['completed', 'aborted'], 'aborted'],
    [['disconnected', 'aborted'], 'aborted'],
    [['completed', 'stalled'], 'stalled'],
    [['stalled', 'aborted'], 'aborted'],
  ] as const)('of threads that ended %o is %s', ([endings, ended]) => {
    expect(summaryOf(endings.map((ending) => report(recorded(), { ending }))).ended).toBe(ended)
  })
})

describe('a server of the closed model that is silent at the end', () => {
  /** Answers each 10 ms until the last one, but for those of a pause; pings of before that, of the silence and at its end time out. */
  function thread(
    timedOutAtEnd: number,
    lastAnswer: number,
    { before = 0, inSilence = 0, pause = [0, 0] as readonly [number, number] } = {},
  ): FloodReport {
    const recorder = recorded((one) => {
      for (let at = 0; at < lastAnswer; at += 10) if (at < pause[0] || at >= pause[1]) answer(one, 5, from + at)
      for (let nth = 0; nth < before + inSilence + timedOutAtEnd; nth++) {
        const at = nth < before ? 1_000 : lastAnswer
        one.sent({ due: from + at, sent: from + at })
        one.count('timedOut', from + at)
      }
    }, false)
    return report(recorder, { lastAnswer, timedOutAtEnd })
  }

  test.each([
    ['is where all that were under way timed out', [thread(2, 2_990)], 'stalled'],
    ['is where they are those of several threads', [thread(1, 2_990), thread(1, 2_980)], 'stalled'],
    ['is where pings timed out again and again in its silence', [thread(2, 900, { inSilence: 8 })], 'stalled'],
    ['is not where a single one did', [thread(1, 2_900)], 'completed'],
    ['is where two of a single one in a row did', [thread(1, 2_400, { inSilence: 1 })], 'stalled'],
    ['is not where another thread had an answer', [thread(2, 2_000), thread(0, 3_005)], 'completed'],
    ['is not where it never answered', [thread(2, -1)], 'completed'],
    ['is not where it was silent for half as long before', [thread(2, 2_990, { pause: [500, 900] })], 'completed'],
    ['is not where each place may have lost one, as others did', [thread(2, 2_990, { before: 6 })], 'completed'],
  ])('%s', (_, threads, ended) => {
    expect(summaryOf(threads, { connections: 2, timeout: 500 }).ended).toBe(ended)
  })
})

describe('rates', () => {
  const two = recorded((recorder) => {
    answer(recorder, 5)
    answer(recorder, 5)
    recorder.count('dropped', 2_000)
  })

  test('are per second of the measured window', () => {
    expect(summaryOf([report(two)])).toMatchObject({ duration: 3_000, throughput: 2 / 3, offeredRate: 2 / 3 })
  })

  test('of answers are per second until the last one, where that came later', () => {
    const late = report(two, { lastAnswer: 4_000 })
    expect(summaryOf([report(two), late])).toMatchObject({ throughput: 1, offeredRate: 4 / 3 })
  })

  test('are those of the longest thread', () => {
    expect(summaryOf([report(two, { duration: 1_000 }), report(two, { duration: 2_000 })]).duration).toBe(2_000)
  })

  test('of a second are in its interval', () => {
    const cut = recorded((recorder) => {
      answer(recorder, 5)
      recorder.endSecond(from + 500)
    })
    const [interval] = summaryOf([report(cut)]).intervals
    expect(interval).toMatchObject({ start: 0, duration: 500, sent: 1, answered: 1, throughput: 2 })
    expect(interval!.p50).toBeCloseTo(5, 2)
    expect(interval!.p99).toBeCloseTo(5, 2)
    expect(interval!.max).toBeCloseTo(5, 2)
  })

  test('of errors are what failed of the pings that were due, and of the connections that were asked for', () => {
    const failing = recorded((recorder) => {
      for (let nth = 0; nth < 6; nth++) recorder.sent({ due: 2_000, sent: 2_000 })
      for (let nth = 0; nth < 3; nth++) recorder.answered({ due: 2_000, sent: 2_000, floor: 2_001, ceiling: 2_001 })
      recorder.coalesced({ due: 2_000, sent: 2_000, floor: 2_001, ceiling: 2_001 })
      for (const what of ['dropped', 'timedOut', 'lost'] as const) recorder.count(what, 2_000)
    })
    const connections = connectionTotals({ requested: 3, failed: 1, closedEarly: 1 })
    expect(summaryOf([report(failing, { connections })])).toMatchObject({ errorRate: 3 / 7, connectErrorRate: 1 / 3 })
  })
})

describe('nothing measured', () => {
  const nothing = summaryOf([report(recorded(), { duration: 0, lastAnswer: -1_000 })])

  test('has no latency rather than one of zero', () => {
    expect(nothing.latency).toMatchObject({ count: 0, p50: NaN, p99: NaN, max: NaN })
    expect(nothing.generator.resolution).toEqual({ p50: NaN, p99: NaN })
  })

  test('has rates of zero per second, and none per ping', () => {
    expect(nothing).toMatchObject({ throughput: 0, offeredRate: 0, errorRate: NaN, intervals: [] })
    expect(nothing.generator).toMatchObject({ cpuPerPing: NaN, eventLoopUtilization: 0, saturated: false })
  })
})

describe('the load model', () => {
  const delayed = recorded((recorder) => {
    recorder.sent({ due: 2_000, sent: 2_010 })
    recorder.answered({ due: 2_000, sent: 2_010, floor: 2_030, ceiling: 2_030 })
  })

  test('that is open tells response from service time', () => {
    const { latency, serviceTime } = summaryOf([report(delayed)])
    expect(latency.p50).toBeCloseTo(30, 1)
    expect(serviceTime.p50).toBeCloseTo(20, 1)
  })

  test('that is closed has service time for latency', () => {
    const closed = summaryOf([report(recorded((recorder) => answer(recorder, 5), false))], {})
    expect(closed.serviceTime).toBe(closed.latency)
    expect(closed.generator.sendDelay.count).toBe(0)
  })
})

describe('the generator', () => {
  const answered = recorded((recorder) => {
    for (let nth = 0; nth < 100; nth++) recorder.answered({ due: 2_000, sent: 2_000, floor: 2_004, ceiling: 2_005 })
    for (let nth = 0; nth < 100; nth++) recorder.sent({ due: 2_000, sent: 2_000 })
  })

  test('has a resolution as wide as the bracket', () => {
    const { resolution } = summaryOf([report(answered)]).generator
    expect(resolution.p50).toBeCloseTo(1, 1)
    expect(resolution.p99).toBeCloseTo(1, 1)
  })

  function generatorOf(...spent: readonly Spent[]) {
    return summaryOf(spent.map((one) => report(answered, { spent: one }))).generator
  }

  test('has the CPU time of all threads for each ping, without that of waiting', () => {
    const threads = [
      { active: 300, polling: 0, cpu: 30 },
      { active: 1_000, polling: 3_000, cpu: 40 },
    ]
    expect(generatorOf(...threads).cpuPerPing).toBeCloseTo((30 + 10) / 200, 10)
  })

  test('is as much in use as its busiest thread', () => {
    const threads = [
      { active: 300, polling: 900, cpu: 0 },
      { active: 1_500, polling: 0, cpu: 0 },
    ]
    expect(generatorOf(...threads).eventLoopUtilization).toBe(0.5)
  })

  test('is saturated when a thread is busy nearly all the time', () => {
    const [idle, busy, busier] = [0, 2_700, 2_800].map((ms) => ({ active: ms, polling: 0, cpu: 0 }))
    expect(generatorOf(idle!, busy!)).toMatchObject({ saturated: false, reasons: [] })
    const { saturated, reasons } = generatorOf(idle!, busier!)
    expect(saturated).toBe(true)
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its event loop was busy 93.3 % of the time: take fewer connections a thread, a lower rate or more threads",
      ]
    `)
  })

  test.for([
    [0.9, 1, false],
    [1.1, 1, true],
    [4, 50, false],
    [6, 50, true],
  ] as const)(
    'is saturated when pings leave late for what they measure: %d ms of %d',
    ([delay, latency, saturated]) => {
      const late = recorded((recorder) => {
        recorder.sent({ due: 2_000, sent: 2_000 + delay })
        recorder.answered({ due: 2_000, sent: 2_000 + delay, floor: 2_000 + latency, ceiling: 2_000 + latency })
      })
      expect(summaryOf([report(late)]).generator.saturated).toBe(saturated)
    },
  )

  test('says how late pings left', () => {
    const late = recorded((recorder) => {
      recorder.sent({ due: 2_000, sent: 2_020 })
      recorder.answered({ due: 2_000, sent: 2_020, floor: 2_030, ceiling: 2_030 })
    })
    const spent = { active: 1_500, polling: 0, cpu: 1_500 }
    expect(summaryOf([report(late, { spent })]).generator.reasons).toMatchInlineSnapshot(`
      [
        "pings left up to 20 ms late (p99): take a lower rate or more threads",
      ]
    `)
  })
})

test('a summary says when and where the run was, and how it was asked for', () => {
  const { startedAt: start, environment, options } = summaryOf([report(recorded())], { connections: 20, rate: 5 })
  expect(start).toBe('2026-11-23T12:00:00.000Z')
  expect(environment).toMatchObject({ node: process.version, version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  expect(options).toMatchObject({ connections: 20, rate: 5 })
})
