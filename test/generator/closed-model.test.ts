import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood } from '../support/flood.ts'
import { answering, delaying, echoing, silent } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'

const ids = { request: (id: number) => `${id}`, reply: (answer: unknown) => Number(String(answer)) }

test('keeps as many pings unanswered on each connection as asked for', async () => {
  await using server = await silent()
  const { pings } = await flood(server, { connections: 3, inFlight: 16, duration: 2_000, drain: 0 })
  expect(pings).toMatchObject({ sent: 48, lost: 48 })
  expect(server.pings).toBe(48)
})

test('never has more pings unanswered than asked for', async () => {
  let unanswered = 0
  let most = 0
  await using server = await answering((message, send) => {
    most = Math.max(most, ++unanswered)
    setTimeout(() => {
      unanswered--
      send(message)
    }, 5)
  })
  const { pings } = await flood(server, { connections: 1, inFlight: 4, pings: 40, probe: ids })
  expect(pings).toMatchObject({ sent: 40, answered: 40 })
  expect(most).toBe(4)
})

test('sends the next ping only when an answer has freed its place', async () => {
  await using server = await delaying(40)
  const { pings } = await flood(server, { connections: 5, duration: 200 })
  // Each answer takes 40 ms at least, so each connection sends at 0, 40, 80, 120 and 160 ms at best.
  expect(pings.sent).toBeLessThanOrEqual(25)
  expect(pings.answered).toBe(pings.sent)
})

test.each(['ping' as const, ids])(
  'waits for a number of pings no longer than a server answers any: %o',
  async (probe) => {
    await using server = await silent()
    const { pings, ended } = await flood(server, { connections: 10, pings: 2_000, timeout: 300, probe })
    expect(ended).toBe('stalled')
    expect(pings.answered).toBe(0)
    expect(pings.due).toBeGreaterThanOrEqual(20)
    expect(pings.due).toBeLessThan(200)
    expect(pings.due).toBe(pings.timedOut + pings.lost)
  },
)

test('gives up a server that stops answering, which meets no SLO then', async () => {
  let left = 100
  await using server = await answering((message, send) => {
    if (left-- > 0) send(message)
  })
  const result = await flood(server, { connections: 5, pings: 2_000, timeout: 500, probe: ids })
  expect(result).toMatchObject({ ended: 'stalled', pings: { answered: 100 } })
  const { verdict, reasons } = evaluateSLO(result, { errorRate: '< 90%' })
  expect(verdict).not.toBe('pass')
  expect(reasons).toContainEqual(expect.stringMatching(/^nothing was answered any more/))
})

describe('a server that answers nothing any more when the run ends', () => {
  /** Until so many milliseconds after the first message. */
  const forAWhile = (ms: number) => {
    let end: number | undefined
    return answering((message, send) => {
      end ??= performance.now() + ms
      if (performance.now() < end) send(message)
    })
  }

  test('meets no SLO, however few pings were under way', async () => {
    await using server = await forAWhile(600)
    const result = await flood(server, { connections: 5, duration: 3_000, timeout: 2_000, probe: ids })
    expect(result).toMatchObject({ ended: 'stalled' })
    const { verdict, reasons } = evaluateSLO(result, { p95: '< 1s', errorRate: '< 50%' })
    expect(verdict).not.toBe('pass')
    expect(reasons).toContainEqual(expect.stringMatching(/^nothing was answered any more when the run ended/))
  })

  test('is not one that loses answers now and then, whose places wait at the same time', async () => {
    let received = 0
    await using server = await answering((message, send) => {
      if (++received % 10 !== 0) send(message)
    })
    const { ended } = await flood(server, { connections: 2, duration: 1_000, timeout: 200, probe: ids })
    expect(ended).toBe('completed')
  })

  test('is not one that leaves one connection alone, nor one that is slow', async () => {
    let connections = 0
    await using alone = await serveWebSockets({}, (socket) => {
      if (connections++ > 0) socket.on('message', (message) => socket.send(message))
    })
    await using slow = await delaying(300)
    for (const server of [alone, slow]) {
      const { ended } = await flood(server, { connections: 3, duration: 700, timeout: 1_000, probe: ids })
      expect(ended).toBe('completed')
    }
  })
})

test('waits for a number of pings as long as some are answered', async () => {
  let received = 0
  await using server = await answering((message, send) => {
    if (++received % 2 === 0) send(message)
  })
  const { pings, ended } = await flood(server, { connections: 8, pings: 50, timeout: 800, probe: ids })
  expect(ended).toBe('completed')
  expect(pings.due).toBe(50)
})

test('lets no slow connection hold up another', async () => {
  const onFirst = (id: string | Buffer) => Number(id) % 2 === 1
  await using server = await answering((id, send) => {
    if (!onFirst(id)) send(id)
  })
  const { pings } = await flood(server, { connections: 2, pings: 50, probe: ids, drain: 1_000 })
  expect(pings).toMatchObject({ sent: 50, answered: 49, lost: 1 })
})

test('counts latency from the moment of sending', async () => {
  await using server = await delaying(30)
  const { latency, serviceTime, generator } = await flood(server, { connections: 2 })
  expect(latency.min).toBeGreaterThanOrEqual(30 * 0.999)
  expect(serviceTime).toBe(latency)
  expect(generator.sendDelay.count).toBe(0)
})

test('fills the places again that a timeout has freed', async () => {
  await using server = await silent()
  const { pings } = await flood(server, { connections: 1, inFlight: 2, pings: 4, timeout: 300 })
  expect(pings).toMatchObject({ sent: 4, timedOut: 4, answered: 0 })
  expect(server.pings).toBe(4)
})

test('keeps many pings on many connections going', async () => {
  await using server = await echoing()
  const { pings } = await flood(server, { connections: 20, inFlight: 100, maxPendingPongs: 100, duration: 1_000 })
  expect(pings.answered).toBe(server.pings)
  expect(pings.answered).toBeGreaterThanOrEqual(2_000)
})

test.each([false, true])('pings that wait for a congested socket are not overwritten (TLS: %j)', async (secure) => {
  await using server = await echoing({ tls: secure })
  // The first 65,536 pings are 8 MB, more than the socket takes at once; those behind them leave while it still has some.
  const most = { inFlight: 65_536, maxPendingPongs: 65_536 }
  const options = { connections: 1, ...most, pings: 75_000, payloadBytes: 125, timeout: 60_000 }
  const { pings } = await flood(server, { ...options, tls: { rejectUnauthorized: false } })
  expect(pings).toMatchObject({ sent: 75_000, answered: 75_000, coalesced: 0 })
})
