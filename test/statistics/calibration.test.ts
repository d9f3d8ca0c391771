import { describe, expect, test } from 'vitest'
import { ours, oursFixed, pooled } from '../../bench/control/procedures.ts'
import { simulate, slowShare, type Stream } from '../../bench/control/streams.ts'
import { lookTimes } from '../../src/statistics/interim-looks.ts'

const times = lookTimes(40_000)
const tail = 0.01 / times.length

/** The verdict on a simulated run that is looked at until it is decided. */
function verdictOn(stream: Stream, slow: number, seed: number, decide = ours): string {
  let look = 0
  for (const seen of simulate(stream, slow, times, seed)) {
    const verdict = decide(seen, tail, ++look)
    if (verdict !== 'inconclusive') return verdict
  }
  return 'inconclusive'
}

function verdicts(stream: Stream, slow: number, decide = ours): string[] {
  return Array.from({ length: 60 }, (_, nth) => verdictOn(stream, slow, nth + 1, decide))
}

describe.for(['independent', 'heavy-tailed', 'autocorrelated'] as const)('pings that are %s', (stream) => {
  test('never fail with 0.8 % beyond the limit of p99', () => {
    expect(verdicts(stream, 0.008)).not.toContain('fail')
  })

  test('never pass with 1.25 % beyond it', () => {
    expect(verdicts(stream, 0.0125)).not.toContain('pass')
  })

  test('pass with a p99 of half the limit, and fail with one of twice the limit', () => {
    expect(new Set(verdicts(stream, slowShare(stream, 0.5)))).toEqual(new Set(['pass']))
    expect(new Set(verdicts(stream, slowShare(stream, 2)))).toEqual(new Set(['fail']))
  })
})

test('pings that drift, and pings that come in bursts, are seldom decided wrongly', () => {
  const wrong = (stream: Stream, slow: number, verdict: string) =>
    verdicts(stream, slow).filter((one) => one === verdict).length
  expect(wrong('drifting', 0.008, 'fail') + wrong('drifting', 0.0125, 'pass')).toBeLessThanOrEqual(4)
  expect(wrong('bursty', 0.008, 'fail') + wrong('bursty', 0.0125, 'pass')).toBeLessThanOrEqual(4)
})

describe('in 4 s of which no part is worse than the others', () => {
  const short = (slow: number) =>
    Array.from({ length: 60 }, (_, nth) => {
      const [seen] = simulate('independent', slow, [4_000], nth + 1, 10.75)
      return oursFixed(seen!, 0.01, 1)
    })

  test('most runs fail with 2 % beyond the limit of p99', () => {
    expect(short(0.02).filter((verdict) => verdict === 'fail').length).toBeGreaterThan(45)
  })

  test('none does with 0.8 % beyond it, and none passes with 1.25 %', () => {
    expect(new Set([...short(0.008), ...short(0.0125)])).toEqual(new Set(['inconclusive']))
  })
})

test('are decided wrongly when they are taken as independent and are not', () => {
  expect(verdicts('autocorrelated', 0.008, pooled)).toContain('fail')
  expect(verdicts('autocorrelated', 0.0125, pooled)).toContain('pass')
})
