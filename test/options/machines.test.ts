import { safeParseCapacity, safeParseCapacityComparison } from '../../src/options/capacity.ts'
import { describe, expect, test } from 'vitest'
import { safeParseAgent } from '../../src/options/agent.ts'
import { parseOptions, safeParseOptions } from '../../src/options/options.ts'
import { mistakesOf } from '../../src/parsed.ts'
import { moduleFile } from '../support/module-file.ts'

const url = 'ws://127.0.0.1:3001'
const machines = { nats: 'nats://127.0.0.1:4222', agents: 2 }
const seed = `SU${'A'.repeat(56)}`

function mistakesIn(given: unknown, rest: object = {}): readonly string[] {
  const parsed = safeParseOptions({ url, machines: given, ...rest })
  return 'mistakes' in parsed ? parsed.mistakes : []
}

test('a URL lets in where credentials have no value, whichever of a cluster it is', () => {
  const unset = {
    ...machines,
    nats: ['nats://h', 'nats://me:w%20d@g'],
    credentials: { user: undefined, password: undefined },
  }
  expect(parseOptions({ url, machines: unset as never }).machines!.access).toEqual({ user: 'me', password: 'w d' })
})

test('machines have a group and a patience, and NATS its port', () => {
  expect(parseOptions({ url, machines: { nats: ['nats://one', 'nats://two:1'], agents: 2 } }).machines).toEqual({
    servers: ['one:4222', 'two:1'],
    access: {},
    tls: undefined,
    agents: 2,
    group: 'default',
    wait: 15_000,
  })
})

describe('who is let in', () => {
  test.each([
    ['nats://me:a%20word@h', undefined, { user: 'me', password: 'a word' }],
    ['nats://t0ken@h', undefined, { token: 't0ken' }],
    ['nats://me:word@h', { token: 't0ken' }, { token: 't0ken' }],
    ['nats://h', { nkey: seed }, { nkey: seed }],
  ] as const)('%s with %o', (nats, credentials, access) => {
    const given = { nats, agents: 1, ...(credentials !== undefined && { credentials }) }
    expect(parseOptions({ url, machines: given }).machines).toMatchObject({ servers: ['h:4222'], access })
  })

  test('is read from files', async () => {
    const creds = '-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n'
    const files = { nkey: await moduleFile(`${seed}\n`, 'ci.nk'), creds: await moduleFile(creds, 'ci.creds') }
    for (const [kind, value] of [
      ['nkey', seed],
      ['creds', creds],
    ] as const) {
      const given = { ...machines, credentials: { [kind]: files[kind] } }
      expect(parseOptions({ url, machines: given }).machines!.access).toEqual({ [kind]: value })
    }
  })

  test('speaks TLS with a server that is asked to', () => {
    expect(parseOptions({ url, machines: { ...machines, nats: 'tls://h' } }).machines!.tls).toEqual({})
  })
})

describe('a mistake names its option', () => {
  test.each([
    [
      'nats://h',
      'machines: expected { nats, agents } with the URL of a NATS server, \'nats://127.0.0.1:4222\' say, and a number of agents, got "nats://h"',
    ],
    [{ agents: 2 }, 'machines.nats: missing'],
    [
      { ...machines, nats: 'http://me:word@h' },
      'machines.nats: expected a nats:// or tls:// URL, or a list of them, got "http://masked:masked@h/"',
    ],
    [
      { ...machines, nats: [] },
      'machines.nats: expected a nats:// or tls:// URL, or a list of them, got an empty list',
    ],
    [{ ...machines, agents: 0 }, 'machines.agents: expected a whole number from 1 to 1,000, got 0'],
    [
      { ...machines, group: 'a b' },
      'machines.group: expected a name of at most 64 letters, digits, - and _, got "a b"',
    ],
    [{ ...machines, agent: 2 }, 'machines.agent: no such option, did you mean "agents"?'],
    [
      { ...machines, credentials: { user: 'me' } },
      'machines.credentials: expected user and password together, got one of the two',
    ],
    [
      { ...machines, credentials: { token: 't', user: 'me', password: 'word' } },
      'machines.credentials: expected one of user, token, nkey, creds, got user and token',
    ],
    [
      { ...machines, credentials: { nkey: 'nowhere.nk' } },
      'machines.credentials.nkey: expected the path of a file with the seed of an nkey, got "nowhere.nk"',
    ],
    [
      { ...machines, credentials: { creds: 'c0ntent' } },
      'machines.credentials.creds: expected the path of a .creds file, got a text of 7 characters',
    ],
    [
      { ...machines, credentials: { creds: `${'e'.repeat(40)}.${'y'.repeat(40)}.${'J'.repeat(80)}` } },
      'machines.credentials.creds: expected the path of a .creds file, got a text of 162 characters',
    ],
    [
      { ...machines, nats: 'nats://100%@h' },
      'machines.nats: expected a nats:// or tls:// URL, or a list of them, got "nats://masked@h"',
    ],
    [
      { ...machines, credentials: { tls: { rejectUnauthorized: false } } },
      'machines.credentials.tls.rejectUnauthorized: no such option',
    ],
    [{ ...machines, agents: 11 }, 'machines.agents: expected at most one for each of 10 connections, got 11'],
  ])('%o', (given, mistake) => {
    expect(mistakesIn(given)).toEqual([mistake])
  })

  test('that is an address of this machine, or none to go to', () => {
    expect(mistakesIn(machines, { localAddresses: ['127.0.0.2'] })).toEqual([
      'localAddresses: expected none with machines, an agent has its own: start it with --local-address',
    ])
    expect(mistakesIn(machines, { url: undefined })).toEqual(['url: expected a ws:// or wss:// URL, got undefined'])
    expect(mistakesOf(safeParseOptions({ machines }))).toEqual([
      "url: expected the server's with machines, an embedded one is not reached from elsewhere",
    ])
  })

  test('that is no address, in a search, which is none of the two of a comparison', () => {
    const search = { slo: { p99: '< 20ms' }, from: '1k/s', to: '2k/s', machines }
    expect(safeParseCapacity(search)).toEqual({
      mistakes: ["url: expected the server's with machines, an embedded one is not reached from elsewhere"],
    })
    expect(safeParseCapacity({ ...search, url })).not.toHaveProperty('mistakes')
    expect(safeParseCapacityComparison({ ...search, base: { url }, head: { url } })).not.toHaveProperty('mistakes')
  })

  test('of an agent', () => {
    expect(safeParseAgent({ name: 'a b', localAddresses: ['here'] })).toEqual({
      mistakes: [
        'nats: missing',
        'name: expected a name of at most 64 letters, digits, - and _, got "a b"',
        'localAddresses.0: expected an IP address, got "here"',
      ],
    })
  })
})
