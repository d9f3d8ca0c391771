import { expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { DelayLine } from '../support/delay-line.ts'
import { flood } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { packets } from '../support/packets.ts'
import { answering } from '../support/servers.ts'

const probe = { protocol: new URL('../support/packets.protocol.ts', import.meta.url) }

const cuts: [name: string, options: Parameters<typeof packets>[0]][] = [
  ['one WebSocket message each', {}],
  ['cut at every byte', { every: 1 }],
  ['cut within packets, and behind the beginning of the next', { every: 5 }],
  ['texts that are cut', { every: 3, asText: true }],
  ['cut and compressed', { every: 4, perMessageDeflate: true }],
]

test.for(cuts)('a session, answers and messages are whole: %s', async ([, options]) => {
  await using server = await packets(options)
  const load: WsLoadOptions = { connections: 2, inFlight: 2, pings: 40, probe }
  const { pings, errors, messages } = await flood(server, {
    ...load,
    ...(options?.perMessageDeflate === true && { perMessageDeflate: true }),
  })
  expect(errors).toEqual({})
  expect(pings).toMatchObject({ sent: 40, answered: 40, timedOut: 0 })
  // Three packets to who logs in, and three for each ping.
  expect(messages).toEqual({ received: 2 * 3 + 40 * 3, unsolicited: 2 * 2 + 40 * 2, surplus: 0, afterLastAnswer: 0 })
  const kind = options?.asText === true ? 'string' : 'object'
  await expect.poll(() => server.heard.length).toBe(2 * 2 + 40 * 2)
  expect(new Set(server.heard)).toEqual(
    new Set(['who is there?', 'beat', 'more news'].map((text) => `${kind} ${text}`)),
  )
})

test('an answer has come when its last piece has', async () => {
  const line = new DelayLine()
  await using server = await answering((message, send) => {
    send(String(message).slice(0, 1))
    line.hold(40, () => send(String(message).slice(1)))
  })
  const protocol = await moduleFile(`export default {
    split: (bytes) => 5, request: (id) => String(id).padStart(5, '0'), reply: Number,
  }`)
  const { serviceTime, pings } = await flood(server, { connections: 1, pings: 5, probe: { protocol } })
  expect(pings.answered).toBe(5)
  expect(serviceTime.min).toBeGreaterThanOrEqual(39.9)
})

test.for([
  ['throws', `() => { throw new Error('what is this?') }`, /^Error: what is this\? \(split\.protocol\.mjs:2:\d+\)$/],
  ['returns no length', '() => -1', /^TypeError: split returned -1, expected how many bytes the first message has$/],
  ['asks for ever more', '() => 2e9', /^RangeError: split found no message within 134217728 bytes$/],
] as const)('a split that %s is a fault of its own', async ([, split, sample]) => {
  await using server = await answering((message, send) => send(message))
  const protocol = await moduleFile(
    `export default {\n  split: ${split}, request: String, reply: Number }`,
    'split.protocol.mjs',
  )
  const { pings, errors } = await flood(server, { connections: 1, pings: 1, timeout: 1_000, probe: { protocol } })
  expect(pings.answered).toBe(0)
  expect(errors).toEqual({ PROBE_SPLIT_FAILED: { count: pings.sent, samples: [expect.stringMatching(sample)] } })
})
