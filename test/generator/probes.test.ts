import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood } from '../support/flood.ts'
import { answering, delaying, echoing, fragmenting, losing, silent } from '../support/servers.ts'

const json = {
  request: (id: number) => JSON.stringify({ id }),
  reply: (answer: unknown) => (JSON.parse(String(answer)) as { id: number }).id,
}
/** Takes three of four answers for errors. */
function refusing(answer: unknown) {
  const { id } = JSON.parse(String(answer)) as { id: number }
  return { id, error: id % 4 === 0 ? undefined : `not ${id}` }
}
const bytes = {
  request: (id: number) => Uint8Array.of(id >> 8, id),
  reply: (answer: string | Uint8Array) => (typeof answer === 'string' ? undefined : answer[0]! * 256 + answer[1]!),
}
const kinds: [name: string, probe: NonNullable<WsLoadOptions['probe']>][] = [
  ['a ping', 'ping'],
  ['a text', { text: 'PING' }],
  ['a text beyond ASCII', { text: 'grüße' }],
  ['an empty text', { text: '' }],
  ['a binary', { binary: Uint8Array.of(0, 255, 128) }],
  ['functions that make texts', json],
  ['functions that make binaries', bytes],
  ['a module', { module: new URL('../support/id-probe.ts', import.meta.url), data: { prefix: 'id=' } }],
]

describe.each(kinds)('%s', (_, probe) => {
  test('is answered by an echo', async () => {
    await using server = await echoing()
    const { pings, errors } = await flood(server, { connections: 3, inFlight: 4, pings: 120, probe })
    expect(pings).toMatchObject({ sent: 120, answered: 120 })
    expect(server.pings + server.messages).toBe(120)
    expect(server.errors).toEqual([])
    expect(errors).toEqual({})
  })

  test('is compressed where the server agrees', async () => {
    await using server = await echoing({ perMessageDeflate: true })
    const options = { connections: 2, inFlight: 4, pings: 60, probe, perMessageDeflate: true }
    const { pings, errors } = await flood(server, options)
    expect(pings).toMatchObject({ sent: 60, answered: 60 })
    expect(server.handshakes.map(({ extensions }) => extensions)).toEqual(['permessage-deflate', 'permessage-deflate'])
    expect(errors).toEqual({})
  })
})

describe('payloadBytes', () => {
  test.each(['ping', { text: 'abc' }, { binary: new Uint8Array(3) }] as const)('sizes %j', async (probe) => {
    await using server = await echoing()
    const { pings } = await flood(server, { connections: 2, pings: 10, probe, payloadBytes: 100 })
    expect(pings.answered).toBe(10)
    expect([...server.pingSizes, ...server.messageSizes]).toEqual(Array.from({ length: 10 }, () => 100))
  })

  test.each([126, 65_535, 65_536, 1_000_000])('of %i makes one frame', async (payloadBytes) => {
    await using server = await echoing()
    const { pings } = await flood(server, { connections: 2, pings: 6, probe: { text: 'abc' }, payloadBytes })
    expect(pings.answered).toBe(6)
    expect(server.messageSizes).toEqual(Array.from({ length: 6 }, () => payloadBytes))
  })
})

describe('a text', () => {
  test('is answered by whatever comes first', async () => {
    await using server = await answering((_, send) => send('something else'))
    const { pings } = await flood(server, { connections: 2, pings: 20, probe: { text: 'question' } })
    expect(pings).toMatchObject({ sent: 20, answered: 20 })
  })

  test('is answered by fragments too', async () => {
    await using server = await fragmenting()
    const { pings } = await flood(server, { connections: 2, inFlight: 3, pings: 60, probe: { text: 'in three parts' } })
    expect(pings).toMatchObject({ sent: 60, answered: 60 })
  })

  test('stays in step after a late answer', async () => {
    await using server = await delaying((n) => (n === 3 ? 300 : 20))
    const options = { connections: 1, rate: 200, duration: 400, probe: { text: 'x' }, timeout: 100, drain: 1_000 }
    const { pings, serviceTime } = await flood(server, options)
    expect(pings).toMatchObject({ due: 80, sent: 80, lost: 0 })
    expect(pings.timedOut).toBeGreaterThan(0)
    // The third answer and those held up behind it came after their pings' time. Taken for answers to later pings, they
    // would have come to some of those in less than the 20 ms that any answer takes.
    expect(serviceTime.min).toBeGreaterThan(19.9)
  })

  test('goes on to be sent to a server that stays silent', async () => {
    await using server = await silent()
    const { pings } = await flood(server, { connections: 2, duration: 1_000, probe: { text: 'x' }, timeout: 30 })
    expect(pings.sent).toBeGreaterThan(2)
    expect(pings.timedOut).toBe(pings.sent)
  })
})

describe('functions', () => {
  test('recognise answers that come in another order', async () => {
    await using server = await answering((message, send) => {
      const { id } = JSON.parse(String(message)) as { id: number }
      setTimeout(send, id % 2 === 0 ? 0 : 20, message)
    })
    const { pings } = await flood(server, { connections: 2, inFlight: 4, pings: 80, probe: json })
    expect(pings).toMatchObject({ sent: 80, answered: 80, coalesced: 0 })
  })

  test('are given ids that no other connection has', async () => {
    const ids = new Set<string>()
    await using server = await answering((message, send) => {
      ids.add(String(message))
      send(message)
    })
    await flood(server, { connections: 5, pings: 200, probe: json, threads: 2 })
    expect(ids.size).toBe(200)
  })

  test('ignore what answers nothing', async () => {
    await using server = await answering((message, send) => {
      send('{"id":999999999}')
      send('{}')
      send(message)
      send(message)
    })
    const { pings, errors } = await flood(server, { connections: 2, pings: 40, probe: json })
    expect(pings).toMatchObject({ sent: 40, answered: 40 })
    expect(errors).toEqual({})
  })

  test('leave a lost answer timed out and go on', async () => {
    await using server = await losing({ every: 10 })
    const { pings } = await flood(server, { connections: 2, pings: 20, probe: json, timeout: 250 })
    expect(pings).toMatchObject({ sent: 20, answered: 18, timedOut: 2 })
  })

  test('that fail to make a request in mid-run drop its ping and go on', async () => {
    await using server = await echoing()
    const probe = {
      ...json,
      request(id: number) {
        if (id % 10 === 0) throw new Error(`no message ${id}`)
        return JSON.stringify({ id })
      },
    }
    const { pings, errors } = await flood(server, { connections: 1, pings: 60, probe })
    expect(pings).toMatchObject({ due: 60, sent: 54, answered: 54, dropped: 6 })
    expect(server.messages).toBe(54)
    expect(errors).toEqual({
      PROBE_REQUEST_FAILED: { count: 6, samples: [10, 20, 30].map((id) => `Error: no message ${id}`) },
    })
  })

  test('that fail to make any request after the first end a run all the same', async () => {
    await using server = await echoing()
    const probe = {
      ...json,
      request(id: number) {
        if (id > 1) throw new Error('no more')
        return JSON.stringify({ id })
      },
    }
    for (const load of [{ inFlight: 4 }, { rate: 1_000 }]) {
      const { pings } = await flood(server, { connections: 1, pings: 20, probe, ...load })
      expect(pings.due).toBe(20)
      expect(pings.dropped).toBeGreaterThanOrEqual(19)
    }
  })

  test.each([false, true])(
    'that fail in a group of requests drop their ping alone (compressed: %j)',
    async (perMessageDeflate) => {
      await using server = await echoing({ perMessageDeflate: true })
      const probe = {
        ...json,
        request(id: number) {
          if (id === 3) throw new Error('not 3')
          return JSON.stringify({ id })
        },
      }
      const options = { connections: 1, inFlight: 4, pings: 20, probe, perMessageDeflate }
      const { pings } = await flood(server, options)
      expect(pings).toMatchObject({ due: 20, dropped: 1, answered: 19 })
      expect(server.messages).toBe(19)
    },
  )

  test('that return no message drop the ping', async () => {
    await using server = await echoing()
    const request = (id: number) => (id === 5 ? (undefined as never) : JSON.stringify({ id }))
    const { pings, errors } = await flood(server, { connections: 1, pings: 20, probe: { ...json, request } })
    expect(pings).toMatchObject({ due: 20, answered: 19, dropped: 1 })
    expect(errors['PROBE_REQUEST_FAILED']!.samples).toEqual([
      'TypeError: probe.request returned undefined, neither a text nor a Uint8Array, nor a list of these',
    ])
  })

  test('that find an error in an answer lose its ping at once', async () => {
    await using server = await echoing()
    const probe = { ...json, reply: refusing }
    const result = await flood(server, { connections: 1, pings: 20, probe })
    expect(result.pings).toMatchObject({ sent: 20, answered: 5, lost: 15, timedOut: 0 })
    expect(result.latency.count).toBe(5)
    expect(result.errorRate).toBe(0.75)
    expect(result.errors).toEqual({ ERROR_ANSWER: { count: 15, samples: ['not 1', 'not 2', 'not 3'] } })
  })

  test('that find errors in answers fail an SLO, however quick these are', async () => {
    await using server = await echoing()
    const probe = { ...json, reply: refusing }
    const result = await flood(server, { connections: 4, duration: 1_500, probe })
    expect(evaluateSLO(result, { p50: '< 20s' }).verdict).toBe('fail')
    expect(evaluateSLO(result, { errorRate: '< 50%' }).verdict).toBe('fail')
  })

  test('that find an error in the answer to no ping lose none', async () => {
    await using server = await echoing()
    const probe = { ...json, reply: (answer: unknown) => ({ id: 1e6, error: String(answer) }) }
    const { pings, errors, messages } = await flood(server, { connections: 3, pings: 3, probe, timeout: 1_000 })
    expect(pings).toMatchObject({ sent: 3, timedOut: 3, lost: 0 })
    expect(messages.unsolicited).toBe(3)
    expect(errors).toEqual({})
  })

  test('that fail to read an answer leave its ping to time out', async () => {
    await using server = await echoing()
    const probe = {
      ...json,
      reply(answer: unknown) {
        const { id } = JSON.parse(String(answer)) as { id: number }
        if (id === 7) throw new Error('not 7')
        return id
      },
    }
    const { pings, errors } = await flood(server, { connections: 1, pings: 20, probe, timeout: 250 })
    expect(pings).toMatchObject({ sent: 20, answered: 19, timedOut: 1 })
    expect(errors).toEqual({ PROBE_REPLY_FAILED: { count: 1, samples: ['Error: not 7'] } })
  })
})
