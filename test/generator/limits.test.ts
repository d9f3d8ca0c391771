import { describe, expect, test } from 'vitest'
import { mostHeaderBytes } from '../../src/wire/limits.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { flood } from '../support/flood.ts'
import { floodInProcess, oneStop } from '../support/flood-process.ts'
import { encodeFrame, opcodes } from '../support/frames.ts'
import { serveBytes } from '../support/raw-server.ts'
import { asking, babbling, deafAsking, lingering, type Server, unending } from '../support/servers.ts'

const ping = encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('are you there?') })
const ours = (what: string) => [`the server sent ${what}: a limit of this load generator`]

/** What a server says to half of its connections, the others go on. */
const half = { every: 2, after: { answers: 3 }, answersOn: true }
const halfOf4 = connectionTotals({ requested: 4, closedEarly: 2 })

const tiny = encodeFrame({ opcode: opcodes.continuation, payload: Buffer.of(1), fin: false })

/** As many of the same. */
function repeated(frame: Buffer, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => frame))
}

function announced(size: number): Buffer {
  const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(size, 6)
  return head
}

describe("a server's pings are answered", () => {
  test('all of them, though 500 come in one segment', async () => {
    await using server = await lingering(repeated(ping, 500), { after: { answers: 3 }, answersOn: true })
    const { connections, errors } = await flood(server, { connections: 4, rate: 1_000, duration: 500 })
    expect({ errors, closedEarly: connections.closedEarly }).toEqual({ errors: {}, closedEarly: 0 })
    expect(server.pongs).toBe(4 * 500)
  })

  test('all of them, though they piled up while the generator stood still', async () => {
    await using server = await asking(10)
    const load = { url: server.url, connections: 4, rate: 200, duration: 2_500 }
    const { connections, errors } = await floodInProcess(load, { meanwhile: oneStop(1_000, 1_000) })
    expect({ errors, closedEarly: connections.closedEarly }).toEqual({ errors: {}, closedEarly: 0 })
    expect(server.pongs).toBeGreaterThan(4 * 100)
  })

  test('the newest of them alone while it does not read what it is answered', async () => {
    const asked = 200_000
    await using server = await deafAsking(asked)
    const over = new AbortController()
    const load = { connections: 1, rate: 100, duration: 600_000, timeout: 60_000, signal: over.signal }
    const running = flood(server, load)
    await expect.poll(() => server.latest).toBe(String(asked))
    over.abort()
    const { connections, errors } = await running
    expect({ errors, closedEarly: connections.closedEarly }).toEqual({ errors: {}, closedEarly: 0 })
    expect(server.pongs).toBeLessThan(asked)
  })
})

describe('a message', () => {
  test('may come in more fragments than ws takes by default', async () => {
    const first = encodeFrame({ opcode: opcodes.binary, payload: Buffer.of(1), fin: false })
    const last = encodeFrame({ opcode: opcodes.continuation, payload: Buffer.of(1) })
    await using server = await lingering(Buffer.concat([first, repeated(tiny, 20_000), last]), half)
    const { connections, errors, messages } = await flood(server, { connections: 4, rate: 400, duration: 1_500 })
    expect({ errors, closedEarly: connections.closedEarly }).toEqual({ errors: {}, closedEarly: 0 })
    expect(messages.received).toBe(2)
  })

  test.each([
    ['pings', {}],
    ['texts', { probe: { text: 'x', answer: { echo: true } } }],
  ] as const)('of more than 128 MiB ends its connection by a limit that is ours, and no other: %s', async (_, load) => {
    await using server = await lingering(announced(128 * 1_048_576 + 1), half)
    const { connections, errors, pings, ended } = await flood(server, { connections: 4, rate: 400, ...load })
    expect(errors).toEqual({ GENERATOR_LIMIT: { count: 2, samples: ours('a message of more than 128 MiB') } })
    expect(connections).toEqual(halfOf4)
    expect(ended).toBe('completed')
    expect(pings.answered).toBeGreaterThan(40)
    expect(server.closes.map(({ code }) => code)).toContain(1_009)
  })

  test('of tiny fragments without end is one of more than 128 MiB', async () => {
    await using server = await unending(repeated(tiny, 1_000), { only: 1 })
    const { connections, errors } = await floodUntilEnded(server, { connections: 4, ended: 1 })
    expect(errors).toEqual({ GENERATOR_LIMIT: { count: 1, samples: ours('a message of more than 128 MiB') } })
    expect(connections).toEqual(connectionTotals({ requested: 4, closedEarly: 1 }))
  })
})

test('messages without end on many connections end some of those, before one has 128 MiB', async () => {
  const segment = encodeFrame({ opcode: opcodes.continuation, payload: Buffer.alloc(65_536), fin: false })
  await using server = await unending(segment, { only: 12, most: 50 * 1_048_576 })
  const { connections, errors } = await floodUntilEnded(server, { connections: 16, ended: 1 })
  const what = 'messages of more than 512 MiB to the connections of a load thread without completing them'
  expect(errors).toMatchObject({ GENERATOR_LIMIT: { samples: ours(what) } })
  expect(errors['GENERATOR_LIMIT']!.count).toBe(connections.closedEarly)
  expect(connections.closedEarly).toBeLessThan(6)
})

/** Floods until so many of the connections, or more, have ended and the others were asked again since. */
async function floodUntilEnded(server: Server, { connections, ended }: { connections: number; ended: number }) {
  const over = new AbortController()
  const running = flood(server, { connections, threads: 1, rate: 100, duration: 600_000, signal: over.signal })
  const patience = { timeout: 25_000 }
  await expect.poll(() => server.accepted, patience).toBe(connections)
  await expect.poll(() => server.connections(), patience).toBeLessThanOrEqual(connections - ended)
  const { pings } = server
  await expect.poll(() => server.pings, patience).toBeGreaterThan(pings + connections)
  over.abort()
  return running
}

describe('the answer to a handshake may have headers', () => {
  const withHeaders = (bytes: number) =>
    serveBytes({}, () => ({ preamble: Buffer.from(`HTTP/1.1 103 Early Hints\r\nX: ${'x'.repeat(bytes)}\r\n\r\n`) }))

  test('that are longer than Node takes by default', async () => {
    await using server = await withHeaders(32_768)
    const { connections, errors } = await flood(server, { connections: 2 })
    expect(errors).toEqual({})
    expect(connections.opened).toBe(2)
  })

  test('of 64 KiB, and beyond that the limit is ours', async () => {
    await using server = await withHeaders(mostHeaderBytes)
    const { connections, errors } = await flood(server, { connections: 2 })
    expect(errors).toEqual({ GENERATOR_LIMIT: { count: 2, samples: ours('more than 64 KiB of headers') } })
    expect(connections.failed).toBe(2)
  })
})

test('a length that no frame can have is a violation of the server', async () => {
  await using server = await babbling('an impossible length', { after: { answers: 1 } })
  const { errors } = await flood(server, { connections: 1 })
  expect(Object.keys(errors)).toEqual(['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'])
})
