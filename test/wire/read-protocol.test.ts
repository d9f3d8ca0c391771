import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createProbe } from '../../src/wire/create-probe.ts'
import type { Probe, ProbeContext } from '../../src/wire/probe.ts'
import { UnusableProbe } from '../../src/wire/unusable-probe.ts'
import { moduleFile } from '../support/module-file.ts'
import { probeContext } from '../support/probe-context.ts'

const functions = 'request: (id) => String(id), reply: Number'

async function probeOf(source: string, data?: unknown, context: Partial<ProbeContext> = {}): Promise<Probe> {
  const protocol = pathToFileURL(await moduleFile(source, 'chat.protocol.mjs')).href
  return createProbe({ kind: 'protocol', protocol, data }, probeContext({ connections: 3, ...context }))
}

async function mistakesIn(source: string, data?: unknown): Promise<string> {
  const error: unknown = await probeOf(source, data).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(UnusableProbe)
  return (error as UnusableProbe).mistakes.join('\n')
}

describe('a module without a protocol is one mistake:', () => {
  test('nothing exported', async () => {
    expect(await mistakesIn('export const one = 1')).toMatchInlineSnapshot(
      `"probe.protocol: expected chat.protocol.mjs to say export default defineProtocol({ … }), got no default export"`,
    )
  })

  test('something else exported', async () => {
    expect(await mistakesIn('export default [1, 2]')).toMatchInlineSnapshot(
      `"probe.protocol: expected chat.protocol.mjs to say export default defineProtocol({ … }), got a list of 2"`,
    )
  })

  test('the functions of a probe exported by name', async () => {
    expect(await mistakesIn('export const request = String, reply = Number')).toMatchInlineSnapshot(
      `"probe.protocol: expected chat.protocol.mjs to say export default defineProtocol({ … }), got no default export; a module that exports request and reply goes into probe.module"`,
    )
  })
})

test('every mistake in a protocol is told at once', async () => {
  const source = `export default {
    subprotocols: ['chat', 'chat'], url: 5, headers: ['a'], reqest: String, request: async () => 'x', dada: 1
  }`
  expect(await mistakesIn(source)).toMatchInlineSnapshot(`
    "probe.protocol.subprotocols: expected a subprotocol or a list of them, each once, got a list of 2 (chat.protocol.mjs)
    probe.protocol.url: expected a URL, or a function of the connection, got 5 (chat.protocol.mjs)
    probe.protocol.headers: expected an object of header names and values, or a function of the connection, got a list of 1 (chat.protocol.mjs)
    probe.protocol.reqest: no such option, did you mean "request"? (chat.protocol.mjs)
    probe.protocol.request: expected a function that returns its message at once, got an async one (chat.protocol.mjs)
    probe.protocol.dada: no such option, did you mean "data"? (chat.protocol.mjs)
    probe.protocol.reply: expected a function, got none (chat.protocol.mjs)"
  `)
})

test('a module that throws is told with what it threw', async () => {
  expect(await mistakesIn(`throw new Error('no config')`)).toMatch(
    /^probe\.protocol: expected a module that can be imported, got "Error: no config" for file:.*chat\.protocol\.mjs$/,
  )
})

describe('what is told of a connection', () => {
  test.for([
    [
      `data: () => { throw new Error('no users') }`,
      'data: expected a function that does not throw, got "Error: no users"',
    ],
    [
      `url: (index) => 'http://127.0.0.1/?token=secret'`,
      `url: expected a ws:// or wss:// URL without a fragment, or one relative to the run's, got "http://127.0.0.1/?token=masked"`,
    ],
    [
      `url: '/?secret#1'`,
      `url: expected a ws:// or wss:// URL without a fragment, or one relative to the run's, got "/?masked#masked"`,
    ],
    [`headers: () => 'token'`, 'headers: expected an object of header names and values, got a text of 5 characters'],
    [
      `headers: () => ({ authorization: 'Bearer\\nsecret' })`,
      'headers: expected names and texts that HTTP allows, got a text of 13 characters for "authorization"',
    ],
    [
      `headers: { 'bad name': 'x' }`,
      'headers: expected names and texts that HTTP allows, got a text of 1 character for "bad name"',
    ],
  ] as const)('is checked before it opens: %s', async ([field, mistake]) => {
    const told = `probe.protocol.${mistake}, for connection 0 (chat.protocol.mjs)`
    expect(await mistakesIn(`export default { ${functions}, ${field} }`)).toBe(told)
  })

  test('is its own URL, relative to that of the run, and its own headers below those of the call', async () => {
    const source = `export default {
      ${functions},
      subprotocols: 'chat.v1',
      data: (index, { room }) => ({ user: 'user-' + index, room }),
      url: (index, { room }) => '/' + room + '?user=' + index,
      headers: (index, { user }) => ({ Authorization: user, 'x-user': [user, 'b'] }),
    }`
    const asked = { url: 'ws://127.0.0.1:3001/socket', headers: { authorization: 'mine' }, protocols: [] }
    const probe = await probeOf(source, { room: 'lobby' }, { asked, firstConnection: 1, ownConnections: 2 })
    expect([1, 2].map((connection) => probe.asked!(connection))).toEqual([
      {
        url: 'ws://127.0.0.1:3001/lobby?user=1',
        headers: { authorization: 'mine', 'x-user': ['user-1', 'b'] },
        protocols: ['chat.v1'],
        data: { user: 'user-1', room: 'lobby' },
      },
      {
        url: 'ws://127.0.0.1:3001/lobby?user=2',
        headers: { authorization: 'mine', 'x-user': ['user-2', 'b'] },
        protocols: ['chat.v1'],
        data: { user: 'user-2', room: 'lobby' },
      },
    ])
  })

  test('is what all ask for where the protocol says nothing, subprotocols of the call before its own', async () => {
    const asked = { url: 'ws://127.0.0.1:3001/', headers: { a: 'b' }, protocols: ['chat.v2'] }
    const probe = await probeOf(`export default { ${functions}, subprotocols: 'chat.v1' }`, undefined, { asked })
    expect(probe.asked!(0)).toEqual(asked)
  })
})

describe('data', () => {
  const told = `request: (id, { data, index }) => JSON.stringify({ data, index }), reply: Number`

  test('is what the probe has', async () => {
    const probe = await probeOf(`export default { ${told}, data: { room: 'default' } }`, { room: 'lobby' })
    expect(probe.payload(2, 0)).toBe('{"data":{"room":"lobby"},"index":2}')
  })

  test('is that of the protocol where the probe has none', async () => {
    const probe = await probeOf(`export default { ${told}, data: { room: 'default' } }`)
    expect(probe.payload(0, 0)).toBe('{"data":{"room":"default"},"index":0}')
  })

  test('is what the protocol makes of it for each connection', async () => {
    const probe = await probeOf(`export default { ${told}, data: (index, given) => given + index }`, 'user-')
    expect([0, 1].map((connection) => probe.payload(connection, 0))).toEqual([
      '{"data":"user-0","index":0}',
      '{"data":"user-1","index":1}',
    ])
  })
})
