/** Servers that are not Node's. Where they are not installed, the tests' own names say so. */
import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { certificates } from '../support/certificates.ts'
import { floodAt } from '../support/flood.ts'
import { nginxMissing, nginxProxying } from '../support/nginx.ts'
import { pythonEchoing, pythonMissing } from '../support/python.ts'
import { delaying, echoing } from '../support/servers.ts'

const noPython = pythonMissing()
const noNginx = nginxMissing()
for (const missing of [noPython, noNginx]) if (missing !== undefined) console.warn(`Skipping tests: ${missing}`)

const probes: [name: string, probe: NonNullable<WsLoadOptions['probe']>][] = [
  ['a ping', 'ping'],
  ['a text', { text: 'PING' }],
  ['a binary', { binary: new Uint8Array(200) }],
  [
    'functions',
    {
      request: (id) => JSON.stringify({ id }),
      reply: (answer) => (JSON.parse(String(answer)) as { id: number }).id,
    },
  ],
]

const allAnswered = { answered: 400, errors: {}, closedEarly: 0 }

async function outcomeOf(url: string, options: WsLoadOptions) {
  const { pings, errors, connections } = await floodAt(url, { connections: 10, pings: 400, ...options })
  return { answered: pings.answered, errors, closedEarly: connections.closedEarly }
}

describe.skipIf(noPython !== undefined)('python3-websockets', () => {
  test.each(probes)('answers %s', async (_, probe) => {
    await using server = await pythonEchoing()
    for (const perMessageDeflate of [false, true]) {
      const options = { inFlight: 4, probe, perMessageDeflate }
      expect(await outcomeOf(server.url, options)).toEqual(allAnswered)
    }
    expect(server.log()).toBe('')
  })

  test('is measured in the open model', async () => {
    await using server = await pythonEchoing()
    expect(await outcomeOf(server.url, { rate: 2_000 })).toEqual(allAnswered)
  })
})

describe.skipIf(noNginx !== undefined)('nginx', () => {
  test.each(probes)('hands on %s', async (_, probe) => {
    await using server = await echoing()
    await using gateway = await nginxProxying({ upstream: server.url })
    const options = { inFlight: 4, probe }
    expect(await outcomeOf(gateway.url, options)).toEqual(allAnswered)
    expect(server.pings + server.messages).toBe(400)
    await expect.poll(() => server.closes).toHaveLength(10)
  })

  test('ends TLS', async () => {
    await using server = await echoing()
    await using gateway = await nginxProxying({ upstream: server.url, tls: true })
    const { ca } = await certificates()
    expect(await outcomeOf(gateway.url, { tls: { ca } })).toEqual(allAnswered)
  })

  test('keeps the time that the server takes', async () => {
    await using server = await delaying(20)
    await using gateway = await nginxProxying({ upstream: server.url })
    const { latency } = await floodAt(gateway.url, { connections: 10, pings: 100 })
    expect(latency.min).toBeGreaterThan(19.9)
  })

  test('says with 502 that there is nobody behind it', async () => {
    const server = await echoing()
    await using gateway = await nginxProxying({ upstream: server.url })
    await server[Symbol.asyncDispose]()
    const { errors, connections } = await floodAt(gateway.url, { connections: 3 })
    expect(errors).toEqual({ HTTP_502: { count: 3, samples: ['502 Bad Gateway'] } })
    expect(connections.failed).toBe(3)
  })

  test.skipIf(noPython !== undefined)('hands on to python3-websockets', async () => {
    await using server = await pythonEchoing()
    await using gateway = await nginxProxying({ upstream: server.url })
    expect(await outcomeOf(gateway.url, { inFlight: 4 })).toEqual(allAnswered)
  })
})
