/** Somebody who says to coordinators what a test wants to be said, as an agent says it. */
import { randomUUID } from 'node:crypto'
import { connect } from '@nats-io/transport-node'
import { cloneFormat } from '../../src/machines/clone.ts'
import { type AgentNotice, type AgentOrder, aliveEveryMs, subjects } from '../../src/machines/messages.ts'
import { Outbox } from '../../src/machines/outbox.ts'
import { Unpacker } from '../../src/machines/parcels.ts'
import { describeEnvironment } from '../../src/run/environment.ts'
import type { NatsServer } from './nats.ts'

export type Say = (notice: AgentNotice) => void

/**
 * @param accept resolves when it is to say that it works for a run
 * @param obey is told each order
 */
export async function puppetAgent(
  server: Pick<NatsServer, 'url'>,
  name: string,
  obey: (order: AgentOrder, say: Say) => void,
  accept: () => Promise<unknown> = async () => {},
): Promise<AsyncDisposable> {
  const connection = await connect({ servers: server.url.slice('nats://'.length) })
  const id = randomUUID()
  const introduction = {
    id,
    name,
    environment: describeEnvironment(),
    format: cloneFormat,
    processors: 2,
    allowsCode: false,
    isBusy: false,
  }
  connection.subscribe(subjects.discovery('default'), {
    callback: (_, message) => void message.respond(JSON.stringify(introduction)),
  })
  let alive: NodeJS.Timeout | undefined
  connection.subscribe(subjects.reservation(id), {
    callback: (_, message) => {
      const { run, isRelease } = message.json<{ run: string; isRelease?: true }>()
      if (isRelease) return
      const outbox = new Outbox<AgentNotice>(connection, subjects.notices(run, id))
      const orders = new Unpacker()
      connection.subscribe(subjects.orders(run, id), {
        callback: (_error, { data }) => {
          const order = orders.take(data)?.message as AgentOrder | undefined
          if (order?.type === 'plan')
            alive = setInterval(() => outbox.send({ type: 'alive', isDeserted: false }), aliveEveryMs)
          if (order !== undefined) obey(order, (notice) => outbox.send(notice))
        },
      })
      void accept().then(() => message.respond('{"accepted":true}'))
    },
  })
  await connection.flush()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(alive)
      await connection.close()
    },
  }
}

/** What an agent does that is ready at once, up to its start. */
export function readily(order: AgentOrder, say: Say): void {
  if (order.type === 'plan') say({ type: 'connected' })
  if (order.type === 'clock') say({ type: 'clock', nth: order.nth, at: process.uptime() * 1_000 })
}
