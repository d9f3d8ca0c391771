import { describe, expect, test } from 'vitest'
import { evaluateSLO, isDecided } from '../../src/slo/evaluate.ts'
import { parseSLO, type SLO } from '../../src/slo/objective.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { uniform } from '../../bench/control/random.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

/** 20,000 pings in 5 s, of which `share` took 18 ms and the others 2 ms. */
function slowShare(share: number, overrides: Parameters<typeof loadResult>[1] = {}) {
  const slow = Math.round(20_000 * share)
  return loadResult([...repeated(20_000 - slow, 2), ...repeated(slow, 18)], overrides)
}

/** The same pings, with all slow ones between two times in milliseconds. */
function slowBetween(from: number, to: number, share: number, duration = 5_000) {
  const slow = Math.round(20_000 * share)
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  for (let nth = 0; nth < 20_000; nth++) {
    const isSlow = nth < slow
    const at = isSlow ? from + ((to - from) * nth) / slow : (duration * (nth - slow)) / (20_000 - slow)
    const bucket = buckets.record(isSlow ? 18e6 : 2e6)
    recorder.count(kindNumbers.sent, Math.floor(at / recorder.length))
    recorder.answered(Math.floor(at / recorder.length), bucket, bucket)
  }
  return slowShare(share, { duration, slices: Slices.of([recorder.pack()], duration) })
}

/** 43,000 pings in 4 s; of those of each tenth of a second the given share took 18 ms, some of them two at a time. */
function slowInTenths(shareOf: (tenth: number) => number) {
  const duration = 4_000
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  const random = uniform(7)
  const samples: number[] = []
  for (let tenth = 0; tenth < 40; tenth++) {
    const place = () => Math.floor((100 * tenth + 100 * random()) / recorder.length)
    const slow = Math.round(1_075 * shareOf(tenth))
    let at = place()
    for (let nth = 0; nth < 1_075; nth++) {
      if (nth >= slow || nth % 5 > 0) at = place()
      const ms = nth < slow ? 18 : 2
      const bucket = buckets.record(ms * 1e6)
      recorder.count(kindNumbers.sent, at)
      recorder.answered(at, bucket, bucket)
      samples.push(ms)
    }
  }
  return loadResult(samples, { duration, slices: Slices.of([recorder.pack()], duration) })
}

function only(result: ReturnType<typeof loadResult>, slo: SLO, confidence?: number) {
  return evaluateSLO(result, slo, confidence === undefined ? {} : { confidence }).objectives[0]!
}

describe('a confidence interval', () => {
  test('contains what was measured, and the more the surer it has to be', () => {
    const { low, high, measured } = only(slowShare(0.01), { p99: '< 10ms' })
    expect(low).toBeLessThanOrEqual(measured)
    expect(high).toBeGreaterThanOrEqual(measured)
    const error = (confidence: number) => only(slowShare(0.01), { errorRate: '< 1%' }, confidence).high
    expect(error(0.9)).toBeLessThan(error(0.99))
    expect(error(0.99)).toBeLessThan(error(0.999))
  })

  test('of a percentile decides nothing while its share is near', () => {
    const verdict = evaluateSLO(slowShare(0.008), { p99: '< 10ms' })
    expect(verdict).toMatchObject({ verdict: 'inconclusive', vacuous: false })
    expect(verdict.reasons[0]).toMatch(
      /^not enough evidence: p99 is 2 … 18 ms at 99 % confidence, the limit is < 10ms; 160 of 20,000 pings were slower; p99 < 10ms takes about 20 s or more$/,
    )
  })

  test('of a percentile passes and fails when it is far', () => {
    expect(only(slowShare(0.002), { p99: '< 10ms' }).verdict).toBe('pass')
    expect(only(slowShare(0.03), { p99: '< 10ms' }).verdict).toBe('fail')
  })

  test('is wide for pings that are slow together', () => {
    const together = only(slowBetween(2_000, 2_200, 0.003), { p99: '< 10ms' })
    const apart = only(slowShare(0.003), { p99: '< 10ms' })
    expect(together.effectiveSamples).toBeLessThan(apart.effectiveSamples / 20)
    expect(together.verdict).toBe('inconclusive')
    expect(together.reason).toMatch(
      /; 60 of 20,000 pings were slower, in one bunch; p99 < 10ms takes about 20 s or more$/,
    )
  })

  test('has no upper end with too few samples for the percentile', () => {
    const verdict = only(loadResult(repeated(300, 2)), { p99: '< 1h' })
    expect(verdict).toMatchObject({ verdict: 'inconclusive', high: Infinity, samples: 300 })
    expect(verdict.samplesNeeded).toBeGreaterThan(459)
    expect(verdict.reason).toMatch(/; none of 300 pings was slower; p99 < 1h takes about 30 s or more$/)
  })

  test('that is too wide asks for a length which depends on the objective, not on how many bunches there happened to be', () => {
    const lengthFor = (share: number, limit: `< ${number}ms`) =>
      only(slowBetween(2_000, 2_000 + 100_000 * share, share), { p99: limit }).durationNeeded
    const lengths = [0.001, 0.002, 0.003, 0.005].map((share) => lengthFor(share, '< 10ms'))
    expect(new Set(lengths)).toEqual(new Set([20_000]))
    expect(lengthFor(0.002, '< 5ms')).toBe(10_000)
  })

  test('of a run that was as long as its objective needs asks for a multiple of it, if that would decide', () => {
    const long = (share: number) => slowShare(share, { duration: 60_000 })
    expect(only(long(0.0075), { p99: '< 10ms' }).durationNeeded).toBeGreaterThan(60_000)
    const near = only(long(0.01), { p99: '< 10ms' })
    expect(near.durationNeeded).toBeUndefined()
    expect(near.reason).toMatch(
      /; it is too near the limit, or changes too much from time to time, to be decided by a run ten times as long$/,
    )
  })

  test('of the median reaches no further down than it has to, whatever the fastest pings were', () => {
    const unsteady = Array.from({ length: 20_000 }, (_, nth) => (nth % 100 === 0 ? 0 : 0.2 + (nth % 7) / 10))
    const { low, verdict } = only(loadResult(unsteady, { duration: 1_500, looks: { taken: 2, planned: 11 } }), {
      p50: '< 10us',
    })
    expect(low).toBeGreaterThan(0.1)
    expect(verdict).toBe('fail')
  })

  test('of a mean and of a rate narrows to what was measured', () => {
    const { objectives } = evaluateSLO(slowShare(0.02), { mean: '< 3ms', throughput: '> 3k/s' })
    for (const { low, high, measured, verdict } of objectives) {
      expect(verdict).toBe('pass')
      expect(low).toBeLessThan(measured)
      expect(high).toBeGreaterThan(measured)
      expect(high / low).toBeLessThan(1.3)
    }
  })

  test('of a rate over several machines is no better known than their clocks agree', () => {
    const environment = loadResult().environment
    const agents = [2, 250].map((clockUncertainty) => ({ name: 'a', connections: 1, clockUncertainty, environment }))
    const slo = { throughput: '> 3.9k/s' }
    expect(only(slowShare(0), slo).verdict).toBe('pass')
    const { low, measured, high, verdict, reason } = only(slowShare(0, { machines: agents }), slo)
    expect(low).toBeLessThan(measured * 0.95)
    expect(high).toBeGreaterThan(measured * 1.05)
    expect(verdict).toBe('inconclusive')
    expect(reason).toBe('throughput: the clocks of its machines agree to 250 ms')
    expect(only(slowShare(0, { machines: agents }), { throughput: '> 3.7k/s' }).verdict).toBe('pass')
    expect(only(slowShare(0, { machines: agents }), { throughput: '> 4.3k/s' }).verdict).toBe('fail')
  })

  test('of handshakes is that of as many connections', () => {
    const result = loadResult(undefined, {
      connections: { requested: 1_000, opened: 1_000 },
      handshake: latencies(repeated(1_000, 40)).both,
    })
    const { objectives } = evaluateSLO(result, { 'handshake.p99': '< 50ms', 'handshake.p99.9': '< 50ms' })
    expect(objectives.map(({ verdict, samples }) => [verdict, samples])).toEqual([
      ['pass', 1_000],
      ['inconclusive', 1_000],
    ])
    expect(objectives[1]!.reason).toMatch(
      /; 1,000 connections; it takes 4,603; take about 5 times as many connections$/,
    )
  })

  test.for([
    { lost: '<= 0' },
    { max: '< 20ms' },
    { min: '< 20ms' },
    { errorRate: '<= 0' },
    { opened: '>= 10' },
  ] satisfies SLO[])('is a point for the plain fact %j', (slo) => {
    const { low, high, measured, samples, verdict } = only(slowShare(0.01), slo)
    expect([high, samples, verdict]).toEqual([measured, 0, 'pass'])
    expect(low / measured || 0).toBeCloseTo(measured === 0 ? 0 : 1, 2)
  })
})

describe('an error rate', () => {
  const failed = 4_000
  const pings = { timedOut: failed }
  const ofPings = (requested: number) =>
    loadResult(repeated(24 * failed, 2), { duration: 1_000_000, pings, connections: { requested, opened: requested } })

  test.for([10, 30_000])('of pings is as sure with %i connections', (requested) => {
    const { objectives } = evaluateSLO(ofPings(requested), { errorRate: ['< 3.5%', '< 5%'] })
    expect(objectives.map(({ verdict }) => verdict)).toEqual(['fail', 'pass'])
    expect(objectives[0]).toMatchObject({ measured: 0.04, samples: 100_000 })
    expect(objectives[0]!.effectiveSamples).toBeLessThanOrEqual(100_000)
  })

  const ofConnections = loadResult(undefined, { connections: { requested: 10_000, opened: 9_600, failed: 400 } })

  test('of connections has them as its sample, and no time that they speak about', () => {
    const { verdict, objectives } = evaluateSLO(ofConnections, { connectErrorRate: ['< 3.4%', '< 4.6%'] })
    expect(verdict).toBe('fail')
    expect(objectives).toMatchObject([
      { verdict: 'fail', measured: 0.04, samples: 10_000, effectiveSamples: 10_000, resolved: true },
      { verdict: 'pass' },
    ])
  })

  test('of connections is inconclusive where more connections would tell', () => {
    expect(evaluateSLO(ofConnections, { connectErrorRate: '< 4.2%' }).reasons).toEqual([
      'not enough evidence: connectErrorRate is 3.56 … 4.48 % at 99 % confidence, the limit is < 4.2%; 10,000 connections; take about 7 times as many connections',
    ])
    expect(evaluateSLO(ofConnections, { connectErrorRate: '< 4.01%' }).reasons).toEqual([
      expect.stringContaining('it is too near the limit to be decided by more connections'),
    ])
  })

  test('of none at all is a fact', () => {
    expect(only(loadResult(), { connectErrorRate: '<= 0' })).toMatchObject({ verdict: 'pass', samples: 0 })
    expect(only(ofConnections, { connectErrorRate: '<= 0' })).toMatchObject({ verdict: 'fail', samples: 0 })
  })

  test('of no pings is none', () => {
    expect(evaluateSLO(loadResult([]), { errorRate: '< 99%' })).toMatchObject({
      verdict: 'inconclusive',
      vacuous: true,
      objectives: [{ measured: NaN, low: NaN, high: NaN }],
    })
  })
})

describe('a short run', () => {
  const looks = { taken: 4, planned: 11 }
  const decided = (result: ReturnType<typeof loadResult>) => only(result, { p99: '< 10ms' })

  test('that misses its limit in every part alike fails, ended early or not', () => {
    const steady = slowInTenths(() => 0.02)
    const verdict = decided(steady)
    expect(verdict).toMatchObject({ verdict: 'fail', samples: 43_000 })
    expect(verdict.effectiveSamples).toBeGreaterThan(20_000)
    expect(decided({ ...steady, looks }).verdict).toBe('fail')
  })

  test('that misses it by as much and gets worse, or worse and better, says nothing of a longer time', () => {
    const worse = slowInTenths((tenth) => 0.04 * ((tenth + 0.5) / 40))
    const worseAndBetter = slowInTenths((tenth) => 0.02 + 0.018 * Math.sin((tenth / 40) * 2 * Math.PI))
    expect([worse, worseAndBetter].map((result) => decided(result).verdict)).toEqual(['inconclusive', 'inconclusive'])
  })

  test('that meets it passes only by far, however steady it was: it may not have seen the worst', () => {
    expect(decided(slowInTenths(() => 0.005)).verdict).toBe('inconclusive')
    expect(decided(slowInTenths(() => 0.001)).verdict).toBe('pass')
  })
})

describe('the error probability', () => {
  test('is shared by the looks that were planned, and a run that may stop early is trusted less', () => {
    const looks = { taken: 3, planned: 11 }
    expect(only(slowShare(0.002), { p99: '< 10ms' }).verdict).toBe('pass')
    expect(only(slowShare(0.002, { looks }), { p99: '< 10ms' }).verdict).toBe('inconclusive')
    expect(only(slowShare(0.0005, { looks }), { p99: '< 10ms' }).verdict).toBe('pass')
  })

  test('is shared by objectives on the side on which one of them is enough', () => {
    const alone = only(slowShare(0.01), { errorRate: '< 1%', p99: '< 10ms' })
    const many = only(slowShare(0.01, { pings: { lost: 100 } }), { errorRate: '< 1%' })
    const shared = only(slowShare(0.01, { pings: { lost: 100 } }), { errorRate: ['< 1%', '< 2%', '< 3%', '< 4%'] })
    expect(alone.low).toBe(0)
    expect(shared.low).toBeLessThan(many.low)
    expect(shared.high).toBe(many.high)
  })

  test('is not shared with facts about the run', () => {
    const lost = slowShare(0.01, { pings: { lost: 100 }, connections: { opened: 9, failed: 1 } })
    const alone = only(lost, { errorRate: '< 2%' })
    const withFacts = only(lost, {
      errorRate: '< 2%',
      lost: '< 1000',
      max: '< 1s',
      opened: '>= 9',
      connectErrorRate: '<= 0',
    })
    expect(withFacts.low).toBe(alone.low)
  })

  test.for([0.5, 1, 99, NaN, '0.9'])('cannot be left by a confidence of %s', (confidence) => {
    expect(() => evaluateSLO(loadResult(), { p99: '< 1s' }, { confidence: confidence as number })).toThrow(
      expect.objectContaining({ code: 'WSLOAD_ERR_INVALID_OPTIONS' }),
    )
  })

  test("is the run's own unless another one is asked for", () => {
    const result = loadResult(undefined, { options: { confidence: 0.8 } })
    expect(evaluateSLO(result, { p99: '< 1s' }).confidence).toBe(0.8)
    expect(evaluateSLO(result, { p99: '< 1s' }, { confidence: 0.95 }).confidence).toBe(0.95)
  })
})

describe('an interim look', () => {
  test('decides only what a quarter less evidence would decide too', () => {
    const objectives = parseSLO({ p99: '< 10ms' })
    expect(isDecided(slowShare(0.0005), objectives)).toBe(true)
    expect(isDecided(slowShare(0.01), objectives)).toBe(false)
    const decided = Array.from({ length: 60 }, (_, nth) => slowShare(0.001 + nth * 1e-4))
    const surely = decided.filter((result) => isDecided(result, objectives)).length
    const justSo = decided.filter((result) => evaluateSLO(result, { p99: '< 10ms' }).verdict === 'pass').length
    expect(surely).toBeLessThan(justSo)
  })
})

describe('a bound that warns', () => {
  test('says what was missed and leaves the verdict', () => {
    const verdict = evaluateSLO(slowShare(0.03), { p99: { warn: '< 10ms', fail: '< 20ms' } })
    expect(verdict).toMatchObject({ verdict: 'pass', reasons: [] })
    expect(verdict.warnings).toEqual(['p99 is 18 ms, the limit is < 10ms'])
  })
})

describe('a stretch', () => {
  const bound = { p99: '< 10ms over any 1s' }

  test('passes where the whole run is the same', () => {
    const evenly = loadResult(repeated(100_000, 2), { duration: 5_000 })
    expect(only(evenly, { p90: '< 10ms over any 1s' })).toMatchObject({ verdict: 'pass', window: 1_000 })
  })

  test('fails for what the whole run hides', () => {
    const bad = slowBetween(8_000, 12_000, 1 / 6, 20_000)
    expect(only(bad, { p75: '< 10ms' }).measured).toBeCloseTo(2, 1)
    expect(only(bad, { p75: '< 10ms over any 4s' })).toMatchObject({ verdict: 'fail' })
    expect(only(bad, { p75: '< 10ms over any 4s' }).measured).toBeCloseTo(18, 0)
  })

  test('that is too short to decide asks for a longer one', () => {
    const verdict = only(slowShare(0.002), bound)
    expect(verdict.reason).toMatch(/; it takes stretches of about 20 s or more$/)
    expect(verdict.durationNeeded).toBeUndefined()
  })

  test('longer than the run is inconclusive', () => {
    const verdict = evaluateSLO(loadResult(undefined, { duration: 900 }), bound)
    expect(verdict).toMatchObject({ verdict: 'inconclusive', vacuous: true })
    expect(verdict.reasons).toEqual(['p99: the run is shorter than the 1 s of the bound'])
  })

  test('shorter than the slices of a long run is inconclusive, and that is said', () => {
    const hour = loadResult(repeated(20_000, 2), { duration: 3_600_000 })
    expect(hour.slices.length).toBe(8_000)
    for (const seconds of [1, 4, 5]) {
      const verdict = evaluateSLO(hour, { p50: `< 10ms over any ${seconds}s` })
      expect(verdict).toMatchObject({ verdict: 'inconclusive', vacuous: true })
      expect(verdict.reasons).toEqual([
        `p50: the run is kept in slices of 8 s, and the ${seconds} s of the bound have fewer than 16 of them: take a shorter run, or longer stretches`,
      ])
    }
    expect(only(hour, { p50: '< 10ms over any 5m' }).verdict).toBe('pass')
  })

  test('of too few slices to tell how it varies says so where it is undecided, whatever would decide it', () => {
    const minute = loadResult(repeated(60_000, 2), { duration: 60_000 })
    const { verdict, reason } = only(minute, { throughput: '> 500/s over any 1s' })
    expect(verdict).toBe('inconclusive')
    expect(reason).toBe(
      'throughput: the run is kept in slices of 125 ms, and the 1 s of the bound have fewer than 16 of them: take a shorter run, or longer stretches',
    )
  })

  test('of too few slices says what else it lacks where that would leave it undecided, too', () => {
    const blurred = loadResult(repeated(60_000, [15, 25] as const), { duration: 60_000 })
    expect(only(blurred, { p50: '< 20ms over any 1s' }).reason).toContain('the generator cannot tell')
  })

  test('of errors and rates is judged by its own', () => {
    const result = slowShare(0.01, { pings: { lost: 2_000 } })
    const { objectives } = evaluateSLO(result, { errorRate: '< 1% over any 1s', throughput: '> 1k/s over any 1s' })
    expect(objectives.map(({ verdict }) => verdict)).toEqual(['fail', 'pass'])
  })
})

describe('a verdict is vacuous', () => {
  test('when nothing was answered, the run was aborted or an indicator has no value', () => {
    for (const result of [
      loadResult([]),
      loadResult(undefined, { ended: 'aborted' }),
      loadResult(undefined, { throughput: NaN }),
    ]) {
      expect(evaluateSLO(result, { p99: '< 1h', throughput: '> 1/s' })).toMatchObject({
        verdict: 'inconclusive',
        vacuous: true,
      })
    }
  })

  test('but not for a lack of evidence', () => {
    expect(evaluateSLO(loadResult(repeated(100, 2)), { p99: '< 1h' })).toMatchObject({
      verdict: 'inconclusive',
      vacuous: false,
    })
  })
})
