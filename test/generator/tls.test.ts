import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { certificates } from '../support/certificates.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood } from '../support/flood.ts'
import { babbling, chopping, delaying, echoing, refusing } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'

const { ca, client } = await certificates()

describe('a server is trusted', () => {
  test.each<WsLoadOptions['probe'] & {}>(['ping', { text: 'PING' }])('by its own authority, for %j', async (probe) => {
    await using server = await echoing({ tls: true })
    const { pings, errors, connections } = await flood(server, {
      connections: 3,
      inFlight: 4,
      pings: 120,
      probe,
      tls: { ca },
    })
    expect(pings).toMatchObject({ sent: 120, answered: 120 })
    expect(connections).toMatchObject({ opened: 3, closedEarly: 0 })
    expect(errors).toEqual({})
    expect(server.closes).toEqual(Array.from({ length: 3 }, () => ({ code: 1000, reason: '' })))
  })

  test.each(['valid', 'expired', 'misnamed'] as const)('unseen when told to, %s or not', async (certificate) => {
    await using server = await echoing({ tls: { certificate } })
    const { pings, errors } = await flood(server, { connections: 3, pings: 30, tls: { rejectUnauthorized: false } })
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(errors).toEqual({})
  })

  test('by the name it is told to have', async () => {
    await using server = await echoing({ tls: { certificate: 'misnamed' } })
    const { errors } = await flood(server, { connections: 2, pings: 4, tls: { ca, servername: 'elsewhere.example' } })
    expect(errors).toEqual({})
  })

  test('in every version of TLS and in TCP segments of any size', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      await using server = await chopping({ every: 3, tls: { maxVersion } })
      const { pings } = await flood(server, { connections: 2, pings: 20, tls: { ca } })
      expect(pings).toMatchObject({ sent: 20, answered: 20 })
    }
  })

  test('in the open model', async () => {
    await using server = await delaying(20, { tls: true })
    const { pings, serviceTime } = await flood(server, { connections: 3, rate: 1_000, tls: { ca } })
    expect(pings).toMatchObject({ due: 200, answered: 200 })
    expect(serviceTime.min).toBeGreaterThan(19.9)
  })
})

test('a client certificate is shown', async () => {
  await using server = await echoing({ tls: { demandClientCertificate: true } })
  const { errors } = await flood(server, { connections: 2, pings: 4, tls: { ca, ...client } })
  expect(errors).toEqual({})
  expect(server.handshakes).toMatchObject([{ clientName: 'ws-load client' }, { clientName: 'ws-load client' }])
})

describe('a failure of TLS is counted', () => {
  const noOne = connectionTotals({ requested: 3, failed: 3 })

  test('as self-signed', async () => {
    await using server = await echoing({ tls: true })
    const { connections, errors } = await flood(server, { connections: 3 })
    expect(connections).toEqual(noOne)
    expect(errors).toMatchObject({ UNABLE_TO_VERIFY_LEAF_SIGNATURE: { count: 3 } })
    expect(errors['UNABLE_TO_VERIFY_LEAF_SIGNATURE']!.samples[0]).toMatch(/^unable to verify the first certificate/)
  })

  test.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['misnamed', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('as %s', async (certificate, code) => {
    await using server = await echoing({ tls: { certificate } })
    const { connections, errors } = await flood(server, { connections: 3, tls: { ca } })
    expect(connections).toEqual(noOne)
    expect(errors).toMatchObject({ [code]: { count: 3 } })
    expect(Object.keys(errors)).toHaveLength(1)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('as a client certificate that is missing, in %s', async (maxVersion) => {
    await using server = await echoing({ tls: { demandClientCertificate: true, maxVersion } })
    const { connections, errors } = await flood(server, { connections: 3, tls: { ca } })
    expect(connections).toEqual(noOne)
    expect(Object.values(errors).reduce((sum, { count }) => sum + count, 0)).toBe(3)
    // An alert comes as one or the other, and it can be lost to the reset that follows it.
    expect(Object.keys(errors).join()).toMatch(/^(ERR_SSL_\w*ALERT\w*|EPROTO|ECONNRESET|,)+$/)
    expect(server.handshakes).toEqual([])
  })
})

test('a refusal over TLS is one of HTTP', async () => {
  await using server = await refusing(403, {}, { tls: true })
  const { errors } = await flood(server, { connections: 3, tls: { ca } })
  expect(errors).toEqual({ HTTP_403: { count: 3, samples: ['403 Forbidden'] } })
})

test('a violation of the protocol over TLS is one of the protocol', async () => {
  await using server = await babbling('a reserved bit', { after: { answers: 3 }, tls: true })
  const { errors, pings } = await flood(server, { connections: 3, tls: { ca } })
  expect(errors).toMatchObject({ WS_ERR_UNEXPECTED_RSV_2_3: { count: 3 } })
  expect(pings.answered).toBe(9)
})

test('of two answers in a read the second, too, has an upper bound after it came', async () => {
  const asked: (() => void)[][] = []
  let over = 0
  await using server = await serveWebSockets({ tls: true }, (socket) => {
    const answers: (() => void)[] = []
    asked.push(answers)
    socket.on('message', (id: Buffer) => {
      // The second connection's answers keep the thread busy for a second each.
      const text = `${String(id)}${answers === asked[1] ? ' slowly' : ''}`
      answers.push(() => socket.send(text))
      if (asked.flat().length === 4) answerInTurn()
    })
  })
  const answerInTurn = (): void => {
    const [[first, last] = [], [busy, busyAgain] = []] = asked
    busy!()
    setTimeout(() => {
      busyAgain!()
      first!()
    }, 50)
    const since = performance.now()
    setTimeout(() => {
      over = performance.now() - since
      last!()
    }, 150)
  }
  const probe = {
    request: (id: number): string => `${id}`,
    reply(answer: unknown): number {
      const [id, slowly] = String(answer).split(' ')
      const until = performance.now() + (slowly === undefined ? 0 : 1_000)
      while (performance.now() < until);
      return Number(id)
    },
  }
  const { serviceTime, pings } = await flood(server, {
    connections: 2,
    inFlight: 2,
    pings: 4,
    threads: 1,
    probe,
    tls: { ca },
  })
  expect(pings.answered).toBe(4)
  // Those of the second connection were there sooner.
  expect(serviceTime.percentile(75)).toBeGreaterThanOrEqual(over * 0.999)
})
