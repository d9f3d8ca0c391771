import { setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AfterSilence, ConnectionTotals } from '../result/load-result.ts'
import { closingHandshakeMs } from './web-socket.ts'
import { Connection, type ConnectionContext, type State } from './connection.ts'

/** Handshakes that a thread waits for before it begins others: more would overflow a server's listen backlog. */
const mostHandshakes = 128
/**
 * A server that finishes none of them for so long is waited for no longer before the next ones begin; each time it still has
 * finished none, for half as long.
 */
const [longestPatienceMs, shortestPatienceMs] = [1_000, 50]
/** And for no more than this part of `connectTimeout`. */
const patiencePerTimeout = 1 / 4
/** How often it is checked whether there is something to wait for. */
const checkEveryMs = 2

/** All connections of a flood in one thread. */
export class ConnectionPool {
  readonly connections: Connection[] = []
  /** Open now: neither side has begun to close. */
  live = 0
  /** Once open, and not gone. */
  #sockets = 0
  #connecting = 0
  /** Of those that are connecting, how many the next ones wait for. */
  #awaited = 0
  /** Connections up to this number are not waited for by the next ones. */
  #unawaitedBelow = 0
  #patienceMs = 0
  /** When a handshake was finished, or waited for no longer. */
  #lastProgress = 0
  #inSession = 0
  #opened = 0
  #failed = 0
  #failedSessions = 0
  /** When the next session may begin, in milliseconds of `performance.now()`. */
  #nextSession = 0
  #closedEarly = 0
  #failedAfterSilence = 0
  #closedAfterSilence = 0
  #isAbandoned = false
  readonly #context: ConnectionContext

  constructor(context: Omit<ConnectionContext, 'changed'>) {
    this.#context = { ...context, changed: (connection, before) => this.#count(connection, before) }
  }

  /** Opens the plan's connections at its pace; resolves when each of them is open, its session over, or has failed. */
  async open(): Promise<void> {
    const { connections, firstConnection, sessionRate } = this.#context.plan
    // One that has to wait for its session could not answer what the server says meanwhile.
    const connectRate = Math.min(this.#context.plan.connectRate, sessionRate)
    const started = performance.now()
    this.#progress()
    for (let nth = 0; nth < connections && !this.#isAbandoned; nth++) {
      const due = started + (connectRate === Infinity ? 0 : (nth * 1_000) / connectRate)
      const mayConnect = (): boolean => performance.now() >= due && this.#hasPlace(firstConnection + nth)
      await this.#waitUntil(() => mayConnect() || this.#isAbandoned)
      if (this.#isAbandoned) return
      this.#connecting++
      this.#awaited++
      this.connections.push(new Connection(firstConnection + nth, this.#context))
    }
    await this.#waitUntil(() => this.#connecting + this.#inSession === 0 || this.#isAbandoned)
  }

  /** Settles pings, handshakes and sessions that had waited too long when the event loop last polled for answers. */
  expire(): void {
    const { clock, plan } = this.#context
    clock.update()
    const now = clock.floor
    const { connectTimeout } = plan
    for (const connection of this.connections) {
      if (connection.state === 'open') connection.expire(now)
      else if (connection.state === 'in session') connection.expireSession(now)
      else if (connection.state === 'connecting' && now - connection.started > connectTimeout) {
        connection.fail({ code: 'CONNECT_TIMEOUT', sample: `not open after ${connectTimeout} ms` })
      }
    }
  }

  /** Whether pings wait to be sent until the server has answered others. */
  get holdsBack(): boolean {
    return this.connections.some((connection) => connection.holdsBack)
  }

  /** Calls back with when each unanswered ping was due and sent, in milliseconds of `performance.now()`: Infinity if it waits. */
  forEachUnanswered(visit: (due: number, sent: number) => void): void {
    for (const connection of this.connections) connection.forEachUnanswered(visit)
  }

  /** Waits for no answer any more. */
  giveUp(): void {
    for (const connection of this.connections) connection.giveUp()
  }

  /** Opens no more connections and ends those that are still connecting, or whose session is not over. */
  abandon(): void {
    this.#isAbandoned = true
    for (const connection of this.connections) {
      if (connection.state === 'connecting' || connection.state === 'in session') connection.close()
    }
  }

  /** Says goodbye on all connections; resolves when no socket is left. */
  async close(): Promise<void> {
    const deadline = performance.now() + closingHandshakeMs
    this.abandon()
    for (const connection of this.connections) connection.close()
    await this.#waitUntil(() => this.#sockets === 0 || performance.now() >= deadline)
    for (const connection of this.connections) connection.terminate()
    await this.#waitUntil(() => this.#sockets === 0)
  }

  get totals(): ConnectionTotals {
    return {
      requested: this.#context.plan.connections,
      opened: this.#opened,
      failed: this.#failed,
      closedEarly: this.#closedEarly,
      failedSessions: this.#failedSessions,
    }
  }

  /** Those of the {@link totals} that may be due to a silence of this thread. */
  get afterSilence(): Pick<AfterSilence, 'failed' | 'closedEarly'> {
    return { failed: this.#failedAfterSilence, closedEarly: this.#closedAfterSilence }
  }

  /** Whether the connection of this number may begin its handshake. */
  #hasPlace(next: number): boolean {
    if (this.#awaited < mostHandshakes) return true
    if (performance.now() - this.#lastProgress < this.#patienceMs) return false
    this.#awaited = 0
    this.#unawaitedBelow = next
    this.#lastProgress = performance.now()
    this.#patienceMs = Math.max(shortestPatienceMs, this.#patienceMs / 2)
    return true
  }

  /** A handshake was finished: the server does work on them. */
  #progress(): void {
    this.#lastProgress = performance.now()
    this.#patienceMs = Math.min(longestPatienceMs, this.#context.plan.connectTimeout * patiencePerTimeout)
  }

  async #waitUntil(isReached: () => boolean): Promise<void> {
    while (!isReached()) await sleep(checkEveryMs)
  }

  #count(connection: Connection, before: State): void {
    const { state } = connection
    const { isAfterSilence } = this.#context.clock
    if (before === 'connecting') this.#connected(connection)
    if (before === 'in session') this.#inSession--
    if (before === 'connecting' && state !== 'failed') {
      this.live++
      this.#sockets++
    }
    if (state === 'in session') {
      this.#inSession++
      this.#beginSession(connection)
    } else if (state === 'open') {
      this.#opened++
    } else if (state === 'failed') {
      this.#failed++
      if (isAfterSilence) this.#failedAfterSilence++
      if (before === 'connecting') return
      this.#failedSessions++
      this.live--
    } else if (state === 'ended') {
      this.live--
      this.#closedEarly++
      if (isAfterSilence) this.#closedAfterSilence++
    } else if (state === 'closing') {
      this.live--
    } else if (state === 'closed') {
      this.#sockets--
    }
  }

  /** A handshake is over, well or not. */
  #connected({ index, started }: Connection): void {
    this.#connecting--
    if (index >= this.#unawaitedBelow) this.#awaited--
    const hasTimedOut = performance.now() - started > this.#context.plan.connectTimeout
    if (!hasTimedOut) this.#progress()
  }

  /** Begins the session of a connection that has opened when it is its turn. */
  #beginSession(connection: Connection): void {
    const now = performance.now()
    const due = Math.max(now, this.#nextSession)
    this.#nextSession = due + 1_000 / this.#context.plan.sessionRate
    if (due === now) connection.beginSession()
    else setTimeout(() => connection.beginSession(), due - now)
  }
}
