import { describe, expect, test } from 'vitest'
import { flood, floodAt } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { repeating } from '../support/refusals.ts'
import { answering, echoing, refusing } from '../support/servers.ts'

const users = { protocol: new URL('../support/users.protocol.ts', import.meta.url), data: { room: 'lobby' } }

test('each connection is a user of its own, over all threads', async () => {
  await using server = await echoing({ protocols: ['chat.v1'] })
  const { pings, errors, options } = await flood(server, { connections: 6, threads: 2, pings: 60, probe: users })
  expect(pings).toMatchObject({ sent: 60, answered: 60 })
  expect(errors).toEqual({})
  const seen = server.handshakes.map(
    ({ path, headers, protocol }) => `${path} ${String(headers['x-user'])} ${protocol}`,
  )
  expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((index) => `/lobby?user=user-${index} user-${index} chat.v1`))
  expect(options.probe).toBe('protocol users.protocol.ts')
})

test('what a connection alone asked for is masked where a server repeats it', async () => {
  const protocol = await moduleFile(
    `export default { request: String, reply: Number, url: (index) => '/?access_token=secret-' + index }`,
  )
  await using server = await repeating('redirect', (text) => text)
  const { errors } = await floodAt(server.url, { connections: 1, probe: { protocol } })
  expect(JSON.stringify(errors)).toContain('masked')
  expect(JSON.stringify(errors)).not.toContain('secret')
})

test('the URL of a connection may be made of that of the run', async () => {
  const protocol = await moduleFile(
    `export default { request: String, reply: Number, url: (index, data, url) => url + '&user=' + index }`,
  )
  await using server = await echoing()
  await flood({ ...server, url: `${server.url}/chat?room=7` }, { connections: 2, pings: 2, probe: { protocol } })
  const paths = server.handshakes.map(({ path }) => path)
  expect(paths.toSorted()).toEqual(['/chat?room=7&user=0', '/chat?room=7&user=1'])
})

describe('a ping of several messages', () => {
  const source = `export default {
    attachments: (bytes) => bytes[0] === 35 ? 2 : 0,
    request: (id) => ['#' + id, Uint8Array.of(1), Uint8Array.of(2, 3)],
    reply: (message) => Number(message.slice(1)),
  }`

  test.for([false, true])('is answered by as many (compressed: %j)', async (perMessageDeflate) => {
    await using server = await echoing({ perMessageDeflate: true })
    const probe = { protocol: await moduleFile(source) }
    const options = { connections: 2, inFlight: 3, pings: 30, probe, perMessageDeflate }
    const { pings, messages, errors } = await flood(server, options)
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ sent: 30, answered: 30 })
    expect(server.messages).toBe(90)
    expect(messages).toMatchObject({ received: 30, unsolicited: 0 })
  })

  test.for([`[]`, `[String(id), undefined]`])('has one at least, and nothing else: %s', async (made) => {
    await using server = await echoing()
    const protocol = await moduleFile(`export default { request: (id) => ${made}, reply: Number }`)
    const { errors } = await flood(server, { connections: 1, pings: 1, probe: { protocol } })
    expect(errors['PROBE_REQUEST_FAILED']?.samples).toEqual([
      'TypeError: probe.request returned object, neither a text nor a Uint8Array, nor a list of these',
    ])
  })

  test('counts what is attached wrongly as a fault', async () => {
    await using server = await echoing()
    const protocol = await moduleFile(`export default { attachments: () => '?', request: String, reply: Number }`)
    const { errors, pings } = await flood(server, { connections: 1, pings: 3, probe: { protocol } })
    expect(pings.answered).toBe(3)
    expect(errors).toEqual({
      PROBE_ATTACHMENTS_FAILED: {
        count: 3,
        samples: ['TypeError: attachments returned ?, expected how many messages are attached'],
      },
    })
  })
})

test('reply may say what follows an answer', async () => {
  const told: string[] = []
  await using server = await answering((payload, send) => {
    const message = String(payload)
    if (message.startsWith('thanks')) told.push(message)
    else send(message)
  })
  const protocol = await moduleFile(`export default {
    request: String,
    reply(message, { connection }) {
      connection.send('thanks for ' + message)
      return Number(message)
    },
  }`)
  const { pings } = await flood(server, { connections: 1, pings: 3, probe: { protocol } })
  expect(pings.answered).toBe(3)
  expect(told).toEqual(['thanks for 1', 'thanks for 2', 'thanks for 3'])
})

describe('advice', () => {
  const advise = `({ code, sample, during }, { index, data }) => [code, sample, during, index, data.room].join(' | ')`
  const protocolOf = (others: string) => moduleFile(`export default { request: String, ${others} }`)

  test('stands behind the words of a refused handshake', async () => {
    await using server = await refusing(401)
    const protocol = await protocolOf(`reply: Number, advise: ${advise}`)
    const { errors } = await floodAt(server.url, { connections: 1, probe: { protocol, data: { room: 7 } } })
    expect(errors['HTTP_401']!.samples).toEqual(['401 Unauthorized; HTTP_401 | 401 Unauthorized | handshake | 0 | 7'])
  })

  test('stands behind the words of a failed session, and of an answer that is an error', async () => {
    const session = `session: (_, { index }) => { if (index === 0) throw new Error('no') }`
    const protocol = await protocolOf(
      `${session}, reply: (id) => ({ id: Number(id), error: 'never' }), advise: ({ code, during }) => during + ' ' + code`,
    )
    await using server = await echoing()
    const { errors } = await flood(server, { connections: 2, pings: 2, probe: { protocol } })
    expect(errors['ERROR_ANSWER']).toEqual({ count: 2, samples: ['never; flood ERROR_ANSWER'] })
    expect(errors['SESSION_FAILED']!.samples).toEqual([
      expect.stringMatching(/^Error: no \(probe\.mjs:\d+:\d+\); session SESSION_FAILED$/),
    ])
  })

  test('does not tell what its connection alone was asked with', async () => {
    await using server = await echoing()
    const session = `session: (_, { data }) => { throw new Error('no ' + data.token) }`
    const data = `data: (index) => ({ token: 'hunter' + index })`
    const protocol = await protocolOf(`${data}, ${session}, reply: Number, advise: ({ sample }) => 'it said ' + sample`)
    const { errors } = await flood(server, { connections: 1, pings: 1, probe: { protocol } })
    expect(errors['SESSION_FAILED']!.samples[0]).toMatch(/^Error: no masked .*; it said Error: no masked /)
  })

  test('is none where the protocol has none, and says why it fails', async () => {
    await using server = await refusing(401)
    for (const [body, sample] of [
      ['undefined', '401 Unauthorized'],
      [`JSON.parse('?')`, '401 Unauthorized; advise threw SyntaxError'],
    ] as const) {
      const protocol = await protocolOf(`reply: Number, advise: () => ${body}`)
      const { errors } = await floodAt(server.url, { connections: 1, probe: { protocol } })
      expect(errors['HTTP_401']!.samples[0]).toContain(sample)
    }
  })
})

test('a connection that the protocol ends is ended with its reason', async () => {
  const protocol = await moduleFile(
    `export default { request: String, reply: () => {}, message: (_, { connection }) => connection.close(4001, 'enough') }`,
  )
  await using server = await echoing()
  const { errors } = await flood(server, { connections: 1, duration: 10_000, probe: { protocol } })
  expect(errors).toEqual({ CLOSE_4001: { count: 1, samples: ['closed by the protocol: enough'] } })
  await expect.poll(() => server.closes).toEqual([{ code: 4001, reason: 'enough' }])
})
