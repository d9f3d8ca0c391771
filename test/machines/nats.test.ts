/** How a NATS server is entered: what its users have. */
import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
} from '@nats-io/jwt'
import { describe, expect, test } from 'vitest'
import type { MachinesOptions } from '../../src/options/machines.ts'
import { certificates } from '../support/certificates.ts'
import { floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { agent, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'

const missing = natsMissing()

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** Whether a flood over one agent is answered. */
async function floods(server: NatsServer, rest: Partial<MachinesOptions>): Promise<boolean> {
  await using target = await echoing()
  const { pings } = await floodAt(target.url, { connections: 2, pings: 10, ...machines(server, 1, rest) })
  return pings.answered === 10
}

describe.skipIf(missing !== undefined)('a server with', () => {
  test('a user and a password lets in who has both, in credentials or in the URL', async () => {
    await using server = await nats(['--user', 'ci', '--pass', 'secret of ci'])
    const env = { NATS_USER: 'ci', NATS_PASSWORD: 'secret of ci' }
    await using _agent = await agent(server, { env })
    expect(await floods(server, { credentials: { user: 'ci', password: 'secret of ci' } })).toBe(true)
    expect(await floods(server, { nats: server.url.replace('//', '//ci:secret%20of%20ci@') })).toBe(true)
  })

  test('a token lets in who has it', async () => {
    await using server = await nats(['--auth', 'tok3n'])
    await using _agent = await agent(server, { env: { NATS_TOKEN: 'tok3n' } })
    expect(await floods(server, { credentials: { token: 'tok3n' } })).toBe(true)
  })

  test('an nkey lets in who has its seed', async () => {
    const { nkeys } = await import('@nats-io/transport-node')
    const key = nkeys.createUser()
    const seed = new TextDecoder().decode(key.getSeed())
    const file = await moduleFile(`# of a test\n${seed}\n`, 'ci.nk')
    const configuration = await moduleFile(`authorization { users = [ { nkey: ${key.getPublicKey()} } ] }`, 'nats.conf')
    await using server = await nats(['--config', configuration])
    await using _agent = await agent(server, { env: { NATS_NKEY: file } })
    expect(await floods(server, { credentials: { nkey: file } })).toBe(true)
    expect(await floods(server, { credentials: { nkey: seed } })).toBe(true)
  })

  test('an operator lets in who has credentials of one of its accounts', async () => {
    const operator = createOperator()
    const account = createAccount()
    const user = createUser()
    const any = { conn: -1, subs: -1, data: -1, payload: -1 }
    const resolver = {
      [account.getPublicKey()]: await encodeAccount('ci', account, { limits: any }, { signer: operator }),
    }
    const configuration = await moduleFile(
      `operator: ${await encodeOperator('of a test', operator)}
      resolver: MEMORY
      resolver_preload: ${JSON.stringify(resolver)}`,
      'nats.conf',
    )
    const credentials = await moduleFile(text(fmtCreds(await encodeUser('ci', user, account), user)), 'ci.creds')
    const ofStrangers = await moduleFile(
      text(fmtCreds(await encodeUser('ci', user, createAccount()), user)),
      'no.creds',
    )
    await using server = await nats(['--config', configuration])
    await using _agent = await agent(server, { env: { NATS_CREDS: credentials } })
    expect(await floods(server, { credentials: { creds: credentials } })).toBe(true)
    await expect(floods(server, { credentials: { creds: ofStrangers } })).rejects.toThrow(/Authorization Violation/)
    await expect(floods(server, {})).rejects.toThrow(/Authorization Violation/)
  })

  test('a password names no secret to who has another one', async () => {
    await using server = await nats(['--user', 'ci', '--pass', 'secret'])
    const credentials = { user: 'ci', password: 'not the s3cret' }
    const refused = run({ url: 'ws://127.0.0.1:1', connections: 1, ...machines(server, 1, { credentials }) })
    const error = (await refused.catch((reason: unknown) => reason)) as Error & { code: string }
    expect(error.code).toBe('WSLOAD_ERR_NATS')
    expect(error.message).toMatch(/Authorization Violation.*look at machines\.credentials/)
    expect(error.message).not.toContain('s3cret')
    await expect(agent(server)).rejects.toThrow(/Authorization Violation/)
  })

  test('another password than before tells its agent which option to look at', async () => {
    await using before = await nats(['--user', 'ci', '--pass', 'one'])
    await using lost = await agent(before, { env: { NATS_USER: 'ci', NATS_PASSWORD: 'one' } })
    await before[Symbol.asyncDispose]()
    await using _after = await nats(['--user', 'ci', '--pass', 'another'], before.port)
    await expect.poll(() => lost.log(), { timeout: 30_000 }).toMatch(/^error: wsLoad: no connection to NATS at /m)
    expect(lost.log()).toContain('look at machines.credentials (--nats-creds, NATS_USER, NATS_CREDS, …)')
    expect(lost.log()).not.toContain('This is a bug')
  })

  test('too few permissions is named by whoever lacks them', async () => {
    const users = [
      '{ user: deaf, password: word, permissions: { subscribe: "nothing" } }',
      '{ user: dumb, password: word, permissions: { publish: "nothing" } }',
    ]
    const configuration = await moduleFile(`authorization { users = [ ${users.join(', ')} ] }`, 'nats.conf')
    await using server = await nats(['--config', configuration])
    await using deaf = await agent(server, { env: { NATS_USER: 'deaf', NATS_PASSWORD: 'word' } })
    await expect.poll(() => deaf.lines.join()).toMatch(/NATS does not allow it: .*it needs ws-load\.> and _INBOX\.>/)
    const credentials = { user: 'dumb', password: 'word' }
    const options = { url: 'ws://127.0.0.1:1', connections: 1, ...machines(server, 1, { credentials, wait: 0 }) }
    await expect(run(options)).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: expect.stringMatching(
        /NATS does not allow it: .*ws-load\.group\.default.*; it needs ws-load\.> and _INBOX\.>/,
      ),
    })
  })

  test('TLS is known by its name, or its address, and by no other', async () => {
    const made = await certificates()
    const ca = await moduleFile(made.ca, 'ca.pem')
    for (const [kind, own, other] of [
      ['numbered', '127.0.0.1', 'localhost'],
      ['named', 'localhost', '127.0.0.1'],
    ] as const) {
      const files = [await moduleFile(made[kind].cert, 'server.pem'), await moduleFile(made[kind].key, 'key.pem')]
      await using server = await nats(['--tls', '--tlscert', files[0]!, '--tlskey', files[1]!])
      const urlOf = (host: string): string => `tls://${host}:${server.port}`
      await using _agent = await agent({ url: urlOf(own) }, { env: { NATS_CA: ca } })
      expect(await floods(server, { nats: urlOf(own), credentials: { tls: { ca } } })).toBe(true)
      const misnamed = floods(server, { nats: urlOf(other), credentials: { tls: { ca } }, wait: 0 })
      await expect(misnamed).rejects.toThrow(/does not match certificate's altnames/)
    }
  })

  test('no room left is told from one that is not there', async () => {
    const configuration = await moduleFile('max_connections: 1', 'nats.conf')
    await using server = await nats(['--config', configuration])
    await using _agent = await agent(server)
    const refused = run({ url: 'ws://127.0.0.1:1', connections: 1, ...machines(server, 1, { wait: 0 }) })
    await expect(refused).rejects.toMatchObject({
      code: 'WSLOAD_ERR_NATS',
      message: expect.stringMatching(/let nobody in within 5 s: it may have as many connections as it allows/),
    })
  })

  test('TLS is known by its authority', async () => {
    const { ca, valid, client } = await certificates()
    const files = {
      cert: await moduleFile(valid.cert, 'server.pem'),
      key: await moduleFile(valid.key, 'key.pem'),
      ca: await moduleFile(ca, 'ca.pem'),
    }
    await using server = await nats(['--tls', '--tlscert', files.cert, '--tlskey', files.key])
    await using _agent = await agent(server, { env: { NATS_CA: files.ca } })
    expect(await floods(server, { credentials: { tls: { ca: files.ca } } })).toBe(true)
    const signed = { ca: files.ca, ...client }
    expect(await floods(server, { credentials: { tls: signed } })).toBe(true)
    const unknown = run({ url: 'ws://127.0.0.1:1', connections: 1, ...machines(server, 1) })
    await expect(unknown).rejects.toMatchObject({ code: 'WSLOAD_ERR_NATS' })
  })
})
