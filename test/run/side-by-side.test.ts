import { describe, expect, test } from 'vitest'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import { runSideBySide } from '../../src/run/side-by-side.ts'
import { turnLengthMs } from '../../src/generator/turns.ts'
import { expectBalanced } from '../support/flood.ts'
import { closing, delaying, echoing, type Server, silent } from '../support/servers.ts'

const long = 600_000

function settled(server: Pick<Server, 'url'>, options: WsLoadOptions = {}) {
  return {
    ...parseOptions({ warmup: 0, threads: 1, ...(options.pings === undefined && { duration: 400 }), ...options }),
    url: server.url,
  }
}

async function floods(...sides: ReturnType<typeof settled>[]) {
  const results = await runSideBySide(sides, {})
  for (const result of results) expectBalanced(result)
  return results
}

test('a run that a look has ended is settled by what the look saw', async () => {
  await using server = await echoing()
  const begun = performance.now()
  const [result] = await runSideBySide([settled(server, { duration: long })], {
    decision: {
      overdueAfter: Infinity,
      isReached: () => true,
      settle: ([atEnd], [atLook]) => [{ ...atEnd, startedAt: `${atLook.pings.answered} then` }],
    },
  })
  expect(performance.now() - begun).toBeLessThan(long / 10)
  const [answeredThen] = /^\d+(?= then$)/.exec(result.startedAt)!
  expect(Number(answeredThen)).toBeGreaterThan(0)
  expect(result.pings.answered).toBeGreaterThanOrEqual(Number(answeredThen))
})

describe('floods side by side', () => {
  test.each([
    ['closed', {}],
    ['open', { rate: 2_000 }],
  ])('have their whole duration each, in the %s model', async (_, options) => {
    await using one = await echoing()
    await using other = await echoing()
    const begun = performance.now()
    const [base, head] = await floods(settled(one, options), settled(other, options))
    expect(performance.now() - begun).toBeGreaterThan(800)
    expect(base!.duration).toBeCloseTo(400, 6)
    expect(head!.duration).toBeCloseTo(400, 6)
    expect(base!.slices.length).toBe(turnLengthMs)
    // Pings are due in each turn at a rate, whenever they leave.
    const least = 'rate' in options ? 4 : 1
    for (const { slices } of [base!, head!]) {
      expect(slices.count).toBe(4)
      expect(slices.pings('sent').filter((sent) => sent > 0).length).toBeGreaterThanOrEqual(least)
    }
  })

  test('send nothing during the turn of another', async () => {
    const sentAt: Record<'one' | 'other', number[]> = { one: [], other: [] }
    await using one = await delaying(() => {
      sentAt.one.push(performance.now())
      return 0
    })
    await using other = await delaying(() => {
      sentAt.other.push(performance.now())
      return 0
    })
    // With this seed the first two cycles begin with the first of them.
    await floods(settled(one, { seed: 3 }), settled(other, { seed: 3 }))
    const turns = [...sentAt.one.map((at) => [at, 'A'] as const), ...sentAt.other.map((at) => [at, 'B'] as const)]
    const order = turns.toSorted(([a], [b]) => a - b).map(([, side]) => side)
    const changes = order.filter((side, nth) => side !== order[nth - 1])
    expect(new Set(changes)).toEqual(new Set(['A', 'B']))
    // A turn that a stop of the machine took altogether is not among them.
    expect('ABABA').toContain(changes.join(''))
  })

  test('keep their connections until the last turn of all is over', async () => {
    await using other = await echoing()
    const open: number[] = []
    await using one = await delaying(() => {
      open.push(other.connections())
      return 0
    })
    await floods(settled(one), settled(other))
    expect(new Set(open)).toEqual(new Set([10]))
  })

  test('keep the rate that each of them asks for in its own time', async () => {
    await using server = await echoing()
    const [slow, fast] = await floods(settled(server, { rate: 500 }), settled(server, { rate: 1_500 }))
    expect(slow!.pings.due).toBe(200)
    expect(fast!.pings.due).toBe(600)
  })

  test('may differ in their options, and in how long they last', async () => {
    await using server = await echoing()
    const sides = [settled(server, { pings: 50 }), settled(server, { connections: 40, threads: 2, duration: 200 })]
    const [few, many] = await runSideBySide(sides, {})
    expect(few!.pings.answered).toBe(50)
    expect(many!.connections.opened).toBe(40)
    expect(many!.duration).toBeCloseTo(200, 6)
  })

  test('warm up in turns as well', async () => {
    await using one = await echoing()
    await using other = await echoing()
    const options = { warmup: 200, duration: 100, rate: 1_000 }
    const [base, head] = await floods(settled(one, options), settled(other, options))
    expect([base!.pings.due, head!.pings.due]).toEqual([100, 100])
    expect([one.pings, other.pings].map((pings) => Math.round(pings / 20))).toEqual([15, 15])
  })

  test('take turns when there are three of them', async () => {
    await using server = await echoing()
    const results = await floods(...[1, 2, 3].map(() => settled(server, { duration: 200 })))
    expect(results.map(({ duration }) => Math.round(duration))).toEqual([200, 200, 200])
    for (const { pings } of results) expect(pings.answered).toBeGreaterThan(0)
  })

  test('do not wait for one whose server is gone', async () => {
    await using well = await echoing()
    await using gone = await closing({ after: { answers: 1 } })
    const [base, head] = await runSideBySide([settled(well), settled(gone)], {})
    expect([base.ended, head.ended]).toEqual(['completed', 'disconnected'])
    expect(base.pings.answered).toBeGreaterThan(0)
  })

  test('count what is never answered as timed out', async () => {
    await using well = await echoing()
    await using mute = await silent()
    const [base, head] = await floods(settled(well), settled(mute, { timeout: 50 }))
    expect(base!.pings.timedOut).toBe(0)
    expect(head!.pings).toMatchObject({ answered: 0, lost: 0 })
    expect(head!.pings.timedOut).toBeGreaterThan(10)
  })

  test('end together when it is decided', async () => {
    await using server = await echoing()
    const seen: number[] = []
    const decision = {
      overdueAfter: Infinity,
      isReached: (results: readonly { duration: number }[]) => {
        seen.push(...results.map(({ duration }) => duration))
        return true
      },
    }
    const sides = [settled(server, { duration: long }), settled(server, { duration: long })]
    const results = await runSideBySide(sides, { decision })
    expect(results.map(({ ended, looks }) => [ended, looks.taken])).toEqual([
      ['decided', 1],
      ['decided', 1],
    ])
    for (const duration of seen) expect(Math.abs(duration - 500)).toBeLessThanOrEqual(turnLengthMs)
    for (const result of results) expectBalanced(result)
  })

  test('are judged as at the last of the looks that could have decided them, if they are asked to', async () => {
    await using server = await echoing()
    const sides = [settled(server, { duration: 750 }), settled(server, { duration: 750 })]
    const results = await runSideBySide(sides, { asLastLook: true })
    expect(results.map(({ ended, looks }) => ({ ended, looks }))).toEqual([
      { ended: 'completed', looks: { taken: 2, planned: 2 } },
      { ended: 'completed', looks: { taken: 2, planned: 2 } },
    ])
  })

  test('end together when the run is aborted', async () => {
    await using server = await echoing()
    const sides = [settled(server, { duration: long }), settled(server, { duration: long })]
    const results = await runSideBySide(sides, { signal: AbortSignal.timeout(600) })
    expect(results.map(({ ended }) => ended)).toEqual(['aborted', 'aborted'])
    await expect.poll(() => server.connections()).toBe(0)
  })
})
