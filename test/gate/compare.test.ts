import { describe, expect, test } from 'vitest'
import { compareRuns, compareSideBySide, isHopeless } from '../../src/gate/compare.ts'
import { parseTolerance, type Tolerance } from '../../src/gate/tolerance.ts'
import { LoadComparison } from '../../src/summary/load-comparison.ts'
import type { LoadSummary } from '../../src/summary/load-summary.ts'
import { pageOfComparison } from '../../src/cli/compare.ts'
import { steady } from '../support/comparison.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

const tolerance = parseTolerance({ p50: '10%', p99: '20%', min: '0.5ms' })

describe.each([
  ['side by side', compareSideBySide],
  ['one after the other', compareRuns],
])('two runs %s', (_, compare) => {
  test.each([
    ['slower', 2, 6],
    ['faster', 6, 2],
    ['same', 2, 2],
  ])('are judged as %s when they took %d and %d ms', (verdict, base, head) => {
    expect(compare(steady(base), steady(head), tolerance, 0.99).verdict).toBe(verdict)
  })

  test('differ in their errors', () => {
    const failing = steady(2, { pings: { timedOut: 2_000 } })
    const { verdict, changes } = compare(steady(2), failing, parseTolerance({ p50: '50%' }), 0.99)
    expect(verdict).toBe('slower')
    expect(changes.at(-1)).toMatchObject({ indicator: 'errorRate', verdict: 'slower', base: 0, head: 2_000 / 22_000 })
  })

  test.each([
    ['was gone', { ended: 'disconnected' }, 'head: every connection was gone before the run ended'],
    ['was aborted', { ended: 'aborted' }, 'head: the run was aborted 5 s into the measured window'],
    ['opened less', { connections: { opened: 9, failed: 1 } }, 'head: 9 of 10 connections opened'],
    ['lost some', { connections: { closedEarly: 2 } }, 'head: 2 of 10 connections ended before the run did'],
    [
      'was too much',
      { generator: { saturated: true, reasons: ['busy'] } },
      'head: the load generator was saturated: busy',
    ],
  ] as const)('are not the same when one %s', (_, overrides, reason) => {
    const judged = compare(steady(2), steady(2, overrides), tolerance, 0.99)
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons).toContain(reason)
  })

  const server = {
    source: 'command',
    processes: 1,
    cpuPerPing: 0.05,
    cores: 0.5,
    busiestThread: 0.5,
    waiting: 0.01,
    rss: { start: 1, max: 1, end: 1 },
    blocks: [],
  } as const
  const watched = { server, machine: { cores: 2, busy: 0.5, foreign: 0.01, steal: 0 } } as const

  test('have a head that was slow by itself where nothing was in its way, and only where it is slower', () => {
    const itself = expect.stringMatching(
      /^head: neither the generator nor the machine was in the way: the server itself/,
    )
    const slower = compare(steady(2, watched), steady(6, watched), tolerance, 0.99)
    expect(slower.bottlenecks).toEqual([itself, expect.stringMatching(/^processor time per answer: /)])
    const failing = steady(2, { ...watched, pings: { timedOut: 2_000 } })
    const { verdict, bottlenecks } = compare(steady(2, watched), failing, parseTolerance({ p50: '50%' }), 0.99)
    expect(verdict).toBe('slower')
    expect(bottlenecks).toEqual([expect.stringMatching(/^processor time per answer: /)])
  })

  test('have a slower head that waited for a processor, and a base that did not', () => {
    const kept = { server: { ...server, waiting: 0.41 }, machine: { ...watched.machine, foreign: 0.45 } }
    const { bottlenecks } = compare(steady(2, watched), steady(6, kept), tolerance, 0.99)
    expect(bottlenecks[0]).toMatch(/^head: the server waited for a processor 41 %/)
    expect(bottlenecks.filter((one) => /^(?:base|head)/.test(one))).toHaveLength(1)
  })

  test('blame no head that cannot be compared', () => {
    const halved = steady(2, { ...watched, connections: { opened: 5, failed: 5 } })
    const { verdict, bottlenecks } = compare(halved, steady(6, watched), tolerance, 0.99)
    expect(verdict).toBe('unclear')
    expect(bottlenecks.join()).not.toContain('the server itself')
  })

  test('are said to be missing where no connection opened, and no more', () => {
    const missing = steady(2, {
      ended: 'disconnected',
      connections: { opened: 0, failed: 10 },
      pings: { sent: 0, answered: 0 },
    })
    const { reasons } = compare(missing, steady(2), tolerance, 0.99)
    expect(reasons.filter((reason) => reason.startsWith('base: '))).toEqual(['base: 0 of 10 connections opened'])
  })

  test('are unclear when the head is slower than a base that had less to do', () => {
    const halved = steady(2, { connections: { opened: 5, failed: 5 } })
    const judged = compare(halved, steady(6), tolerance, 0.99)
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons).toEqual(['base: 5 of 10 connections opened'])
  })

  test('are slower when a head that lost connections took longer', () => {
    const losing = steady(6, { connections: { closedEarly: 2 } })
    expect(compare(steady(2), losing, tolerance, 0.99).verdict).toBe('slower')
  })

  test('are not slower by what failed in a silence of the generator', () => {
    const afterSilence = { timedOut: 0, lost: 2_000, dropped: 0, failed: 0, closedEarly: 0, failedReconnects: 0 }
    const generator = { afterSilence }
    const failing = steady(2, { pings: { lost: 2_000 }, generator })
    const { verdict } = compare(steady(2), failing, parseTolerance({ p50: '50%' }), 0.99)
    expect(verdict).toBe('unclear')
  })

  test('are said to be missing before a generator is said to be saturated, whichever side it is', () => {
    const generator = { saturated: true, reasons: ['busy'] }
    const refusing = steady(2, { connections: { opened: 5, failed: 5 }, generator })
    const [first, ...others] = compare(steady(2, { generator }), refusing, tolerance, 0.99).reasons
    expect(first).toBe('head: 5 of 10 connections opened')
    expect(others.filter((reason) => reason.includes('saturated'))).toEqual([
      'base: the load generator was saturated: busy',
      'head: the load generator was saturated: busy',
    ])
  })

  test('are unclear when nothing was answered', () => {
    const judged = compare(steady(2, { pings: { answered: 0, timedOut: 10 } }), steady(2), tolerance, 0.99)
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
  })
})

test('two runs one after the other do not know what neither has seen of errors', () => {
  const failing = steady(2, { duration: 2_000, pings: { lost: 305 } })
  const before = steady(2, { duration: 2_000 })
  const verdicts = [compareRuns, compareSideBySide].map((compare) => {
    const { changes } = compare(before, failing, parseTolerance({ p50: '50%' }), 0.99)
    return changes.at(-1)!.verdict
  })
  expect(verdicts).toEqual(['unclear', 'slower'])
})

test.each([
  ['same', 0, 0],
  ['unclear', 5, 5],
  ['slower', 0, 2_000],
])('two runs side by side, of which no more may fail, are %s where %d and %d did', (verdict, ofBase, ofHead) => {
  const [base, head] = [ofBase, ofHead].map((lost) => steady(2, { pings: { lost } }))
  const tolerated = parseTolerance({ p50: '50%', errorRate: '0%' })
  expect(compareSideBySide(base!, head!, tolerated, 0.99).changes.at(-1)!.verdict).toBe(verdict)
})

describe('two runs side by side whose pings failed', () => {
  const failing = (share: number) => steady(2, { pings: { lost: (20_000 * share) / (1 - share) } })

  test('are unclear where most of both did, however alike they failed', () => {
    const judged = compareSideBySide(failing(0.95), failing(0.95), tolerance, 0.99)
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons).toEqual([
      'p50: more than 50 % of the pings failed, on both sides',
      'p99: more than 1 % of the pings failed, on both sides',
    ])
    expect(judged.changes.map(({ change }) => change)).toEqual([NaN, NaN, 0])
  })

  test('are judged by the percentiles that they do not reach', () => {
    const tolerated = parseTolerance({ p50: '10%', errorRate: '5%' })
    expect(compareSideBySide(failing(0.2), failing(0.2), tolerated, 0.99).verdict).toBe('same')
  })

  test('are unclear where their means are alike only by the timeouts in them', () => {
    const [quick, slow] = [1, 100].map((took) => steady(took, { pings: { lost: 13_333 } }))
    const tolerated = parseTolerance({ mean: '10%', errorRate: '50%' })
    const judged = compareSideBySide(quick!, slow!, tolerated, 0.99)
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons).toEqual(['mean: pings that failed, on both sides, hide how the mean of the others changed'])
  })

  test.each([1, 13_333])('are the same by their means where %d failed and the others took as long', (lost) => {
    const failed = steady(2, { pings: { lost } })
    const tolerated = parseTolerance({ mean: '5%', errorRate: '50%' })
    expect(compareSideBySide(failed, failed, tolerated, 0.99).verdict).toBe('same')
  })

  describe('beside others that kept the generator from work', () => {
    const crowded = {
      generator: { saturated: true, starvation: { waiting: 0.5, stopped: 0 }, reasons: ['its threads waited'] },
      server: {
        source: 'port',
        processes: 1,
        cpuPerPing: 0.05,
        cores: 0.3,
        blocks: [],
        rss: { start: 1, max: 1, end: 1 },
      },
      machine: { cores: 2, busy: 0.9, foreign: 0.45, steal: 0 },
    } as const
    const judge = (pings: object) => {
      const side = steady(2, { ...crowded, pings })
      return compareSideBySide(side, side, { ...tolerance, fallsBack: true, errorRate: 0.5 }, 0.99)
    }

    test.each(['lost', 'timedOut'])('are unclear where most were %s', (kind) => {
      const judged = judge({ [kind]: 46_666, dropped: 50_000 })
      expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
      expect(judged.reasons).toContain('p50: more than 50 % of the pings failed, on both sides')
    })

    test('are not held against the servers where the generator dropped them', () => {
      expect(judge({ dropped: 46_666 }).reasons.join()).not.toContain('on both sides')
    })
  })

  test('are slower where most of the head alone did', () => {
    expect(compareSideBySide(steady(2), failing(0.95), tolerance, 0.99).verdict).toBe('slower')
  })
})

test('two runs side by side say how long it takes where nothing bounds a change yet', () => {
  const few = loadResult(repeated(8_000, 2), { duration: 5_000 })
  const { verdict, reasons, changes } = compareSideBySide(few, few, parseTolerance({ p50: '10%', p99: '20%' }), 0.99)
  expect(verdict).toBe('unclear')
  expect(changes.map(({ durationNeeded }) => durationNeeded)).toEqual([undefined, 20_000, undefined])
  expect(reasons).toEqual([
    'not enough evidence: p99 may have changed by any amount at 99 % confidence, 20 % is allowed; it takes a comparison of about 20 s or more (maxDuration)',
  ])
})

test('two runs side by side do not ask for a longer one where a side was not there', () => {
  const few = loadResult(repeated(8_000, 2), { duration: 5_000 })
  const gone = loadResult(repeated(8_000, 2), { duration: 5_000, ended: 'disconnected' })
  const { reasons } = compareSideBySide(few, gone, parseTolerance({ p99: '20%' }), 0.99)
  expect(reasons[0]).toBe('head: every connection was gone before the run ended')
  expect(reasons.join()).not.toContain('maxDuration')
})

describe('fan-outs', () => {
  const ofFanOut = parseTolerance({ 'delivery.p50': '10%', 'completion.p50': '20%' }, 'tolerance', true)

  test.each([
    ['slower', 2, 6],
    ['faster', 6, 2],
    ['same', 2, 2],
  ])('are judged as %s where deliveries took %d and %d ms', (verdict, base, head) => {
    const runs = [fanOutResult({ messages: 1_000, ms: base }), fanOutResult({ messages: 1_000, ms: head })] as const
    for (const compare of [compareSideBySide, compareRuns]) {
      const judged = compare(...runs, ofFanOut, 0.99)
      expect(judged.verdict).toBe(verdict)
      expect(judged.changes[1]).toMatchObject({
        indicator: 'completion.p50',
        base: closeTo(base * 1.5),
        head: closeTo(head * 1.5),
      })
    }
  })

  test('count by message, however many subscribers have it', () => {
    const few = { messages: 100, subscribers: 1_000 }
    const { verdict, changes } = compareSideBySide(fanOutResult(few), fanOutResult({ ...few, ms: 6 }), ofFanOut, 0.99)
    expect(verdict).toBe('unclear')
    expect(changes.map((change) => change.verdict)).toEqual(['unclear', 'unclear', 'unclear'])
  })

  test('fail to reach as many as before', () => {
    const missing = fanOutResult({ messages: 500, missed: 10_000 })
    const { changes } = compareRuns(fanOutResult({ messages: 500 }), missing, ofFanOut, 0.99)
    expect(changes.at(-1)).toMatchObject({ indicator: 'errorRate', verdict: 'slower', head: 0.2 })
  })

  test('are never the same where a message goes to the wrong room, or is refused', () => {
    for (const compare of [compareSideBySide, compareRuns]) {
      for (const [doubt, words] of [
        ['misrouted', 'head: 1 delivery came to a subscriber of another room'],
        ['refused', 'head: the server answered 1 message with an error'],
      ] as const) {
        const head = fanOutResult({ messages: 1_000, [doubt]: 1 })
        const judged = compare(fanOutResult({ messages: 1_000 }), head, ofFanOut, 0.99)
        expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
        expect(judged.reasons[0]).toContain(words)
      }
    }
  })

  test('are not compared with pings, nor with others', () => {
    const { options } = fanOutResult()
    for (const base of [steady(2), fanOutResult({ subscribers: 50 })]) {
      const judged = compareRuns(base, fanOutResult(), ofFanOut, 0.99)
      const comparison = new LoadComparison(base, fanOutResult(), judged)
      expect(String(comparison)).toContain('completion.p50')
      expect(pageOfComparison(comparison)).toContain('completion.p50')
      expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
      expect(judged.reasons.join()).toContain(`is ${JSON.stringify(options.fanOut)}`)
    }
  })
})

/** As near as histograms tell. */
function closeTo(ms: number): unknown {
  return expect.toSatisfy((value: number) => Math.abs(value - ms) < ms / 100, `${ms} ms`)
}

test('a saturated generator blames no server for what two runs at different times differ by', () => {
  const saturated = steady(20, { generator: { saturated: true, reasons: ['busy'] } })
  expect(compareRuns(steady(2), saturated, tolerance, 0.99).verdict).toBe('unclear')
  expect(compareSideBySide(steady(2), saturated, tolerance, 0.99).verdict).toBe('slower')
})

test('only runs side by side tell the noise of the machine', () => {
  expect(compareSideBySide(steady(2), steady(2), tolerance, 0.99).noise).toHaveLength(2)
  expect(compareRuns(steady(2), steady(2), tolerance, 0.99).noise).toEqual([])
})

test('many looks make the interval wider', () => {
  const width = (planned: number): number => {
    const [base, head] = [steady(2), steady(2, { looks: { taken: 1, planned } })]
    const [change] = compareRuns(base, head, tolerance, 0.99).changes
    return change!.high - change!.low
  }
  expect(width(20)).toBeGreaterThan(width(1))
})

test('a comparison without one of its sides is hopeless', () => {
  expect(isHopeless([steady(2), steady(2)])).toBe(false)
  expect(isHopeless([steady(2), steady(2, { ended: 'disconnected' })])).toBe(true)
  expect(isHopeless([steady(2, { connections: { opened: 0, failed: 10 } }), steady(2)])).toBe(true)
})

test('a comparison whose base has lost connections is hopeless, and one whose head has is not', () => {
  const losing = steady(2, { connections: { closedEarly: 1 } })
  expect(isHopeless([losing, steady(2)])).toBe(true)
  expect(isHopeless([steady(2), losing])).toBe(false)
})

test('a generator that was kept from work is no threat to what is judged by work, and else is', () => {
  const starved = {
    saturated: true,
    starvation: { waiting: 0.5, stopped: 0 },
    reasons: ['its threads waited'],
  } as const
  const blocks = Array.from({ length: 40 }, (_, nth) => ({ start: nth * 200, duration: 200, cpu: 10, pings: 200 }))
  const watched = { source: 'port', processes: 1, cpuPerPing: 0.05, cores: 0.3, blocks } as const
  const server = { ...watched, rss: { start: 1, max: 1, end: 1 } }
  const machine = { cores: 2, busy: 1, foreign: 0.5 }
  const pings = { dropped: 600 }
  const side = (): LoadSummary => steady(2, { generator: starved, server, machine, pings })
  const sides = [side(), side()] as const
  const judge = (more: Tolerance) => compareSideBySide(...sides, parseTolerance({ cpuPerPing: '10%', ...more }), 0.99)
  expect(judge({})).toMatchObject({ verdict: 'unclear', doubtful: true })
  const left = judge({ fallback: 'cpuPerPing' })
  expect(left).toMatchObject({ verdict: 'same', doubtful: false })
  expect(left.reasons[0]).toContain('p99 (changed by any amount)')
})

test('nothing is left to the work of runs that were not measured side by side', () => {
  const tolerance = parseTolerance({ p50: '0.001%', min: 0, cpuPerPing: '10%', fallback: 'cpuPerPing' })
  const { verdict, reasons } = compareRuns(steady(2), steady(2), tolerance, 0.99)
  expect(verdict).toBe('unclear')
  expect(reasons.at(-1)).toBe('not left to cpuPerPing: the two were not measured side by side')
})

describe('servers that were started afresh', () => {
  const judge = (ofHeads: readonly number[]) => {
    const pairs = ofHeads.map((ms) => ({ base: steady(2), head: steady(ms) }))
    return compareSideBySide(steady(2), steady(2), tolerance, 0.99, { pairs })
  }

  test('differ by chance where each pair of processes does by another amount', () => {
    const [fast, slow] = [1.6, 2.5]
    expect(compareSideBySide(steady(2), steady(slow), tolerance, 0.99).verdict).toBe('slower')
    const { verdict, changes, starts, noise } = judge([slow, fast, slow, fast, slow, fast, slow, fast])
    expect({ verdict, starts, noise }).toEqual({ verdict: 'unclear', starts: 8, noise: [] })
    expect(changes[0]!.change).toBeCloseTo(0, 2)
    expect(changes[0]!.low).toBeLessThan(-0.2)
  })

  test('are not the same where one of them answered nothing', () => {
    const silent = steady(2, { pings: { sent: 64, answered: 0, timedOut: 64 } })
    const pairs = Array.from({ length: 8 }, (_, nth) => ({ base: steady(2), head: nth === 4 ? silent : steady(2) }))
    const judged = compareSideBySide(steady(2), steady(2), tolerance, 0.99, { pairs })
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons[0]).toBe('head: none of 64 pings was answered, in start 5')
  })

  test('are not the same by pings that failed on both sides in most of the starts', () => {
    const failing = () => steady(2, { pings: { timedOut: 260 } })
    const pairs = Array.from({ length: 16 }, (_, nth) =>
      nth < 12 ? { base: failing(), head: failing() } : { base: steady(2), head: steady(2.8) },
    )
    const judged = compareSideBySide(steady(2), steady(2), parseTolerance({ p99: '25%' }), 0.99, { pairs })
    expect(judged).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(judged.reasons[0]).toBe('p99: more than 1 % of the pings failed, on both sides, in 12 of 16 starts')
  })

  test('are judged without the starts in which a percentile is among failed pings on both sides', () => {
    const failing = steady(2, { pings: { timedOut: 260 } })
    const judged = (head: number) => {
      const pairs = Array.from({ length: 12 }, (_, nth) =>
        nth === 6 ? { base: failing, head: failing } : { base: steady(2), head: steady(head + nth / 1_000) },
      )
      return compareSideBySide(steady(2), steady(2), parseTolerance({ p99: '25%' }), 0.99, { pairs })
    }
    expect(judged(2).verdict).toBe('same')
    expect(judged(2.8)).toMatchObject({ verdict: 'slower', doubtful: false })
  })

  test('that answer nothing at all are told once', () => {
    const silent = steady(2, { pings: { sent: 64, answered: 0, timedOut: 64 } })
    const { reasons } = compareSideBySide(steady(2), silent, tolerance, 0.99, {
      pairs: [{ base: steady(2), head: silent }],
    })
    expect(reasons.filter((reason) => reason.startsWith('head: none'))).toHaveLength(1)
  })

  test('are slower where the head of every pair is', () => {
    expect(judge([2.9, 3, 3.1, 3, 2.9, 3, 3.1, 3]).verdict).toBe('slower')
  })
})
