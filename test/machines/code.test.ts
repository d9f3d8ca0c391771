/** Probes that are, or bring along, code of the user. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseOptions } from '../../src/options/options.ts'
import type { ProbeOption } from '../../src/options/probe.ts'
import { mqtt } from '../../src/protocols/index.ts'
import { planThreads } from '../../src/run/plan.ts'
import type { ProbeSpec } from '../../src/wire/probe-spec.ts'
import { moduleFile } from '../support/module-file.ts'
import { floodAt } from '../support/flood.ts'
import { mosquitto, mosquittoMissing } from '../support/mosquitto.ts'
import { type AgentProcess, agent, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { rawCoordinator } from '../support/raw-coordinator.ts'
import { run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'

const missing = natsMissing()

describe.skipIf(missing !== undefined)('code', () => {
  let server: NatsServer
  let willing: AgentProcess
  let unwilling: AgentProcess
  beforeAll(async () => {
    server = await nats()
    ;[willing, unwilling] = await Promise.all([
      agent(server, { name: 'willing', group: 'willing', args: ['--allow-code'] }),
      agent(server, { name: 'unwilling', group: 'unwilling' }),
    ])
  })
  afterAll(async () => {
    await willing[Symbol.asyncDispose]()
    await unwilling[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const probes: Readonly<Record<string, ProbeOption>> = {
    functions: { request: (id) => `id ${id}`, reply: (text) => Number(String(text).slice(3)) },
    'a module': { module: new URL('../support/id-probe.ts', import.meta.url), data: { prefix: 'id ' } },
    'a function that recognises answers': { text: 'PING', answer: (message) => String(message) === 'PING' },
  }

  test.each(Object.entries(probes))('is run by an agent that was told to: %s', async (_, probe) => {
    await using target = await echoing()
    const { pings } = await floodAt(target.url, {
      connections: 2,
      pings: 50,
      probe,
      ...machines(server, 1, { group: 'willing' }),
    })
    expect(pings.answered).toBe(50)
  })

  test.each(Object.entries(probes))('is refused by an agent that was not: %s', async (_, probe) => {
    const options = { url: 'ws://127.0.0.1:1', connections: 2, probe, ...machines(server, 1, { group: 'unwilling' }) }
    await expect(run(options)).rejects.toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message: expect.stringContaining('the agent unwilling takes none; start it with --allow-code'),
    })
  })

  const evil = `data:text/javascript,process.kill(process.pid, 'SIGKILL')`
  const source = '() => process.kill(process.pid, "SIGKILL")'
  const payload = new TextEncoder().encode('hi')
  test.each([
    { kind: 'functions', request: source, reply: source, data: 0 },
    { kind: 'module', module: evil, data: 0 },
    { kind: 'protocol', protocol: evil, data: 0 },
    { kind: 'protocol', protocol: String.raw`ws-load-protocol:..\..\evil`, data: 0 },
    { kind: 'protocol', protocol: 'ws-load-protocol:../evil', data: 0 },
    { kind: 'text', payload, payloadBytes: 2, answer: { by: 'function', source, data: 0 } },
    { kind: 'text', payload, payloadBytes: 2, answer: { by: 'whatever', source, data: 0 } },
    { kind: 'whatever', module: evil, source, request: source, reply: source, data: 0 },
  ])('is refused by the agent itself, whoever sends it: %o', async (probe) => {
    const [plan] = planThreads(parseOptions({ connections: 1, duration: 100 }), 'ws://127.0.0.1:1')
    await using stranger = await rawCoordinator(server, 'unwilling')
    stranger.order({ type: 'plan', floods: [[{ ...plan!, probe: probe as unknown as ProbeSpec }]] })
    expect(await stranger.hears('failed')).toMatchObject({ code: 'WSLOAD_ERR_AGENTS' })
    await expect.poll(() => unwilling.lines.at(-1)).toMatch(/^free again: .*takes no code/)
  })

  test.each(['clientCertEngine', 'privateKeyEngine', 'pfx'])(
    'is not loaded for what TLS may have besides: %s',
    async (name) => {
      const [plan] = planThreads(parseOptions({ connections: 1, duration: 100 }), 'wss://127.0.0.1:1')
      await using stranger = await rawCoordinator(server, 'unwilling')
      stranger.order({ type: 'plan', floods: [[{ ...plan!, tls: { [name]: '/tmp/evil' } }]] })
      expect(await stranger.hears('failed')).toMatchObject({
        code: 'WSLOAD_ERR_AGENTS',
        message: `wsLoad: it was told of TLS what no run has: tls.${name}: no such option`,
      })
      await expect.poll(() => unwilling.lines.at(-1)).toMatch(/^free again: /)
    },
  )

  test('of a protocol travels with its data', async () => {
    await using target = await echoing()
    const protocol = await moduleFile(
      `const say = (id: number, { data }: { data: string }) => data + id
       export default { request: say, reply: (message: unknown, { data }: { data: string }) => Number(String(message).slice(data.length)) }`,
      'chat.protocol.ts',
    )
    const { pings } = await floodAt(target.url, {
      connections: 2,
      pings: 50,
      probe: {
        protocol,
        data: 'chat ',
      },
      ...machines(server, 1, { group: 'willing' }),
    })
    expect(pings.answered).toBe(50)
  })

  test('that does not stand alone is an error that says what it lacks', async () => {
    const file = await moduleFile("import 'left-pad'; export const request = String; export const reply = Number")
    const options = { url: 'ws://127.0.0.1:1', connections: 2, probe: { module: file } }
    await expect(run({ ...options, ...machines(server, 1, { group: 'willing' }) })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message: expect.stringMatching(/left-pad.*\(of the agent willing\)/s),
    })
  })

  test.skipIf(mosquittoMissing())('is none in a ready-made protocol, which every agent has', async () => {
    await using broker = await mosquitto()
    const { pings } = await floodAt(broker.url, {
      connections: 2,
      pings: 50,
      probe: mqtt({ topic: 'load/%i' }),
      ...machines(server, 1, { group: 'unwilling' }),
    })
    expect(pings.answered).toBe(50)
  })
})
