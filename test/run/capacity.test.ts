import { describe, expect, test } from 'vitest'
import type { CapacityResult } from '../../src/capacity/capacity.ts'
import { type CapacityOptions, parseCapacity } from '../../src/options/capacity.ts'
import { findCapacity } from '../../src/run/capacity.ts'
import { queueing } from '../support/queueing.ts'

/** A limit far above what these servers take when they are not overloaded, soon exceeded when they are, and soon decided. */
const slo = { p50: '< 50ms' }

function search(options: Omit<CapacityOptions, 'slo'>): Promise<CapacityResult> {
  return findCapacity(
    parseCapacity({ slo, warmup: '200ms', precision: '50%', maxDuration: '30s', confidence: 0.9, ...options }),
  )
}

describe.concurrent('the interval of a capacity', () => {
  test.each([
    ['one worker', { service: 5 }, 200],
    ['a pool of four workers', { service: 20, workers: 4 }, 200],
    ['a worker that breaks down beyond what it can do', { service: 5, collapseAbove: 50 }, 200],
  ])('contains what %s can do', { timeout: 120_000 }, async (_, server, capacity) => {
    await using target = await queueing(server)
    const found = await search({ url: target.url })
    expect(whatLimited(found)).toBe('slo')
    expect(found.low).toBeLessThanOrEqual(capacity)
    expect(found.high).toBeGreaterThanOrEqual(capacity)
  })

  test('contains how many connections a server accepts', { timeout: 120_000 }, async () => {
    await using target = await queueing({ service: 0.1, mostConnections: 12 })
    const found = await search({ url: target.url, over: 'connections', from: 2, to: 40, ratePerConnection: '20/s' })
    expect(whatLimited(found)).toBe('slo')
    expect(found.low).toBeLessThanOrEqual(12)
    expect(found.high).toBeGreaterThan(12)
    expect(found.rate).toBe(20 * found.connections)
  })
})

/** On a machine with other work a generator may be the limit, and has to say so. */
function whatLimited({ limitedBy, steps, low, high }: CapacityResult): string {
  const isOwnLimit = limitedBy === 'generator' && steps.some(({ summary }) => summary?.generator.saturated)
  const tried = steps.map(({ load, verdict, reasons }) => [Math.round(load), verdict, ...reasons].join(' '))
  return isOwnLimit || limitedBy === 'slo' ? 'slo' : [limitedBy, low, high, ...tried].join('\n')
}
