/** Somebody who has an agent work for a run, and tells it whatever a test wants it to be told. */
import { randomUUID } from 'node:crypto'
import { connect } from '@nats-io/transport-node'
import { vi } from 'vitest'
import { findAgents } from '../../src/machines/find-agents.ts'
import { type AgentNotice, type AgentOrder, subjects } from '../../src/machines/messages.ts'
import { Outbox } from '../../src/machines/outbox.ts'
import { Unpacker } from '../../src/machines/parcels.ts'
import { parseOptions } from '../../src/options/options.ts'
import { describeEnvironment } from '../../src/run/environment.ts'
import { machines, type NatsServer } from './nats.ts'

export interface RawCoordinator extends AsyncDisposable {
  order(order: AgentOrder): void
  /** Resolves with the first thing of this kind that the agent has said. */
  hears(type: AgentNotice['type']): Promise<AgentNotice>
}

export async function rawCoordinator(server: Pick<NatsServer, 'url'>, group = 'default'): Promise<RawCoordinator> {
  const { machines: asked } = parseOptions({ url: 'ws://h', ...machines(server, 1, { group }) })
  const connection = await connect({ servers: server.url.slice('nats://'.length) })
  const request = { run: randomUUID(), version: describeEnvironment().version }
  const deadline = process.uptime() * 1_000 + asked!.wait
  const [agent] = await findAgents(connection, asked!, { request, deadline, signal: undefined })
  const said: AgentNotice[] = []
  const notices = new Unpacker()
  connection.subscribe(subjects.notices(request.run, agent!.id), {
    callback: (_, { data }) => {
      const notice = notices.take(data)?.message as AgentNotice | undefined
      if (notice !== undefined) said.push(notice)
    },
  })
  const orders = new Outbox<AgentOrder>(connection, subjects.orders(request.run, agent!.id))
  return {
    order: (order) => orders.send(order),
    hears: (type) => vi.waitUntil(() => said.find((notice) => notice.type === type), { timeout: 30_000, interval: 10 }),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
