import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { FanOutSummary } from '../../src/summary/fan-out-summary.ts'
import { passingOn } from '../support/rooms.ts'
import { fanOut } from '../support/run.ts'

const short = { duration: '1s', warmup: '100ms', rate: '50/s', subscribers: 20, connectTimeout: '30s' } as const

/** What holds of each run. */
function expectBalance({
  expected,
  delivered,
  missed,
  published,
  fanOut: { first, completion },
  ...rest
}: FanOutSummary): void {
  expect(delivered + missed).toBe(expected)
  expect(rest.latency.count).toBe(delivered)
  for (const { pings, latency } of [first, completion]) {
    expect(pings.due).toBe(pings.sent + pings.dropped)
    expect(pings.sent).toBe(pings.answered + pings.timedOut + pings.lost)
    expect(latency.count).toBe(pings.answered)
    expect(pings.sent).toBe(published.sent)
  }
}

describe.each([1, 2, 3])('a fan-out of %i threads', (threads) => {
  test('delivers every message to every subscriber', async () => {
    await using server = await passingOn()
    const summary = await fanOut({ ...short, url: server.url, threads })
    expectBalance(summary)
    expect(summary.published).toMatchObject({ sent: 50, answered: 50 })
    expect(summary).toMatchObject({
      expected: 1_000,
      delivered: 1_000,
      missed: 0,
      reach: 1,
      duplicates: 0,
      outOfOrder: 0,
    })
    expect(server.published).toBe(55)
  })

  test('spreads subscribers and publishers over rooms', async () => {
    await using server = await passingOn()
    const summary = await fanOut({ ...short, url: server.url, threads, rooms: 3, publishers: 6, subscribers: 21 })
    expectBalance(summary)
    expect(summary.expected).toBe(50 * 7)
    expect(summary).toMatchObject({ delivered: 350, messages: { unsolicited: 0 } })
  })

  test('publishes the next message when everybody has the last one', async () => {
    await using server = await passingOn({ delay: (nth) => (nth === 19 ? 40 : 0) })
    const { rate: _, ...closed } = short
    const summary = await fanOut({ ...closed, url: server.url, threads })
    expectBalance(summary)
    expect(summary.published.sent).toBeGreaterThan(5)
    expect(summary.published.sent).toBeLessThanOrEqual(25)
    expect(summary.reach).toBe(1)
  })

  test('is stalled where nothing is passed on any more', async () => {
    const messages = 20
    await using server = await passingOn({ times: (_, message) => (message < messages ? 1 : 0) })
    const { rate: _, ...closed } = short
    const summary = await fanOut({ ...closed, url: server.url, threads, warmup: 0, timeout: '300ms' })
    expectBalance(summary)
    expect(summary).toMatchObject({ ended: 'stalled', delivered: messages * short.subscribers })
    expect(evaluateSLO(summary, { 'delivery.p50': '< 10s' }).verdict).not.toBe('pass')
  })

  test('is not stalled where one of the subscribers is', async () => {
    await using server = await passingOn({ times: (nth) => (nth === 7 ? 0 : 1) })
    const { rate: _, ...closed } = short
    const summary = await fanOut({ ...closed, url: server.url, threads, warmup: 0, timeout: '300ms' })
    expectBalance(summary)
    expect(summary.ended).toBe('completed')
  })

  test('is not stalled where one of the subscribers is from some time on', async () => {
    await using server = await passingOn({ times: (nth, message) => (nth === 7 && message > 40 ? 0 : 1) })
    const { rate: _, ...closed } = short
    const load = { ...closed, publishers: 2, duration: '800ms', warmup: 0, timeout: '3s' } as const
    const summary = await fanOut({ ...load, url: server.url, threads })
    expectBalance(summary)
    expect(summary).toMatchObject({ ended: 'completed', missed: 2 })
  })

  test('counts what one of a hundred misses', async () => {
    await using server = await passingOn({ times: (nth, message) => ((nth + message) % 100 === 0 ? 0 : 1) })
    const summary = await fanOut({ ...short, url: server.url, threads, subscribers: 100, timeout: '2s' })
    expectBalance(summary)
    expect(summary).toMatchObject({ expected: 5_000, delivered: 4_950, missed: 50 })
    expect(summary.pings.timedOut + summary.pings.lost).toBe(50)
    expect(summary.published.answered).toBe(0)
    expect(summary.published.timedOut + summary.published.lost).toBe(50)
    expect(summary.fanOut.first.pings.answered).toBe(50)
  })

  test('counts what comes twice once, and says so', async () => {
    await using server = await passingOn({ times: (nth) => (nth === 3 ? 2 : 1) })
    const summary = await fanOut({ ...short, url: server.url, threads })
    expectBalance(summary)
    expect(summary).toMatchObject({ delivered: 1_000, duplicates: 50 })
  })

  test('counts what comes behind a later message', async () => {
    await using server = await passingOn({ swaps: true })
    const summary = await fanOut({ ...short, url: server.url, threads, warmup: 0 })
    expectBalance(summary)
    expect(summary).toMatchObject({ delivered: 1_000, outOfOrder: 25 * 20 })
  })

  test('says what a subscriber misses that leaves', async () => {
    await using server = await passingOn({ leaves: (nth, message) => nth === 7 && message === 29 })
    const summary = await fanOut({ ...short, url: server.url, threads, warmup: 0 })
    expectBalance(summary)
    expect(summary).toMatchObject({
      expected: 1_000,
      delivered: 1_000 - 21,
      missed: 21,
      connections: { closedEarly: 1 },
    })
    expect(summary.pings.lost).toBe(21)
  })

  test('counts what comes to another room, and takes none of it for a delivery', async () => {
    await using server = await passingOn({ leaks: true })
    const summary = await fanOut({ ...short, url: server.url, threads, warmup: 0, rooms: 2, publishers: 2 })
    expectBalance(summary)
    expect(summary).toMatchObject({ expected: 500, delivered: 500, misrouted: 500, messages: { unsolicited: 0 } })
  })

  test('hears what comes again behind the last delivery', async () => {
    // A run listens for twice as long as deliveries took.
    await using server = await passingOn({ delay: () => 300, again: { message: 49, ms: 330 } })
    const summary = await fanOut({ ...short, url: server.url, threads, warmup: 0 })
    expect(summary).toMatchObject({ delivered: 1_000, duplicates: 20 })
  })
})

test.each([
  ['fixed', () => 30],
  ['growing along the list', (nth: number) => 10 + 2 * nth],
  ['those of one straggler', (nth: number) => (nth === 19 ? 120 : 10)],
])('percentiles lie in their brackets where delays are %s', async (_, delay) => {
  await using server = await passingOn({ delay })
  const { delivery, first, completion } = await fanOut({ ...short, url: server.url, duration: '2s', warmup: 0 })
  const perMessage = Array.from({ length: server.published }, (_, nth) =>
    server.sent.filter(({ message }) => message === nth),
  )
  const ofFirst = (time: 'begun' | 'done') => perMessage.map((those) => Math.min(...those.map((one) => one[time])))
  const ofLast = (time: 'begun' | 'done') => perMessage.map((those) => Math.max(...those.map((one) => one[time])))
  for (const [latency, begun, done] of [
    [delivery, server.sent.map((one) => one.begun), server.sent.map((one) => one.done)],
    [first, ofFirst('begun'), ofFirst('done')],
    [completion, ofLast('begun'), ofLast('done')],
  ] as const) {
    for (const p of [25, 50, 75]) {
      const { floor, ceiling } = latency.bounds(p)
      expect(ceiling).toBeGreaterThanOrEqual(percentile(begun, p) * (1 - histogramError))
      expect(floor).toBeLessThanOrEqual((percentile(done, p) + publishingMs) * (1 + histogramError))
    }
  }
})

/** Between the instant that a message counts as sent and that in which its publisher asks for the time, more than usually. */
const publishingMs = 5
const histogramError = 0.01

function percentile(values: readonly number[], p: number): number {
  return values.toSorted((one, other) => one - other)[Math.ceil((values.length * p) / 100) - 1]!
}

test('nothing is measured where nothing is passed on', async () => {
  await using server = await passingOn({ times: () => 0 })
  const summary = await fanOut({ ...short, url: server.url, timeout: '300ms' })
  expectBalance(summary)
  expect(summary).toMatchObject({ delivered: 0, reach: 0, missed: 1_000 })
})

test('publishers of rooms without members go on, and what refused the members is told', async () => {
  await using server = await passingOn({ verify: ({ url }) => (url === '/subscriber' ? 403 : true) })
  const { rate: _, ...closed } = short
  const protocol = new URL('../support/roles.protocol.ts', import.meta.url)
  const load = { ...closed, duration: '5s', protocol, rooms: 100, publishers: 100, subscribers: 100, threads: 1 }
  const summary = await fanOut({ ...load, url: server.url })
  expectBalance(summary)
  expect(summary).toMatchObject({
    delivered: 0,
    connections: { opened: 100, failed: 100 },
    errors: { HTTP_403: { count: 100 } },
  })
  // Those that each begins with are published in the warm-up.
  expect(summary.published.sent).toBeGreaterThan(0)
  expect(server.published).toBeGreaterThanOrEqual(summary.published.sent)
})

test('deliveries may be compressed', async () => {
  await using server = await passingOn({ perMessageDeflate: true })
  const summary = await fanOut({ ...short, url: server.url, perMessageDeflate: true })
  expectBalance(summary)
  expect(summary).toMatchObject({ delivered: 1_000, missed: 0 })
})

test('a fan-out ends as soon as its SLO is decided', async () => {
  await using server = await passingOn()
  const until = { 'delivery.p50': '< 5s', reach: '>= 50%' }
  const { duration: _, ...endless } = short
  const summary = await fanOut({ ...endless, rate: '200/s', url: server.url, threads: 2, until, maxDuration: '30s' })
  expectBalance(summary)
  expect(summary.ended).toBe('decided')
  expect(evaluateSLO(summary, until).verdict).toBe('pass')
})

test('a fan-out ends by its signal, and says what came until then', async () => {
  await using server = await passingOn()
  const controller = new AbortController()
  const { signal } = controller
  const running = fanOut({ ...short, url: server.url, duration: '10m', threads: 2, signal })
  await expect.poll(() => server.published).toBeGreaterThan(50)
  controller.abort()
  const summary = await running
  expectBalance(summary)
  expect(summary.ended).toBe('aborted')
  expect(summary.delivered).toBeGreaterThan(0)
})
