import { describe, expect, test } from 'vitest'
import type { CapacityResult } from '../../src/capacity/capacity.ts'
import type { CapacityStep } from '../../src/capacity/step.ts'
import { type CapacityOptions, parseCapacity } from '../../src/options/capacity.ts'
import { findCapacity } from '../../src/run/capacity.ts'
import { queueing } from '../support/queueing.ts'
import { closing, dead, limited, losing, silent, type WsServer } from '../support/servers.ts'
import { onRequest, serveWebSockets } from '../support/ws-server.ts'

/** A limit far above what these servers take when they are not overloaded, soon exceeded when they are, and soon decided. */
const slo = { p50: '< 50ms' }

function search(
  options: Omit<CapacityOptions, 'slo'> & Partial<Pick<CapacityOptions, 'slo'>>,
  watch: Parameters<typeof findCapacity>[1] = {},
): Promise<CapacityResult> {
  return findCapacity(
    parseCapacity({ slo, warmup: '200ms', precision: '50%', maxDuration: '30s', confidence: 0.9, ...options }),
    watch,
  )
}

/** Misses {@link tooSoon}, until load threads whose probe obeys are to crash. */
async function crashing(isDue: (server: WsServer) => boolean): Promise<WsServer> {
  return serveWebSockets({}, (socket, server) => {
    onRequest(socket, (answer) => {
      if (isDue(server)) socket.send('crash')
      else setTimeout(answer, 50)
    })
  })
}

const tooSoon = { p50: '< 5ms' }

describe.concurrent('a search', () => {
  test('ends at the range where all of it is kept', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1 })
    const { low, high, limitedBy, steps } = await search({ url: target.url, from: 20, to: 50 })
    expect(high).toBe(Infinity)
    expect(steps.every(({ load }) => load <= 50)).toBe(true)
    // Without a load that the machine left undecided all of it is kept.
    expect(low === 50 || steps.some(({ verdict }) => verdict === 'inconclusive')).toBe(true)
    expect(limitedBy === 'range').toBe(low === 50)
  })

  test('ends at the range where none of it is kept', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 50 })
    const { low, high, limitedBy } = await search({ url: target.url, from: 100, to: 1_000 })
    expect({ low, high, limitedBy }).toEqual({ low: 0, high: 100, limitedBy: 'range' })
  })

  test('tells each load when it is over, and keeps its summary', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1 })
    const told: CapacityStep[] = []
    const { steps } = await search({ url: target.url, from: 20, to: 50 }, { onStep: (step) => told.push(step) })
    expect(told).toEqual(steps)
    expect(steps[0]!.summary!.options).toMatchObject({ rate: 50, connections: 10 })
    expect(steps[0]!.summary!.pings.answered).toBeGreaterThan(0)
  })

  test(
    'begins above what a server answers of the few pings that it is asked at first',
    { timeout: 90_000 },
    async () => {
      await using target = await queueing({ service: 50, workers: 10_000 })
      const fewUnderWay = 3 * 10
      const { steps } = await search({ url: target.url, connections: 10, slo: { p50: '< 500ms' }, maxDuration: '20s' })
      expect(steps[0]!.load).toBeGreaterThan((1.5 * fewUnderWay) / 0.05)
    },
  )

  test(
    'calls no load kept that the server falls behind with, however high the bound',
    { timeout: 90_000 },
    async () => {
      await using target = await queueing({ service: 2 })
      const { steps, low } = await search({ url: target.url, slo: { p50: '< 1s' }, from: 520, to: 530 })
      expect(steps[0]!.summary!.pings.answered).toBeGreaterThan(0)
      expect(low).toBe(0)
    },
  )

  test('asks for no more than its range has', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1, mostPerSecond: 150 })
    const { steps } = await search({ url: target.url, from: 20, to: 50 })
    expect(steps[0]!.summary!.pings.answered).toBeGreaterThan(0)
    expect(steps.map(({ summary }) => summary!.errors)).toEqual(steps.map(() => ({})))
  })

  test('misses a load under which connections are closed, and goes on', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1, mostPerSecond: 150 })
    const { steps, high } = await search({ url: target.url, from: 50, to: 2_000, maxDuration: '60s' })
    const first = steps.find(({ verdict }) => verdict === 'fail')
    expect(first).toMatchObject({ recovery: expect.any(Number) })
    expect(steps.indexOf(first!)).toBeLessThan(steps.length - 1)
    expect(high).toBeGreaterThan(150)
    expect(high).toBeLessThan(Infinity)
  })

  test('gives the server the time to finish what was too much', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 10 })
    const { steps } = await search({ url: target.url, from: 200, to: 400, maxDuration: '60s' })
    const tooMuch = steps.filter(({ verdict }) => verdict !== 'pass')
    expect(tooMuch.length).toBeGreaterThan(0)
    for (const { recovery } of tooMuch) expect(recovery).toBeGreaterThan(0)
    expect(tooMuch.every(({ recovery }) => recovery !== Infinity)).toBe(true)
  })

  test.each([
    ['is dead', dead],
    ['never answers', silent],
    ['ends every connection', () => closing({ after: { ms: 0 } })],
  ])('ends with its first load at a server that %s, and finds nothing', { timeout: 90_000 }, async (_, character) => {
    await using target = await character()
    const { steps, low, high, limitedBy, reasons } = await search({
      url: target.url,
      timeout: '500ms',
      maxDuration: '30s',
    })
    expect(steps.length).toBe(1)
    expect({ low, high, limitedBy }).toEqual({ low: 0, high: Infinity, limitedBy: 'unknown' })
    expect(reasons.some((reason) => reason.startsWith('nothing was measured'))).toBe(true)
  })

  test('says how many connections did not open, and what refused them', { timeout: 90_000 }, async () => {
    await using target = await limited(5)
    const { low, reasons } = await search({ url: target.url, from: 50, to: 200, maxDuration: '20s' })
    expect(low).toBe(0)
    expect(reasons[0]).toMatch(/^missed at \S+: 5 of 10 connections opened, HTTP_503 × 5/)
    expect(reasons.join()).not.toContain('give it more time')
  })

  test('says that a server that is gone did not recover', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 5 })
    const gone = (): void => void target[Symbol.asyncDispose]()
    const { steps, reasons } = await search({ url: target.url, maxDuration: '25s' }, { onStep: gone })
    expect(steps.at(-1)!.recovery).toBe(Infinity)
    expect(reasons[0]).toMatch(/^the server did not recover from \S+, which ended the search$/)
    expect(reasons.join()).not.toContain('give it more time')
  })

  test(
    'says what the server answered at first where it answers too little to begin with',
    { timeout: 90_000 },
    async () => {
      await using target = await losing({ every: 2 })
      const probe = { text: 'X' }
      const { steps, reasons } = await search({ url: target.url, probe, timeout: '500ms', maxDuration: '6s' })
      expect(steps).toEqual([])
      expect(reasons).toEqual([
        expect.stringMatching(
          /^the search ended before its first load: asked without a pause, the server answered \d+ of \d+ pings$/,
        ),
        'asked again and again after that, it left pings unanswered each time',
      ])
    },
  )

  test('asks for more time where there is none for a first load', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1 })
    const { steps, reasons } = await search({ url: target.url, maxDuration: '1s' })
    expect(steps).toEqual([])
    expect(reasons).toEqual(['the search ended before its first load: give it more time (maxDuration)'])
  })

  describe('whose load thread crashes', () => {
    const probe = { module: new URL('../support/crashing-probe.ts', import.meta.url), data: 'obey' }
    const missed = { slo: tooSoon, probe }

    const crash = 'a load thread crashed, nothing was measured: Error: as it was told'
    const kept = {
      steps: [{ summary: {} }, { verdict: 'inconclusive', reasons: [crash] }],
      reasons: expect.arrayContaining([expect.stringMatching(/^the search broke off at .+: a load thread crashed/)]),
    }

    test('under a later load keeps what it has found', { timeout: 90_000 }, async () => {
      let isOver = false
      await using target = await crashing(() => isOver)
      const range = { url: target.url, from: 20, to: 500 }
      const found = await search({ ...range, ...missed }, { onStep: () => (isOver = true) })
      expect(found).toMatchObject(kept)
    })

    test('while the server recovers keeps the load before that', { timeout: 90_000 }, async () => {
      // As many are asked at once by nothing but a load.
      const fewest = 100
      let closedBefore: number | undefined
      await using target = await crashing(({ peak, closes }) => {
        if (peak >= fewest) closedBefore ??= closes.length
        return closes.length >= (closedBefore ?? Infinity) + fewest / 2
      })
      const range = { over: 'connections', from: fewest, to: 200, ratePerConnection: '5/s' } as const
      expect(await search({ url: target.url, ...range, ...missed })).toMatchObject(kept)
    })

    test('before its first load is over fails', { timeout: 90_000 }, async () => {
      await using target = await crashing(() => true)
      const found = search({ url: target.url, ...missed })
      await expect(found).rejects.toMatchObject({ code: 'WSLOAD_ERR_THREAD_CRASHED' })
    })
  })

  test('ends with what it has found when its signal is aborted', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1 })
    const abort = new AbortController()
    const found = search(
      { url: target.url, from: 20, to: 100_000 },
      { signal: abort.signal, onStep: () => abort.abort() },
    )
    const { steps, duration, reasons, aborted } = await found
    expect(steps).toHaveLength(1)
    expect(duration).toBeLessThan(60_000)
    expect(aborted).toBe(true)
    expect(reasons[0]).toBe('the search was interrupted')
  })

  test('floods an embedded server for want of a URL', { timeout: 90_000 }, async () => {
    const { steps } = await search({ from: 20, to: 50 })
    expect(steps[0]!.summary!.pings.answered).toBeGreaterThan(0)
    expect(steps[0]!.summary!.options.url).toMatch(/^ws:\/\/127/)
  })

  test('says so where a limit of the machine is below a number of connections', { timeout: 90_000 }, async () => {
    await using target = await queueing({ service: 0.1 })
    const most = { over: 'connections', from: 900_000, to: 1_000_000 } as const
    const { limitedBy, steps, reasons } = await search({ url: target.url, ...most })
    expect(limitedBy).toBe('machine')
    expect(steps.map(({ summary }) => summary)).toEqual(steps.map(() => undefined))
    expect(reasons[1]).toMatch(/raise the limit|source addresses/)
  })
})
