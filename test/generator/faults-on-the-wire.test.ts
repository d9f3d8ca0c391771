import { describe, expect, test } from 'vitest'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood, floodAt } from '../support/flood.ts'
import { type Babble, babbles, babbling, closing, deaf, resetting, vanishing } from '../support/servers.ts'

const everyone = connectionTotals({ requested: 3, closedEarly: 3 })

/** Connections of which none lasts so long, whatever else the machine has to do. */
const untilTheyEnd = { connections: 3, duration: 20_000 }

describe('a connection that ends in mid-run', () => {
  test('with a reset', async () => {
    await using server = await resetting({ after: { answers: 5 } })
    const { connections, errors, ended, pings } = await flood(server, untilTheyEnd)
    expect(connections).toEqual(everyone)
    expect(errors).toMatchObject({ ECONNRESET: { count: 3 } })
    expect(['read ECONNRESET', 'write ECONNRESET']).toEqual(expect.arrayContaining([...errors['ECONNRESET']!.samples]))
    expect(ended).toBe('disconnected')
    // A reset takes along what the client has not read yet.
    expect(pings.answered).toBeLessThanOrEqual(15)
    expect(pings.answered + pings.lost).toBe(pings.sent)
  })

  test('with a code and a reason', async () => {
    await using server = await closing({ after: { answers: 5 }, code: 4_001, reason: 'come back later' })
    const { connections, errors, ended, pings } = await flood(server, untilTheyEnd)
    expect(connections).toEqual(everyone)
    expect(errors).toEqual({ CLOSE_4001: { count: 3, samples: ['come back later'] } })
    expect(ended).toBe('disconnected')
    expect(pings.answered).toBe(15)
  })

  test('with a code alone', async () => {
    await using server = await closing({ after: { answers: 5 }, code: 1_012 })
    const { errors } = await flood(server, untilTheyEnd)
    expect(errors).toEqual({ CLOSE_1012: { count: 3, samples: ['closed by the server'] } })
  })

  test('without a code', async () => {
    await using server = await closing({ after: { answers: 5 } })
    const { errors } = await flood(server, untilTheyEnd)
    expect(errors).toEqual({ CLOSE_1005: { count: 3, samples: ['closed by the server'] } })
  })

  test('without a close frame', async () => {
    await using server = await vanishing({ after: { answers: 5 } })
    const { connections, errors, pings } = await flood(server, untilTheyEnd)
    expect(connections).toEqual(everyone)
    expect(errors).toEqual({ CLOSE_1006: { count: 3, samples: ['ended without a close frame'] } })
    expect(pings.answered).toBe(15)
  })

  test('leaves the others alone', async () => {
    await using server = await closing({ after: { answers: 5 }, only: 2, code: 1_001 })
    const { connections, errors, ended, pings } = await flood(server, { connections: 3, pings: 100 })
    expect(connections).toEqual({ ...everyone, closedEarly: 2 })
    expect(errors).toMatchObject({ CLOSE_1001: { count: 2 } })
    expect(ended).toBe('completed')
    expect(pings.sent).toBe(100)
    expect(pings.lost).toBeLessThanOrEqual(2)
  })

  test('ends a run by pings that can no longer be sent', async () => {
    await using server = await closing({ after: { answers: 5 } })
    const { ended, pings } = await flood(server, { connections: 3, pings: 1_000 })
    expect(ended).toBe('disconnected')
    expect(pings.answered).toBe(15)
  })

  test('while others are still being opened counts as closed early', async () => {
    await using server = await closing({ after: { ms: 1 }, only: 1 })
    const { connections } = await flood(server, { connections: 5, connectRate: 100, duration: 50 })
    expect(connections).toEqual(connectionTotals({ requested: 5, closedEarly: 1 }))
  })
})

const codes: Record<Babble, string> = {
  'an invalid opcode': 'WS_ERR_INVALID_OPCODE',
  'a masked frame': 'WS_ERR_UNEXPECTED_MASK',
  'a masked pong': 'WS_ERR_UNEXPECTED_MASK',
  'a reserved bit': 'WS_ERR_UNEXPECTED_RSV_2_3',
  'a compressed frame unasked': 'WS_ERR_UNEXPECTED_RSV_1',
  'an oversized pong': 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  'a fragmented pong': 'WS_ERR_EXPECTED_FIN',
  'a stray continuation': 'WS_ERR_INVALID_OPCODE',
  'a message inside a message': 'WS_ERR_INVALID_OPCODE',
  'invalid UTF-8': 'WS_ERR_INVALID_UTF8',
  'a bad close code': 'WS_ERR_INVALID_CLOSE_CODE',
  'a one-byte close': 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  'an impossible length': 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'HTTP garbage': 'WS_ERR_UNEXPECTED_RSV_1',
}

describe.each(Object.keys(babbles) as Babble[])('a server that sends %s', (babble) => {
  test('has its connection closed, with the code of the violation', async () => {
    await using server = await babbling(babble, { after: { answers: 3 } })
    const { connections, errors, pings, ended } = await flood(server, untilTheyEnd)
    expect(connections).toEqual(everyone)
    expect(Object.keys(errors)).toEqual([codes[babble]])
    expect(errors[codes[babble]]!.count).toBe(3)
    expect(pings.answered).toBe(9)
    expect(ended).toBe('disconnected')
  })
})

test('a violation right behind the handshake is one of an open connection', async () => {
  await using server = await babbling('an invalid opcode')
  const { connections, errors } = await flood(server, { ...untilTheyEnd, probe: { text: 'x' } })
  expect(connections).toEqual(everyone)
  expect(errors).toMatchObject({ WS_ERR_INVALID_OPCODE: { count: 3 } })
})

test('a server that never takes part in the closing handshake is left', async () => {
  await using server = await deaf()
  const { connections, pings, ended } = await floodAt(server.url, { connections: 3, pings: 3, drain: 0 })
  expect(connections).toEqual({ ...everyone, closedEarly: 0 })
  expect(pings).toMatchObject({ sent: 3, lost: 3 })
  expect(ended).toBe('completed')
})
