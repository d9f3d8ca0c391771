import { describe, expect, test } from 'vitest'
import { whyIncomparable } from '../../src/gate/comparable.ts'
import { compareRuns, compareSideBySide, isHopeless } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { steady } from '../support/comparison.ts'

test('runs of the same load on the same machine can be compared', () => {
  const later = steady(2, {
    options: { url: 'ws://127.0.0.1:9999/', duration: 9_000 },
    environment: { os: 'linux 6.2 x64', node: '24.99.0', version: '0.2.0' },
  })
  expect(whyIncomparable(steady(2), later)).toEqual([])
})

test('runs over as many agents can be, whatever the group is called', () => {
  const from = (agents: number, group: string) => steady(2, { options: { machines: { agents, group } } })
  expect(whyIncomparable(from(2, 'run-1-1'), from(2, 'run-2-1'))).toEqual([])
  expect(whyIncomparable(from(2, 'ci'), from(3, 'ci'))).toEqual([
    'the base had another load: machines.agents was 2, is 3',
  ])
})

test('runs that leave another number of pongs unanswered cannot be, if both say how many', () => {
  const leaving = (maxPendingPongs?: number) => steady(2, { options: { maxPendingPongs } })
  expect(whyIncomparable(leaving(60), leaving(120))).toEqual([
    'the base had another load: maxPendingPongs was 60, is 120',
  ])
  for (const [base, head] of [
    [60, 60],
    [undefined, 120],
    [60, undefined],
  ]) {
    expect(whyIncomparable(leaving(base), leaving(head))).toEqual([])
  }
})

test.each([
  [{ options: { inFlight: 8 } }, 'the base had another load: inFlight was 1, is 8'],
  [{ options: { timeout: 50 } }, 'the base had another load: timeout was 5000, is 50'],
  [{ options: { rate: 500 } }, 'the base had another load: rate was none, is 500'],
  [{ options: { probe: 'text "x"' } }, 'the base had another load: probe was "ping", is "text \\"x\\""'],
  [{ environment: { cpu: 'Other CPU' } }, 'the base was measured elsewhere: cpu was "Test CPU", is "Other CPU"'],
  [{ environment: { cores: 4 } }, 'the base was measured elsewhere: cores was 2, is 4'],
  [{ environment: { os: 'darwin 6.1 x64' } }, 'the base was measured elsewhere: os was "linux x64", is "darwin x64"'],
  [{ environment: { node: '26.0.0' } }, 'the base was measured elsewhere: node was "24", is "26"'],
] as const)('runs that differ in %o cannot be', (overrides, reason) => {
  expect(whyIncomparable(steady(2), steady(9, overrides))).toEqual([reason])
  expect(compareRuns(steady(2), steady(9, overrides), parseTolerance(), 0.99)).toMatchObject({
    verdict: 'unclear',
    doubtful: true,
    reasons: [reason],
  })
})

describe('a run whose latencies leave out its coalesced pings, as an older version had it,', () => {
  const older = { pings: { answered: 20_000, coalesced: 40 } }
  const reason = (side: string) =>
    `40 coalesced pings are not among the latencies of the ${side}, by an older version: measure it again`

  test.each([
    ['base', steady(2, older), steady(2)],
    ['head', steady(2), steady(2, older)],
    ['base', steady(2, older), steady(2, { pings: { coalesced: 40 } })],
  ])('cannot be the %s of one that has them', (side, base, head) => {
    expect(base.latency.count).toBe(20_000)
    expect(compareRuns(base, head, parseTolerance(), 0.99)).toMatchObject({
      verdict: 'unclear',
      doubtful: true,
      reasons: [reason(side)],
    })
  })

  test('can be compared with another', () => {
    expect(whyIncomparable(steady(2, older), steady(2, older))).toEqual([])
  })

  test('is read from its file', () => {
    const read = LoadSummary.fromJSON(JSON.parse(JSON.stringify(steady(2, older))))
    expect(read.pings).toMatchObject({ answered: 20_000, coalesced: 40 })
    expect(evaluateSLO(read, { p99: '< 20ms' }).objectives).toMatchObject([{ samples: 20_000 }])
    expect(whyIncomparable(read, steady(2))).toEqual([reason('base')])
  })
})

test.each(['base', 'head'])(
  'a %s whose answers nobody told from other messages is neither slower nor faster',
  (side) => {
    const pushed = { messages: { received: 20_002, unsolicited: 2, surplus: 2, afterLastAnswer: 0 } }
    const [base, head] = [steady(2, side === 'base' ? pushed : {}), steady(9, side === 'head' ? pushed : {})]
    const reasons = [expect.stringMatching(`^${side}: 2 messages came when no ping was unanswered`) as string]
    for (const compare of [compareRuns, compareSideBySide]) {
      const unclear = { verdict: 'unclear', doubtful: true, reasons }
      expect(compare(base, head, parseTolerance(), 0.99)).toMatchObject(unclear)
      expect(compare(head, base, parseTolerance(), 0.99)).toMatchObject({ verdict: 'unclear', doubtful: true })
      expect(compare(steady(2), steady(9), parseTolerance(), 0.99)).toMatchObject({ verdict: 'slower' })
    }
    expect(isHopeless([base, head])).toBe(true)
    expect(isHopeless([steady(2), steady(9)])).toBe(false)
  },
)

test('runs over agents of another major version of Node cannot be', () => {
  const from = (node: string) => {
    const { environment } = steady(2)
    return steady(2, { machines: [{ name: 'a', connections: 10, environment: { ...environment, node } }] })
  }
  expect(whyIncomparable(from('24.21.0'), from('26.0.0'))).toEqual([
    'the base was measured elsewhere: agents was ["2 × Test CPU, linux x64, Node 24"], ' +
      'is ["2 × Test CPU, linux x64, Node 26"]',
  ])
})
