import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskerOf, withoutSecrets } from '../src/secrets.ts'

describe('of an address', () => {
  test.for([
    ['wss://host', 'wss://host'],
    ['ws://someone@host:3001/chat?a=b&c=d&a=e', 'ws://masked@host:3001/chat?a=masked&c=masked&a=masked'],
    ['ws://someone:word@host/', 'ws://masked:masked@host/'],
    ['ws://host/?eyJhbGciOiJIUzI1NiJ9', 'ws://host/?masked'],
    ['ws://host/@someone/chat', 'ws://host/@someone/chat'],
    ['ws://host/#part', 'ws://host/#masked'],
    ['ws://someone:wo/rd@host', 'ws://masked@host'],
    ['ws://host:99999/?a=b#c', 'ws://host:99999/?a=masked#masked'],
    ['someone:word@host/', 'masked@host/'],
    ['/login?next=x&y', '/login?next=masked&masked'],
  ] as const)('%s anyone may know %s', ([address, rest]) => {
    expect(withoutSecrets(address)).toBe(rest)
  })

  test('no part but scheme, host, path and names is left', () => {
    const secret = fc.stringMatching(/^[A-Z]{8,}$/)
    const address = fc
      .tuple(secret, secret, secret, secret)
      .map(([user, password, value, lone]) => `ws://${user}:${password}@host/path?name=${value}&${lone}`)
    fc.assert(
      fc.property(address, (given) => {
        expect(withoutSecrets(given)).toBe('ws://masked:masked@host/path?name=masked&masked')
      }),
    )
  })
})

test('all that stands under the names by which Socket.IO and GraphQL log in is masked', () => {
  const data = { event: 'echo', auth: { user: 'ada' }, connectionParams: { as: ['lovelace'] } }
  expect(maskerOf({ url: 'ws://127.0.0.1/', data })('echo of ada, lovelace')).toBe('echo of masked, masked')
})

test('what data has under the name of a secret is masked, however deep it lies', () => {
  const loop: Record<string, unknown> = { room: 'lobby', token: 'hunter2' }
  loop['self'] = loop
  const data = {
    user: 'alice',
    login: [{ password: 'swordfish', passcode: 'hush' }],
    credentials: { first: 'opensesame' },
    loop,
  }
  const mask = maskerOf({ url: 'ws://127.0.0.1/', data })
  expect(mask('alice in lobby: hunter2, swordfish, hush, opensesame')).toBe(
    'alice in lobby: masked, masked, masked, masked',
  )
})

test('numbers and bytes under the name of a secret are masked, and no other bytes are looked at', () => {
  const payload = Object.defineProperty(new Uint8Array(8), 'token', {
    enumerable: true,
    get() {
      throw new Error('its properties are looked at')
    },
  })
  const key = Buffer.of(0xde, 0xad, 0xbe, 0xef, 0xfa, 0xce)
  const data = {
    password: 123_456,
    maxTokens: 500,
    secret: Buffer.from('opensesame'),
    key,
    tokens: new Map([['a', key]]),
    payload,
  }
  const mask = maskerOf({ url: 'ws://127.0.0.1/', data })
  expect(mask('no 123456, no opensesame')).toBe('no masked, no masked')
  expect(mask(`no ${key.toString('hex')}, no ${key.toString('base64')}`)).toBe('no masked, no masked')
  expect(mask('500 Internal Server Error')).toBe('500 Internal Server Error')
})

test('a secret is masked as JSON has it', () => {
  const mask = maskerOf({ url: 'ws://127.0.0.1/', data: { secret: 'one\r\n"two"' } })
  expect(mask(`got ${JSON.stringify({ of: 'one\r\n"two"' })}`)).toBe('got {"of":"masked"}')
})

test('what is left of a secret where a text was cut is masked', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ'
  const mask = maskerOf({ url: 'ws://127.0.0.1/', data: { token } })
  expect(mask(`not "${token.slice(0, 12)}…" nor ${token.slice(0, 20)}`)).toBe('not "masked…" nor masked')
  expect(maskerOf({ url: 'ws://127.0.0.1/', data: { token: 'aaaaaabcdef' } })('aaaaaaaabcd…')).toBe('aamasked…')
  expect(mask(`"${token.slice(0, 12)}" or eyJhbG as others begin`)).toBe('"masked" or eyJhbG as others begin')
  expect(mask(`${token.slice(0, 9)}...\n${token.slice(0, 9)}\n${token.slice(0, 25)} it was`)).toBe(
    'masked...\nmasked\nmasked it was',
  )
})

test('secrets of any length, and of no character, can be masked', () => {
  const long = 'x'.repeat(300_000)
  const mask = maskerOf({ url: 'ws://127.0.0.1/', data: { token: long, secret: 'a\uD800b' } })
  expect(mask(`${long}, a\uD800b, ${long.slice(1)}`)).toBe('masked, masked, masked')
})

test('a subprotocol is masked unless it is one that everybody knows', () => {
  const mask = maskerOf({ url: 'ws://127.0.0.1/', protocols: ['mqtt', 'v12.stomp', 'graphql-transport-ws', 'hunter2'] })
  expect(mask('mqtt/sensors, v12.stomp, graphql-transport-ws, hunter2')).toBe(
    'mqtt/sensors, v12.stomp, graphql-transport-ws, masked',
  )
})
