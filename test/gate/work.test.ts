import { describe, expect, test } from 'vitest'
import { compareRuns, compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance, safeParseTolerance } from '../../src/gate/tolerance.ts'
import { compareWorkSideBySide } from '../../src/gate/work.ts'
import type { LoadResult, ServerReport } from '../../src/result/load-result.ts'
import { steady } from '../support/comparison.ts'
import { uniform } from '../../bench/control/random.ts'

const pingsPerBlock = 1_000
const tails = { lower: 0.005, upper: 0.005 }

/** Numbers from -1 to 1, the same in each run. */
function randomly(seed: number): () => number {
  const random = uniform(seed * 48_271 + 1)
  return () => 2 * random() - 1
}

/** A server that spends so much on each answer, in milliseconds; each block as much more as its factor says. */
function server(perPing: number, factors: readonly number[]): ServerReport {
  const blocks = factors.map((factor, nth) => ({
    start: nth * 200,
    duration: 200,
    cpu: perPing * factor * pingsPerBlock,
    pings: pingsPerBlock,
  }))
  const cpuPerPing = blocks.reduce((sum, { cpu }) => sum + cpu, 0) / (blocks.length * pingsPerBlock)
  return { source: 'port', processes: 1, cpuPerPing, cores: 0.5, rss: { start: 1, max: 1, end: 1 }, blocks }
}

const unwatched: LoadResult = steady(2)

function side(perPing: number, factors: readonly number[]): LoadResult {
  return { ...unwatched, server: server(perPing, factors) }
}

/** Blocks of a machine that becomes slower and faster, of which a side has its own noise besides. */
function disturbed(drift: readonly number[], random: () => number, noise: number): number[] {
  return drift.map((factor) => factor * (1 + noise * random()))
}

const drift = Array.from({ length: 40 }, (_, nth) => 1 + 0.3 * Math.sin(nth / 6))

describe('the processor time of two sides that took turns', () => {
  test('has a change whose interval holds the true one in at least 98 of 100 runs, whatever drifts on both sides', () => {
    const random = randomly(7)
    const intervals = Array.from({ length: 300 }, () =>
      compareWorkSideBySide(
        side(0.05, disturbed(drift, random, 0.1)),
        side(0.055, disturbed(drift, random, 0.1)),
        tails,
        1,
      ),
    )
    const holding = intervals.filter(({ low, high }) => low < 0.1 && high > 0.1)
    expect(holding.length).toBeGreaterThanOrEqual(294)
    // The drift of 30 % is on both sides: what is left is that of 40 blocks, a tenth in each.
    const narrow = intervals.filter(({ low, high }) => high - low < 0.12)
    expect(narrow.length).toBeGreaterThan(250)
  })

  test('is no better known than the clocks of the machines that generated its load agree', () => {
    const [base, head] = [side(0.05, drift), side(0.055, drift)]
    const machines = [
      { name: 'a', connections: 1, clockUncertainty: 0.01 * base.duration, environment: base.environment },
    ]
    const alone = compareWorkSideBySide(base, head, tails, 1)
    const over = compareWorkSideBySide({ ...base, machines }, { ...head, machines }, tails, 1)
    expect(Math.log1p(alone.low) - Math.log1p(over.low)).toBeCloseTo(0.02)
    expect(Math.log1p(over.high) - Math.log1p(alone.high)).toBeCloseTo(0.02)
  })

  test('is bounded by nothing in fewer than 16 blocks', () => {
    const { low, high } = compareWorkSideBySide(
      side(0.05, drift.slice(0, 15)),
      side(0.05, drift.slice(0, 15)),
      tails,
      1,
    )
    expect([low, high]).toEqual([-1, Infinity])
  })
})

describe('a tolerance on it that nobody asked for', () => {
  const parsed = safeParseTolerance(undefined, false, true)
  const tolerance = 'value' in parsed ? parsed.value : parseTolerance()
  const even = drift.map((_factor, nth) => 1 + (nth % 2) / 100)
  const noisy = drift.map((_factor, nth) => (nth % 4 < 2 ? 0.1 : 1.9))
  const compared = (head: LoadResult, evidenceShare?: number) =>
    compareSideBySide(side(0.05, even), head, tolerance, 0.99, { evidenceShare })

  test('finds a head that works more', () => {
    expect(compared(side(0.06, even))).toMatchObject({ verdict: 'slower' })
  })

  test('is waited for', () => {
    expect(compared(side(0.05, noisy), 0.5).verdict).toBe('unclear')
    expect(compared(side(0.05, even), 0.5).verdict).toBe('same')
  })

  test.each([
    ['stays undecided', side(0.05, noisy)],
    ['cannot be measured', unwatched],
  ])('counts for nothing where it %s', (_, head) => {
    const { verdict, changes } = compared(head)
    expect(verdict).toBe('same')
    expect(changes.map(({ indicator }) => indicator)).not.toContain('cpuPerPing')
  })

  test('is not waited for where it cannot be measured', () => {
    expect(compared(unwatched, 0.5).verdict).toBe('same')
  })
})

describe.each([
  ['side by side', compareSideBySide],
  ['one after the other', compareRuns],
])('a tolerance on it, %s', (_, compare) => {
  const tolerance = parseTolerance({ p50: '10%', cpuPerPing: '5%' })
  const even = drift.map((_factor, nth) => 1 + (nth % 2) / 100)

  test.each([
    ['slower', 0.06],
    ['same', 0.0505],
    ['faster', 0.04],
  ])('finds a head %s whose latency is the same', (verdict, perPing) => {
    const compared = compare(side(0.05, even), side(perPing, even), tolerance, 0.99)
    expect(compared.verdict).toBe(verdict)
    expect(compared.changes.find(({ indicator }) => indicator === 'cpuPerPing')).toMatchObject({
      verdict,
      base: expect.closeTo(0.05, 3),
      tolerance: 0.05,
      min: 0,
    })
  })

  test('is unclear where a side was not watched, which is said', () => {
    const { verdict, reasons } = compare(side(0.05, even), unwatched, tolerance, 0.99)
    expect(verdict).toBe('unclear')
    expect(reasons.join()).toContain('cpuPerPing: the servers of both sides have to be watched')
  })

  test('is not there unless it is asked for', () => {
    const compared = compare(side(0.05, even), side(0.09, even), parseTolerance({ p50: '10%' }), 0.99)
    expect(compared.verdict).toBe('same')
    expect(compared.changes.map(({ indicator }) => indicator)).not.toContain('cpuPerPing')
  })
})
