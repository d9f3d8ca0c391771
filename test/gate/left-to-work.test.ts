import { describe, expect, test } from 'vitest'
import { judgeComparison, type Change } from '../../src/gate/comparison.ts'
import { leftToWork } from '../../src/gate/left-to-work.ts'
import type { LoadResult, MachineReport, ServerReport } from '../../src/result/load-result.ts'
import { loadResult } from '../support/result.ts'

function change(indicator: string, verdict: Change['verdict'], low: number, high: number): Change {
  return { indicator, verdict, base: 1, head: 1, change: 0, low, high, allowed: 0.1, tolerance: 0.1, min: 0 }
}

function run(server: Partial<ServerReport>, machine: Partial<MachineReport> = {}): LoadResult {
  const idle = { source: 'port', processes: 1, cpuPerPing: 0.05, cores: 0.3, blocks: [] } as const
  const rss = { start: 1, max: 1, end: 1 }
  return loadResult(undefined, {
    server: { ...idle, rss, ...server },
    machine: { cores: 2, busy: 0.9, foreign: 0.01, steal: 0, ...machine },
  })
}

const others = { foreign: 0.45 }
const waiting = run({ waiting: 0.41 }, others)
const quiet = run({ waiting: 0.01 })
const atLimit = run({ waiting: 0.41, busiestThread: 0.95, cores: 0.95 }, others)
const behindGenerator = run({ waiting: 0.41 }, { generator: 0.6 })
const throttled = run({ waiting: 0.41, throttled: 0.3 }, others)
const undecided = change('p50', 'unclear', -0.1, 0.3)
const sameWork = change('cpuPerPing', 'same', -0.02, 0.05)

describe('latencies that are left to the processor time per answer', () => {
  test('are those that the machine leaves undecided', () => {
    const { changes, obstacle } = leftToWork(waiting, [undecided, change('p99', 'same', -0.1, 0.1)], [sameWork])
    expect(changes).toEqual([undecided])
    expect(obstacle).toMatch(/^the server waited for a processor 41 %/)
  })

  test.each([
    ['the machine was not in the way', quiet, undecided, sameWork],
    ['the server was at its limit', atLimit, undecided, sameWork],
    ['the generator had its processors', behindGenerator, undecided, sameWork],
    ['a quota stopped it', throttled, undecided, sameWork],
    ['the latency surely grew', waiting, change('p50', 'unclear', 0.02, 0.3), sameWork],
    ['the latency was not measured', waiting, change('p50', 'unclear', NaN, NaN), sameWork],
    ['the work is undecided itself', waiting, undecided, change('cpuPerPing', 'unclear', -0.1, 0.3)],
    ['the work grew', waiting, undecided, change('cpuPerPing', 'slower', 0.2, 0.3)],
  ])('are none where %s', (_, base, latency, work) => {
    expect(leftToWork(base, [latency], [work]).changes).toEqual([])
  })
})

describe('where the load generator was kept from work', () => {
  const starvation = { waiting: 0.5, stopped: 0 }
  const reasons = ['its threads waited 50 % of the time for a processor that others had']
  const besideOthers = run({ waiting: 0.01 }, others)
  const generator = { ...quiet.generator, saturated: true, starvation, reasons }
  const starved = { ...besideOthers, generator }
  const [same, faster] = [change('p90', 'same', 0.01, 0.05), change('mean', 'faster', -0.4, -0.3)]

  test('all latencies are left but those that surely grew', () => {
    const [grown, slower] = [change('p99', 'unclear', 0.02, 0.3), change('p99.9', 'slower', 0.2, 0.3)]
    const unmeasured = change('p95', 'unclear', NaN, NaN)
    const left = leftToWork(starved, [undecided, unmeasured, same, faster, grown, slower], [sameWork])
    expect(left).toMatchObject({ changes: [undecided, unmeasured, same, faster], hasStarved: true })
  })

  test.each([
    ['by the generator itself', { ...quiet, generator }],
    ['by a quota', { ...besideOthers, generator: { ...generator, starvation: { throttled: 0.5, stopped: 0 } } }],
  ])('%s, nothing is left, and its being saturated stays a threat', (_, base) => {
    expect(leftToWork(base, [undecided, same], [sameWork])).toEqual({
      changes: [],
      whyNot: 'no other processes kept the base from its processors',
    })
  })

  test('a comparison of equal work is the same, not faster', () => {
    const latencies = [undecided, faster]
    const left = leftToWork(starved, latencies, [sameWork])
    expect(judgeComparison([...latencies, sameWork], 0.99, { left })).toMatchObject({
      verdict: 'same',
      doubtful: false,
      reasons: [
        'judged by cpuPerPing, not by p50 (-10 … +30 %) and mean (-40 … -30 %)',
        'base: the load generator was kept from work: its threads waited 50 % of the time for a processor that others had',
      ],
    })
  })
})

test('a comparison says why nothing was left to its work', () => {
  const left = leftToWork(quiet, [undecided], [sameWork])
  expect(judgeComparison([undecided, sameWork], 0.99, { left }).reasons.at(-1)).toBe(
    'not left to cpuPerPing: no other processes kept the base from its processors',
  )
})

describe('a comparison', () => {
  const errorRate = change('errorRate', 'same', 0, 0)
  const judge = (changes: readonly Change[], latencies: readonly Change[], work = sameWork) =>
    judgeComparison(changes, 0.99, { left: leftToWork(waiting, latencies, [work]) })

  test('is the same by its work, and says what was not judged', () => {
    expect(judge([undecided, sameWork, errorRate], [undecided])).toMatchObject({
      verdict: 'same',
      reasons: [
        'judged by cpuPerPing, not by p50 (-10 … +30 %)',
        'base: the server waited for a processor 41 % of the time that it wanted one: other processes took 0.9 of 2 processors',
      ],
    })
  })

  test('is not faster by its work, where latencies are not judged', () => {
    const fasterWork = change('cpuPerPing', 'faster', -0.4, -0.3)
    expect(judge([undecided, fasterWork, errorRate], [undecided], fasterWork).verdict).toBe('same')
  })

  test('is unclear where anything else is', () => {
    const errors = change('errorRate', 'unclear', 0, 0.2)
    expect(judge([undecided, sameWork, errors], [undecided]).verdict).toBe('unclear')
  })

  test('is slower by what surely is, whatever its work', () => {
    const slower = change('p99', 'slower', 0.2, 0.3)
    expect(judge([undecided, slower, sameWork, errorRate], [undecided, slower]).verdict).toBe('slower')
  })
})
