/** Agents on machines of their own, as far as the network is concerned. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { namespace, namespaceMissing, type Namespace } from '../support/namespace.ts'
import { agent, type AgentProcess, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'

const long = { connections: 6, rate: '120/s', warmup: 0, duration: '10m' } as const
const everywhere = { host: '0.0.0.0' }

describe.skipIf((natsMissing() ?? namespaceMissing()) !== undefined)('three agents on networks of their own', () => {
  let server: NatsServer
  let networks: Namespace[]
  let three: AgentProcess[]
  beforeAll(async () => {
    server = await nats(['--addr', '0.0.0.0'])
    networks = await Promise.all([0, 1, 2].map(namespace))
    three = await Promise.all(
      networks.map(async ({ host, within }, nth) =>
        agent({ url: `nats://${host}:${server.port}` }, { name: 'abc'[nth]!, within }),
      ),
    )
  })
  afterAll(async () => {
    for (const one of [...three, ...networks, server]) await one[Symbol.asyncDispose]()
  })

  /** What all three of them, and this machine, call a server that listens everywhere. */
  const urlOf = (target: { readonly port: number }): string => `ws://${networks[0]!.host}:${target.port}`

  async function expectFree(): Promise<void> {
    await expect.poll(() => three.map(({ lines }) => lines.at(-1)).join()).toMatch(/^(?:free again[^,]*,?){3}$/)
  }

  test('are one run', async () => {
    await using target = await echoing(everywhere)
    const {
      ended,
      pings,
      machines: all,
    } = await run({ url: urlOf(target), ...long, duration: '2s', ...machines(server, 3) })
    expect(ended).toBe('completed')
    expect(pings).toMatchObject({ due: 240, answered: 240 })
    expect(all!.map(({ name, pings: own }) => [name, own!.answered])).toEqual([
      ['a', 80],
      ['b', 80],
      ['c', 80],
    ])
  })

  test('lose one that is unplugged while it measures, keep what the others measured, and have it back later', async () => {
    await using target = await echoing(everywhere)
    const running = run({ url: urlOf(target), ...long, ...machines(server, 3) })
    await expect.poll(() => target.pings).toBeGreaterThan(60)
    await networks[1]!.unplug()
    const result = await running
    await networks[1]!.plug()
    const [a, b, c] = result.machines!
    expect(result.ended).toBe('incomplete')
    expect([a!.lost, c!.lost]).toEqual([undefined, undefined])
    expect(b).toMatchObject({ name: 'b', connections: 2, lost: { reason: 'nothing was heard of it for 3 s' } })
    expect(result.pings.answered).toBe(a!.pings!.answered + c!.pings!.answered)
    const { verdict, reasons } = evaluateSLO(result, { p99: '< 1h' })
    expect(verdict).toBe('inconclusive')
    expect(reasons.join()).toMatch(/the agent b was lost/)
    await expectFree()
    const { ended } = await run({ url: urlOf(target), ...long, duration: '500ms', ...machines(server, 3) })
    expect(ended).toBe('completed')
  })

  test('start nothing when one is unplugged while it connects', async () => {
    await using target = await echoing({ ...everywhere, verify: () => new Promise(() => {}) })
    const running = run({ url: urlOf(target), ...long, connectTimeout: '5m', ...machines(server, 3) })
    const failure = running.catch((error: unknown) => error)
    await expect.poll(() => target.connections()).toBe(6)
    await networks[2]!.unplug()
    expect(await failure).toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: 'wsLoad: the agent c was lost: nothing was heard of it for 3 s',
    })
    await networks[2]!.plug()
    await expectFree()
  })
})
