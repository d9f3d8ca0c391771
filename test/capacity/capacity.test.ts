import { describe, expect, test } from 'vitest'
import { capacityResult, capacityStep } from '../support/capacity.ts'

describe('a capacity', () => {
  test('lies half way between what was kept and what was missed, logarithmically', () => {
    const { rate, connections, low, high, limitedBy, reasons } = capacityResult([
      capacityStep(900, 'pass'),
      capacityStep(1_600, 'fail'),
    ])
    expect({ rate, connections, low, high }).toEqual({ rate: 1_200, connections: 10, low: 900, high: 1_600 })
    expect({ limitedBy, reasons }).toEqual({
      limitedBy: 'slo',
      reasons: ['the interval is 77.8 % wide, 10 % was asked for: give it more time (maxDuration)'],
    })
  })

  test('of connections is a whole number of them, and has a rate', () => {
    const steps = [capacityStep(30, 'pass'), capacityStep(33, 'fail')]
    const { rate, connections } = capacityResult(steps, { over: 'connections', ratePerConnection: 2, from: 1, to: 100 })
    expect({ rate, connections }).toEqual({ rate: 62, connections: 31 })
  })

  test('is at least what was kept where the generator brought no more about, and is not called the server’s', () => {
    const saturated = capacityStep(5_000, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] })
    const { rate, high, limitedBy, reasons } = capacityResult([capacityStep(900, 'pass'), saturated])
    expect({ rate, high, limitedBy }).toEqual({ rate: 900, high: Infinity, limitedBy: 'generator' })
    expect(reasons).toEqual(['the load generator did not bring about 5k/s: the server may take more', 'its event loop'])
  })

  test('is not said to have lacked a load that was sent, but that the generator cannot tell of', () => {
    const late = capacityStep(200, 'inconclusive', { limitedBy: 'generator', reasons: ['its event loop'] })
    expect(capacityResult([capacityStep(150, 'pass'), late]).reasons[0]).toBe(
      'the load generator cannot tell whether 200/s was kept: the server may take more',
    )
  })

  test('is at least the end of the range where that was kept', () => {
    const { rate, limitedBy, reasons } = capacityResult([capacityStep(100_000, 'pass')])
    expect({ rate, limitedBy }).toEqual({ rate: 100_000, limitedBy: 'range' })
    expect(reasons).toEqual(['the highest load of the range, 100k/s, was kept: the server may take more'])
  })

  test('is nothing where not even the beginning of the range was kept', () => {
    const { rate, low, high, limitedBy, reasons } = capacityResult([capacityStep(100, 'fail')])
    expect({ rate, low, high, limitedBy }).toEqual({ rate: 0, low: 0, high: 100, limitedBy: 'range' })
    expect(reasons).toEqual(['the lowest load of the range, 100/s, was missed: begin the search lower'])
  })

  test('is unknown where nothing was decided', () => {
    const { rate, limitedBy, reasons } = capacityResult([
      capacityStep(900, 'inconclusive', { reasons: ['not enough'] }),
    ])
    expect({ rate, limitedBy }).toEqual({ rate: 0, limitedBy: 'unknown' })
    expect(reasons).toEqual([expect.stringContaining('give it more time (maxDuration)'), 'not enough'])
  })
})
