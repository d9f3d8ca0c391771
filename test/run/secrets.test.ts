import { expect, test } from 'vitest'
import { safeParseOptions } from '../../src/options/options.ts'
import { mistakesOf } from '../../src/parsed.ts'
import { run } from '../support/run.ts'
import { formatPage } from '../../src/page/page.ts'
import { formatPicture } from '../../src/page/picture.ts'
import { recordOf } from '../../src/report/flood-record.ts'
import { describeFlood } from '../../src/report/flood-table.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { certificates } from '../support/certificates.ts'
import { dead, refusing, repeating } from '../support/refusals.ts'
import { echoing } from '../support/servers.ts'

const secrets = ['hunter2', 'bearer-token', 'session-cookie', 'query-token', 'subprotocol-token', 'PRIVATE KEY']

/** Floods with a secret in every place that has room for one. */
async function outputsOf(address: string): Promise<string[]> {
  const url = new URL(`${address}/path?access_token=query-token`)
  Object.assign(url, { username: 'someone', password: 'hunter2' })
  const { valid } = await certificates()
  const result = await run({
    url: url.href,
    connections: 2,
    duration: 100,
    warmup: 0,
    headers: { Authorization: 'Bearer bearer-token', Cookie: 'id=session-cookie' },
    protocols: ['chat', 'bearer.subprotocol-token'],
    tls: { key: valid.key, cert: valid.cert },
  })
  const summary = new LoadSummary(result)
  const page = formatPage('secrets', [{ title: 'secrets', runs: [{ name: 'secrets', result }], verdicts: [] }])
  const record = recordOf(result, { attempt: 1 })
  return [
    String(summary),
    JSON.stringify(summary),
    page,
    formatPicture(result) ?? '',
    JSON.stringify(record),
    describeFlood(record),
  ]
}

test.for([
  { url: 'http://someone:hunter2@host/?access_token=query-token' },
  { url: 'ws://someone:hunter2@host/#query-token' },
  { url: 'someone:hunter2@host?query-token' },
  { url: ['ws://hunter2@host'] },
  { headers: 'Authorization: Bearer bearer-token' },
  { headers: { Authorization: 'Bearer bearer-token\n', Cookie: ['session-cookie', 5] } },
  { protocols: ['chat', 'bearer subprotocol-token'] },
  { protocols: 'bearer subprotocol-token' },
  { tls: { passphrase: ['hunter2'], key: { pem: 'PRIVATE KEY' }, cert: 5 } },
  {
    probe: {
      data: { credentials: 'user:hunter2' },
      request: (id: number, data: { credentials: string }) =>
        JSON.stringify({ id, ...(JSON.parse(data.credentials) as object) }),
      reply: Number,
    },
  },
  {
    probe: {
      text: 'PING',
      data: { token: 'hunter2' },
      answer: (_message: string, data: { token: string }) => {
        throw new ReferenceError(data.token)
      },
    },
  },
])('no mistake in %j is told with a secret', (options) => {
  const mistakes = mistakesOf(safeParseOptions(options)).join('\n')
  expect(mistakes).not.toBe('')
  expect(mistakes).not.toMatch(new RegExp(secrets.join('|')))
})

const encodings: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'percent-encoded': encodeURIComponent,
  'in base64': (text) => Buffer.from(text).toString('base64'),
}

test.for(
  (['status text', 'redirect', 'close reason'] as const).flatMap((how) =>
    Object.keys(encodings).map((encoding) => [how, encoding] as const),
  ),
)('no %s repeats a secret %s', async ([how, encoding]) => {
  const encode = encodings[encoding]!
  await using server = await repeating(how, encode)
  const load = { connections: 1, duration: 100, warmup: 0 }
  const results = [
    await run({ ...load, url: server.url, headers: { Authorization: 'Bearer bearer-token' } }),
    await run({ ...load, url: `${server.url}/?access_token=query-token` }),
    await run({ ...load, url: `${server.url}/?query-token&x=1` }),
  ]
  for (const { errors } of results) {
    const said = JSON.stringify(errors)
    expect(said).toContain('masked')
    for (const secret of ['bearer-token', 'query-token']) {
      for (const form of [secret, encode(secret), encode(`Bearer ${secret}`)]) expect(said).not.toContain(form)
    }
  }
})

test('no output has a secret of the options', async () => {
  await using server = await echoing()
  await using refuser = await refusing(401)
  await using nobody = await dead()
  await using elsewhere = await refusing(302, { location: '/login?access_token=query-token' })
  for (const { url } of [server, refuser, elsewhere, nobody]) {
    for (const output of await outputsOf(url)) {
      expect(output).not.toMatch(new RegExp(secrets.join('|')))
    }
  }
})
