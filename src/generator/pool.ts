import { setTimeout as elapsed } from 'node:timers/promises'
import type { ConnectionTotals } from '../result/load-result.ts'
import { Connection, type ConnectionContext } from './connection.ts'

/** Handshakes a thread has under way at the same time at most: more would overflow a server's listen backlog. */
const mostHandshakes = 128
/** How long a server may take for its part of the closing handshakes, in milliseconds. */
const closingTime = 500
/** How often a waiting phase looks whether it is over, in milliseconds. */
const lookEvery = 2

/** All connections of a thread. */
export class ConnectionPool {
  readonly connections: Connection[] = []
  /** Open now. */
  live = 0
  #connecting = 0
  #opened = 0
  #failed = 0
  #closedEarly = 0
  #abandoned = false
  readonly #context: ConnectionContext

  constructor(context: Omit<ConnectionContext, 'changed'>) {
    this.#context = { ...context, changed: (connection) => this.#count(connection) }
  }

  /** Opens the plan's connections at its pace; resolves when each of them is open or has failed. */
  async open(): Promise<void> {
    const { connections, connectRate, firstConnection } = this.#context.plan
    const started = performance.now()
    while (this.connections.length < connections && !this.#abandoned) {
      const nth = this.connections.length
      const due = started + (connectRate === Infinity ? 0 : (nth * 1_000) / connectRate)
      if (performance.now() >= due && this.#connecting < mostHandshakes) {
        this.#connecting++
        this.connections.push(new Connection(firstConnection + nth, this.#context))
      } else {
        await elapsed(lookEvery)
      }
    }
    while (this.#connecting > 0 && !this.#abandoned) await elapsed(lookEvery)
  }

  /** Settles pings and handshakes that had waited too long when the event loop last looked for answers. */
  expire(): void {
    const { clock, plan } = this.#context
    clock.look()
    const now = clock.before
    const { connectTimeout } = plan
    for (const connection of this.connections) {
      if (connection.state === 'open') connection.expire(now)
      else if (connection.state === 'connecting' && now - connection.started > connectTimeout) {
        connection.fail({ code: 'CONNECT_TIMEOUT', sample: `not open after ${connectTimeout} ms` })
      }
    }
  }

  /** Calls back with when each unanswered ping was due and sent, in milliseconds of `performance.now()`. */
  forEachUnanswered(visit: (due: number, sent: number) => void): void {
    for (const connection of this.connections) connection.forEachUnanswered(visit)
  }

  /** Opens no more connections and ends those that are still connecting. */
  abandon(): void {
    this.#abandoned = true
    for (const connection of this.connections) if (connection.state === 'connecting') connection.close()
  }

  /** Says goodbye on all connections; resolves when no socket is left. */
  async close(): Promise<void> {
    const deadline = performance.now() + closingTime
    this.abandon()
    for (const connection of this.connections) connection.close()
    while (this.live > 0 && performance.now() < deadline) await elapsed(lookEvery)
    for (const connection of this.connections) connection.terminate()
    while (this.live > 0) await elapsed(lookEvery)
  }

  get totals(): ConnectionTotals {
    return {
      requested: this.#context.plan.connections,
      opened: this.#opened,
      failed: this.#failed,
      closedEarly: this.#closedEarly,
    }
  }

  #count({ state, endedEarly }: Connection): void {
    if (state === 'open') {
      this.#opened++
      this.#connecting--
      this.live++
    } else if (state === 'failed') {
      this.#failed++
      this.#connecting--
    } else if (state === 'ended') {
      this.live--
      if (endedEarly) this.#closedEarly++
    }
  }
}
