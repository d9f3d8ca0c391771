import { describe, expect, test } from 'vitest'
import type { CapacityStep } from '../../src/capacity/step.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { loadResult } from '../support/result.ts'

describe('a capacity', () => {
  test('has nothing to say of an interval as precise as it was to be', () => {
    expect(capacityResult([capacityStep(1_000, 'pass'), capacityStep(1_100, 'fail')]).reasons).toEqual([])
  })

  test('names the lowest of several loads that the generator did not bring about', () => {
    const late = (load: number) => capacityStep(load, 'inconclusive', { limitedBy: 'generator', reasons: ['busy'] })
    const { reasons } = capacityResult([late(12_000), late(6_000), capacityStep(3_000, 'pass')])
    expect(reasons[0]).toBe('the load generator did not bring about 6k/s: the server may take more')
  })

  test('says that a bound on throughput is above what was asked', () => {
    const objectives = [
      { indicator: 'throughput', kind: 'rate', bound: '> 2k/s', limit: 2_000, level: 'fail' },
    ] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['throughput is 1.6k/s, the limit is > 2k/s'] })
    expect(capacityResult([missed], { objectives }).reasons).toEqual([
      'no load up to 1.6k/s can meet throughput > 2k/s: begin the search higher (from)',
      'no load was surely kept',
    ])
  })

  test('says that nothing was surely kept', () => {
    const { limitedBy, reasons } = capacityResult([capacityStep(1_600, 'fail'), capacityStep(900, 'inconclusive')])
    expect(limitedBy).toBe('slo')
    expect(reasons).toEqual(['no load was surely kept: give it more time (maxDuration), or end the range lower (to)'])
  })

  test('asks for no more time where the generator keeps the interval wide', () => {
    const steps = [
      capacityStep(900, 'pass'),
      capacityStep(5_000, 'fail'),
      capacityStep(1_600, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] }),
    ]
    expect(capacityResult(steps).reasons).toEqual([
      'the interval is 456 % wide, 10 % was asked for: the load generator did not bring about 1.6k/s',
    ])
  })

  test('says that the search was interrupted, and asks for no more time', () => {
    const summary = loadResult(undefined, { ended: 'aborted' })
    expect(capacityResult([capacityStep(900, 'inconclusive', { summary, reasons: [] })]).reasons).toEqual([
      'the search was interrupted',
    ])
    expect(capacityResult([]).reasons).toEqual(['the search ended before its first load'])
  })

  test('says first that a run failed, and asks for no more time', () => {
    const failed = capacityStep(1_600, 'inconclusive', { summary: undefined, reasons: ['the agent b was lost'] })
    const brokeOff = 'the search broke off at 1.6k/s: the agent b was lost'
    expect(capacityResult([capacityStep(900, 'pass'), failed]).reasons).toEqual([brokeOff])
    expect(capacityResult([capacityStep(900, 'pass'), capacityStep(5_000, 'fail'), failed]).reasons).toEqual([
      brokeOff,
      'the interval is 456 % wide, 10 % was asked for',
    ])
  })

  test('says first that an agent was lost, whatever was missed before, and asks for no more time', () => {
    const lost = { name: 'b', connections: 5, pings: undefined, lost: { at: 2_000, reason: 'its connection ended' } }
    const summary = { ...loadResult(undefined, { ended: 'incomplete' }), machines: [lost] } as never
    const steps = [
      capacityStep(5_000, 'fail'),
      capacityStep(900, 'pass'),
      capacityStep(1_600, 'inconclusive', { summary }),
    ]
    expect(capacityResult(steps).reasons).toEqual([
      expect.stringMatching(/^the search broke off at 1\.6k\/s: the agent b was lost 2 s into the measured window: /),
      'the interval is 456 % wide, 10 % was asked for',
    ])
  })

  test('says what was wrong with the flood that tells where to begin where no load was tried', () => {
    const firstFlood = ['asked without a pause, the server answered 30 of 60 pings', 'ERROR_ANSWER × 30']
    expect(capacityResult([], { firstFlood }).reasons).toEqual([
      'the search ended before its first load: asked without a pause, the server answered 30 of 60 pings',
      'ERROR_ANSWER × 30',
    ])
  })

  test('asks for more time where nothing else was lacking for a first load', () => {
    expect(capacityResult([], { firstFlood: [] }).reasons).toEqual([
      'the search ended before its first load: give it more time (maxDuration)',
    ])
  })

  test('says that the server was not always the same', () => {
    const steps = [capacityStep(900, 'fail'), capacityStep(1_600, 'pass'), capacityStep(2_000, 'fail')]
    const { low, high, reasons } = capacityResult(steps)
    expect({ low, high }).toEqual({ low: 0, high: 2_000 })
    expect(reasons).toEqual([
      'the server is not always the same: it surely kept 1.6k/s at one time and surely missed 900/s at another',
    ])
  })

  test('says that the server did not recover', () => {
    const { reasons } = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail', { recovery: Infinity })])
    expect(reasons[0]).toBe('the server did not recover from 1.6k/s, which ended the search')
    expect(reasons.join()).not.toContain('more time')
  })

  test('says that a bound on a rate asks for more than the lowest load has', () => {
    const objectives = [{ indicator: 'throughput', kind: 'rate', bound: '> 900/s', limit: 900, level: 'fail' }] as const
    const [missed] = [capacityStep(900, 'fail', { reasons: ['throughput is 900/s, the limit is > 900/s'] })]
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'no load up to 900/s can meet throughput > 900/s: begin the search higher (from)',
    )
  })
})

describe('a load that was missed for what no column shows', () => {
  const refused = (load: number, over: Partial<CapacityStep> = {}) =>
    capacityStep(load, 'fail', {
      reasons: ['5 of 10 connections opened, HTTP_503 × 5', 'p99 is 400 ms'],
      summary: loadResult(undefined, { connections: { requested: 10, opened: 5, failed: 5 } }),
      ...over,
    })

  test('says why before all else', () => {
    expect(capacityResult([capacityStep(1_000, 'pass'), refused(1_100)]).reasons).toEqual([
      'missed at 1.1k/s: 5 of 10 connections opened, HTTP_503 × 5',
    ])
  })

  test('asks for nothing that cannot help where the lowest rate has connections fail too', () => {
    expect(capacityResult([refused(1_600), refused(900)]).reasons).toEqual([
      'missed at 900/s: 5 of 10 connections opened, HTTP_503 × 5',
      'no load was surely kept',
    ])
  })

  test('asks for no lower beginning where the lowest rate of the range has connections fail', () => {
    expect(capacityResult([refused(100)]).reasons[1]).toBe('the lowest load of the range, 100/s, was missed')
  })

  test('asks for fewer connections where these are varied', () => {
    const { reasons } = capacityResult([refused(10)], {
      over: 'connections',
      ratePerConnection: 1,
      from: 1,
      to: 100,
    })
    expect(reasons[1]).toContain('end the range lower (to)')
  })

  test('asks for nothing of a server that did not recover', () => {
    const reasons = ['every connection was gone 2 s into the measured window, CLOSE_1006 × 10']
    expect(capacityResult([refused(1_600, { reasons, recovery: Infinity })]).reasons).toEqual([
      'the server did not recover from 1.6k/s, which ended the search',
      `missed at 1.6k/s: ${reasons[0]}`,
      'no load was surely kept',
    ])
  })

  test('says that the worst stretch was', () => {
    const objectives = [
      { indicator: 'p99', kind: 'duration', bound: '< 30ms over any 10s', limit: 30, level: 'fail' },
    ] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['p99 is 40 ms, the limit is < 30ms over any 10s'] })
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'missed at 1.6k/s: p99 is 40 ms, the limit is < 30ms over any 10s',
    )
  })

  test('says that a percentile beyond the columns was', () => {
    const objectives = [{ indicator: 'p99.9', kind: 'duration', bound: '< 20ms', limit: 20, level: 'fail' }] as const
    const missed = capacityStep(1_600, 'fail', { reasons: ['p99.9 is 400 ms, the limit is < 20ms'] })
    expect(capacityResult([missed], { objectives }).reasons[0]).toBe(
      'missed at 1.6k/s: p99.9 is 400 ms, the limit is < 20ms',
    )
  })
})
