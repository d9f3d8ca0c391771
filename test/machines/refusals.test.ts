/** Agents that do not work for a run, and say why. */
import { connect } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'
import { describeEnvironment } from '../../src/run/environment.ts'
import { Agents } from '../../src/machines/agents.ts'
import { parseOptions } from '../../src/options/options.ts'
import { agent, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { run } from '../support/run.ts'

/** Somebody who speaks NATS. */
async function connected(server: NatsServer) {
  const connection = await connect({ servers: server.url.slice('nats://'.length) })
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() })
}

describe.skipIf(natsMissing() !== undefined)('an agent', () => {
  test('of another version refuses a coordinator in words, and tells its own log', async () => {
    await using server = await nats()
    await using one = await agent(server, { name: 'one' })
    const { machines: asked } = parseOptions({ url: 'ws://h', ...machines(server, 1, { wait: 0 }) })
    const engaging = Agents.engage(asked!, { plans: () => [[]], version: '99.0.0', signal: undefined })
    const { version } = describeEnvironment()
    await expect(engaging).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: expect.stringContaining(`one: it is version ${version}, this is 99.0.0`),
    })
    expect(one.lines.join('\n')).toContain(`ws-load ${version}, Node v`)
    await using stranger = await connected(server)
    const request = JSON.stringify({ run: 'x', version: '99.0.0' })
    const { id } = (await stranger.request('ws-load.group.default', request)).json<{ id: string }>()
    const answer = await stranger.request(`ws-load.agent.${id}`, request)
    expect(answer.json()).toEqual({ refused: `it is version ${version}, the coordinator is 99.0.0` })
    expect(one.lines.at(-1)).toBe(`refused a run: one is version ${version}, its coordinator 99.0.0`)
  })

  test('of another group is not asked', async () => {
    await using server = await nats()
    await using _one = await agent(server, { group: 'others' })
    const running = run({ url: 'ws://h', connections: 1, ...machines(server, 1, { wait: 0, group: 'ours' }) })
    await expect(running).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: expect.stringContaining("of the group 'ours' within 0 ms, none was there"),
    })
  })

  test('that was told what no agent understands stays free', async () => {
    await using server = await nats()
    await using one = await agent(server, { name: 'one' })
    await using stranger = await connected(server)
    const { id } = (await stranger.request('ws-load.group.default', '{"run":"x","version":"0"}')).json<{ id: string }>()
    const version = JSON.stringify(describeEnvironment().version)
    const runs = ['"a b"', '"*"', '">"', '""', '"a.b"', '{}'].map((name) => `{"run":${name},"version":${version}}`)
    for (const text of ['', 'null', '{', '{"run":1}', '[]', ...runs]) {
      stranger.publish('ws-load.group.default', text)
      stranger.publish(`ws-load.agent.${id}`, text)
    }
    stranger.publish('ws-load.run.x.y.orders', new Uint8Array(20))
    await stranger.flush()
    const refused = run({ url: 'ws://h', connections: 2, ...machines(server, 2, { wait: 0 }) })
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('1 was there: one') })
    expect(one.lines.at(-1)).toMatch(/^waits for runs/)
  })
})
