import { describe, expect, test } from 'vitest'
import { recommend } from '../../src/cli/recommendation.ts'
import { type Change, judgeComparison } from '../../src/gate/comparison.ts'

const unknown = { low: -1, high: Infinity }

function change(indicator: string, tolerance: number, measured: Pick<Change, 'low' | 'high'>, found = 0): Change {
  const verdict = measured.high < tolerance ? 'same' : 'unclear'
  return { indicator, verdict, base: 1, head: 1, change: found, allowed: tolerance, tolerance, min: 0, ...measured }
}

function judged(...changes: readonly Change[]) {
  return judgeComparison(changes, 0.99)
}

describe('the doctor recommends', () => {
  test('the smallest round tolerances with which such servers are the same', () => {
    const alike = judged(
      change('p50', 0.04, { low: -0.02, high: 0.025 }),
      change('p99', 0.25, { low: -0.3, high: 0.42 }),
    )
    expect(recommend(alike, 30).slice(0, 2)).toEqual([
      expect.stringContaining('are told to be the same here:'),
      "  tolerance: { p50: '3%', p99: '50%' }, maxDuration: '30s'",
    ])
  })

  test('a time in which what is allowed by default should be enough, where this one was too short', () => {
    const p50 = change('p50', 0.04, { low: -0.02, high: 0.025 })
    // Half of the interval is 0.35 in logarithms, and 0.223 are allowed: 2.47 times 30 s.
    const p99 = change('p99', 0.25, { low: -0.3, high: 0.42 })
    expect(recommend(judged(p50, p99), 30).slice(2)).toEqual([
      expect.stringContaining('With the default tolerances they should be'),
      "  tolerance: { p50: '4%', p99: '25%' }, maxDuration: '90s'",
    ])
    const enough = change('p99', 0.25, { low: -0.1, high: 0.2 })
    expect(recommend(judged(p50, enough), 30)).toHaveLength(2)
    const never = change('p99', 0.25, { low: 0.2, high: 0.42 }, 0.3)
    expect(recommend(judged(p50, never), 30)).toHaveLength(2)
    const inHours = change('p99', 0.25, { low: -0.9, high: 30 })
    expect(recommend(judged(p50, inHours), 30)).toHaveLength(2)
  })

  test('no less of the processor time than processes of one program differ by', () => {
    const alike = judged(
      change('p50', 0.04, { low: 0, high: 0.001 }),
      change('cpuPerPing', 0.05, { low: 0, high: 0.01 }),
    )
    expect(recommend(alike, 30)[1]).toContain("{ p50: '2%', cpuPerPing: '5%' }")
  })

  test('a tolerance of errors where so few pings leave more of them open than is usual', () => {
    const p50 = change('p50', 0.04, { low: 0, high: 0.01 })
    const few = judged(p50, change('errorRate', 0.01, { low: -0.0119, high: 0.0119 }))
    expect(recommend(few, 10)[1]).toContain("{ p50: '2%', errorRate: '2%' }")
    const enough = judged(p50, change('errorRate', 0.01, { low: -0.005, high: 0.005 }))
    expect(recommend(enough, 10)[1]).toContain("{ p50: '2%' }")
  })

  test('nothing of a figure that no tolerance does for', () => {
    const alike = judged(change('p50', 0.04, { low: 0, high: 0.01 }), change('p99', 0.25, unknown))
    expect(recommend(alike, 8)[1]).toBe("  tolerance: { p50: '2%' }, maxDuration: '8s'")
    expect(recommend(judged(change('p50', 0.04, unknown)), 8)).toEqual([])
  })

  test('nothing of a processor time that nobody watched', () => {
    const unwatched = change('cpuPerPing', 0.05, { low: NaN, high: NaN }, NaN)
    expect(recommend(judged(change('p50', 0.04, { low: 0, high: 0.01 }), unwatched), 8)[1]).not.toContain('cpuPerPing')
  })

  test('the fallback where that decided, and says what it costs', () => {
    const p50 = change('p50', 0.04, { low: -0.2, high: 0.4 })
    const changes = [p50, change('cpuPerPing', 0.05, { low: -0.02, high: 0.02 })]
    const left = { changes: [p50], obstacle: 'others took 0.9 of 2 processors' }
    const lines = recommend(judgeComparison(changes, 0.99, { left }), 30)
    expect(lines).toContain("  tolerance: { cpuPerPing: '5%', fallback: 'cpuPerPing' }, maxDuration: '30s'")
    expect(lines).toContain('  base: others took 0.9 of 2 processors')
    expect(lines.at(-1)).toContain('A head that only waits longer passes')
  })

  test('no fallback where nothing was left to it', () => {
    const changes = [change('p50', 0.04, { low: 0, high: 0.01 }), change('cpuPerPing', 0.05, { low: 0, high: 0.01 })]
    expect(recommend(judged(...changes), 30).join()).not.toContain('fallback')
  })
})
