import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createProbe } from '../../src/wire/create-probe.ts'
import type { Probe } from '../../src/wire/probe.ts'
import { valueOf } from '../../src/options/invalid-options.ts'
import { type ProbeOption, safeParseProbe } from '../../src/options/probe.ts'
import type { ProbeFunctions } from '../../src/wire/probe-spec.ts'
import { moduleFile } from '../support/module-file.ts'
import { probeContext } from '../support/probe-context.ts'
import { Listener } from './understanding.ts'

const json: ProbeFunctions = {
  request: (id) => JSON.stringify({ id }),
  reply: (message) => (JSON.parse(message as string) as { id?: number }).id,
}

async function functionProbe(option: ProbeOption, connections = 10): Promise<Probe> {
  const spec = valueOf(safeParseProbe(option))
  return createProbe(structuredClone(spec), probeContext({ connections }))
}

function heard(bytes: Uint8Array) {
  const server = new Listener({ isServer: true })
  server.read(bytes)
  return server.understanding
}

/** What the probe reads in a message that came in between other bytes. */
function read(probe: Probe, connection: number, message: string | Uint8Array): number {
  const content = Buffer.from(message)
  const bytes = Buffer.concat([Buffer.from('..'), content, Buffer.from('...')])
  return probe.read(connection, bytes, 2, 2 + content.length, typeof message !== 'string')
}

describe('frames', () => {
  test('are the messages that the request makes', async () => {
    const probe = await functionProbe({ ...json, request: (id) => `ä${id}` })
    for (const [sequence, text] of [
      [5, 'ä53'],
      [6, 'ä63'],
    ] as const) {
      const { events, error } = heard(probe.frames(2, sequence, 1))
      expect(error).toBeUndefined()
      expect(events.map(([kind, content]) => [kind, Buffer.from(content, 'latin1').toString()])).toEqual([
        ['text', text],
      ])
    }
  })

  test('are binary for bytes', async () => {
    const probe = await functionProbe({ ...json, request: (id) => Uint8Array.of(id, 255) })
    expect(heard(probe.frames(2, 5, 1)).events).toEqual([['binary', '5\xff']])
  })

  test('stay as they are in later calls', async () => {
    const probe = await functionProbe(json)
    const sent = probe.frames(0, 0, 1)
    const before = Buffer.from(sent)
    probe.frames(1, 10, 1)
    expect(sent.equals(before)).toBe(true)
  })

  test('fail when the request makes no message of a ping', async () => {
    const probe = await functionProbe({ ...json, request: (id) => (id === 1 ? 'fine' : (undefined as never)) })
    expect(() => probe.frames(0, 1, 1)).toThrow('probe.request returned undefined, neither a text nor a Uint8Array')
    expect(() => probe.payload(0, 1)).toThrow('probe.request returned undefined, neither a text nor a Uint8Array')
  })

  test('are made with the data', async () => {
    const probe = await functionProbe({ ...json, request: (_id, data) => String(data), data: 'token' })
    expect(probe.payload(0, 0)).toBe('token')
  })
})

describe('ids', () => {
  test('are positive whole numbers, unique among all pings of all connections', async () => {
    const probe = await functionProbe({ ...json, request: (id) => `${id}` }, 7)
    const ids = Array.from({ length: 7 }, (_, connection) =>
      Array.from({ length: 50 }, (_ignored, sequence) => Number(probe.payload(connection, sequence))),
    ).flat()
    expect(new Set(ids).size).toBe(350)
    expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true)
  })

  test('tell the ping from its answer', async () => {
    const pings = fc.integer({ min: 2, max: 1_000 }).chain((connections) =>
      fc.record({
        connections: fc.constant(connections),
        connection: fc.nat(connections - 1),
        sequence: fc.nat(2 ** 40),
      }),
    )
    await fc.assert(
      fc.asyncProperty(pings, async ({ connections, connection, sequence }) => {
        const probe = await functionProbe(json, connections)
        const answer = probe.payload(connection, sequence) as string
        expect(read(probe, connection, answer)).toBe(sequence % 2 ** 32)
        expect(read(probe, (connection + 1) % connections, answer)).toBe(-1)
      }),
    )
  })
})

describe('an answer', () => {
  test.for([undefined, null, NaN, Infinity, -1, 0, 1.5, 2 ** 60])('of the id %s answers nothing', async (id) => {
    const probe = await functionProbe({ ...json, reply: (_message, data) => data as number, data: id })
    expect(read(probe, 0, 'message')).toBe(-1)
  })

  test('is the text of a text frame', async () => {
    const reply: ProbeFunctions['reply'] = (message) => (message === '\ufeffä😀' ? 1 : undefined)
    expect(read(await functionProbe({ ...json, reply }), 0, '\ufeffä😀')).toBe(0)
  })

  test('is the bytes of a binary frame, to keep', async () => {
    const probe = await functionProbe({
      ...json,
      reply: (message, data) => {
        const seen = data as { kept?: Uint8Array }
        if (typeof message === 'string') return undefined
        seen.kept ??= message
        return seen.kept[0]
      },
      data: {},
    })
    const shared = Buffer.of(1, 255)
    expect(probe.read(0, shared, 0, 2, true)).toBe(0)
    shared.fill(99)
    expect(probe.read(0, shared, 0, 2, true)).toBe(0)
  })

  test('that the reply cannot read is its error', async () => {
    const probe = await functionProbe(json)
    expect(() => read(probe, 0, 'no JSON')).toThrow(SyntaxError)
  })
})

test('the functions are told which connection it is', async () => {
  const probe = await functionProbe({
    request: (id, data, context) => JSON.stringify({ id, data, context }),
    reply: (message, data, context) => (message === `${String(data)} ${context.index}` ? 8 : undefined),
    data: 'room',
  })
  expect(JSON.parse(String(probe.payload(7, 0)))).toEqual({ id: 8, data: 'room', context: { index: 7, data: 'room' } })
  expect(read(probe, 7, 'room 7')).toBe(0)
  expect(read(probe, 7, 'room 6')).toBe(-1)
})

describe('a module', () => {
  test('is imported for its functions', async () => {
    const module = await moduleFile(`
      const prefix = 'id '
      export const request = (id, data) => prefix + id + data
      export function reply(message, data) { return Number(message.slice(prefix.length, -data.length)) }
    `)
    for (const option of [{ module }, { module: pathToFileURL(module) }, { module: pathToFileURL(module).href }]) {
      const probe = await functionProbe({ ...option, data: '!' }, 3)
      expect(probe.payload(2, 4)).toBe('id 15!')
      expect(read(probe, 2, 'id 15!')).toBe(4)
    }
  })

  test('without the functions is an error that names it', async () => {
    const module = await moduleFile('export const request = () => "x"')
    const href = pathToFileURL(module).href
    await expect(functionProbe({ module })).rejects.toThrow(`${href} must export the functions request and reply`)
  })

  test('that defines a protocol is an error that says where it goes', async () => {
    const module = await moduleFile('export default { request: () => "x", reply: () => 1 }')
    await expect(functionProbe({ module })).rejects.toThrow('; a protocol goes into probe.protocol')
  })

  test('that is not there is an error that names it', async () => {
    await expect(functionProbe({ module: '/nowhere/probe.js' })).rejects.toThrow('/nowhere/probe.js')
  })
})

test('messages answer the ping they name', async () => {
  expect(await functionProbe(json)).toMatchObject({ answers: 'message', settles: 'named' })
})
