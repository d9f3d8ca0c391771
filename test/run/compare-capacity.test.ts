import { describe, expect, test } from 'vitest'
import type { CapacityStep } from '../../src/capacity/step.ts'
import { type CapacityCompareOptions, parseCapacityComparison } from '../../src/options/capacity.ts'
import { compareCapacity, type ComparedSearches } from '../../src/run/compare-capacity.ts'
import { queueing } from '../support/queueing.ts'
import { dead, neverUpgrading, type WsServer } from '../support/servers.ts'
import { onRequest, serveWebSockets } from '../support/ws-server.ts'

function compare(
  sides: Pick<CapacityCompareOptions, 'base' | 'head'>,
  watch: Parameters<typeof compareCapacity>[1] = {},
  range: Pick<CapacityCompareOptions, 'to' | 'tolerance'> = { tolerance: '60%' },
): Promise<ComparedSearches> {
  const load = { slo: { p50: '< 50ms' }, warmup: '200ms', confidence: 0.9, precision: '50%', from: '20/s' } as const
  return compareCapacity(parseCapacityComparison({ ...load, ...sides, ...range, maxDuration: '30s' }), watch)
}

describe.concurrent('of two servers', () => {
  test('the one that can do a tenth is found out', { timeout: 120_000 }, async () => {
    await using base = await queueing({ service: 2 })
    await using head = await queueing({ service: 20 })
    const turns: string[] = []
    const { verdict, ...searches } = await compare({ base, head }, { onStep: (side) => turns.push(side) })
    const steps = Object.values(searches).flatMap((search) => search.steps)
    const isDisturbed = searches.base.low === 0 || steps.some((step) => step.verdict === 'inconclusive')
    expect(isDisturbed ? ['slower', 'unclear'] : ['slower']).toContain(verdict.verdict)
    const ofBoth = Math.min(...['base', 'head'].map((side) => turns.filter((turn) => turn === side).length))
    expect(ofBoth).toBeGreaterThan(0)
    expect(turns.slice(0, 2 * ofBoth)).toEqual(Array.from({ length: ofBoth }, () => ['base', 'head']).flat())
  })

  test('those that do the same are never told apart', { timeout: 120_000 }, async () => {
    await using base = await queueing({ service: 5 })
    await using head = await queueing({ service: 5 })
    const { verdict } = await compare({ base, head })
    expect(['same', 'unclear']).toContain(verdict.verdict)
    expect(verdict.low).toBeLessThanOrEqual(0)
    expect(verdict.high).toBeGreaterThanOrEqual(0)
  })

  test('one that is not there is never the same', { timeout: 120_000 }, async () => {
    await using base = await queueing({ service: 5 })
    await using head = await dead()
    const { verdict } = await compare({ base, head: { url: head.url } })
    expect(verdict).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(verdict.reasons.join('\n')).toContain('head: nothing was measured')
  })

  test('none is waited for any more when the signal is aborted', { timeout: 120_000 }, async () => {
    await using base = await neverUpgrading()
    await using head = await dead()
    const abort = new AbortController()
    const sides = { base: { command: 'sleep 600', url: base.url, timeout: '10s' }, head: { url: head.url } }
    const compared = compare(sides, { signal: abort.signal })
    await expect.poll(() => base.accepted).toBeGreaterThan(0)
    abort.abort()
    await expect(compared).rejects.toMatchObject({ code: 'WSLOAD_ERR_ABORTED' })
  })
})

test('a head that was slow under its first load alone is asked once more before it is called slower', async () => {
  const loads: number[] = []
  const delaying = (delay: () => number): Promise<WsServer> =>
    serveWebSockets({}, (socket) => onRequest(socket, (answer) => void setTimeout(answer, delay())))
  await using base = await delaying(() => 0)
  await using head = await delaying(() => (loads.length === 0 ? 200 : 0))
  const onStep = (side: string, { load }: CapacityStep): void => void (side === 'head' && loads.push(load))
  const sides = { base: { url: base.url }, head: { url: head.url } }
  const { verdict } = await compare(sides, { onStep }, { to: '200/s', tolerance: '10%' })
  expect(loads.length).toBeGreaterThan(0)
  expect(verdict.verdict).not.toBe('slower')
}, 120_000)
