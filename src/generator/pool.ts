import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { AfterSilence, ConnectionTotals } from '../result/load-result.ts'
import { closingHandshakeMs } from './web-socket.ts'
import { Connection, type ConnectionContext, type State } from './connection.ts'
import { Reconnects } from './reconnects.ts'

/** Handshakes that a thread waits for before it begins others: more would overflow a server's listen backlog. */
const mostHandshakes = 128
/** Connections that are begun in one iteration of the event loop: none of their sockets begins to connect before all are made. */
const begunTogether = 8
/**
 * A server that finishes none of them for so long is waited for no longer before the next ones begin; each time it still has
 * finished none, for half as long.
 */
const [longestPatienceMs, shortestPatienceMs] = [1_000, 50]
/** And for no more than this part of `connectTimeout`. */
const patiencePerTimeout = 1 / 4
/** How often it is checked whether there is something to wait for. */
const checkEveryMs = 2
/** Handshakes that could not begin in time are made up for if they are no later than this. */
const mostCatchUpMs = 20

interface PoolContext extends Omit<ConnectionContext, 'changed'> {
  /** A connection has ended early. */
  readonly ended: (connection: Connection) => void
  /** A connection that had ended early is open again. */
  readonly cameBack: (connection: Connection) => void
}

/** All connections of a flood in one thread. */
export class ConnectionPool {
  readonly connections: Connection[] = []
  /** Open now: neither side has begun to close. */
  live = 0
  /** Once open, and not gone. */
  #sockets = 0
  /** Those that have others in their places, and a socket still. */
  readonly #replaced = new Set<Connection>()
  /** Those that are connecting, and that the next ones wait for. */
  readonly #awaited = new Set<Connection>()
  #patienceMs = 0
  /** When a handshake was finished, or waited for no longer. */
  #lastProgress = 0
  #opened = 0
  #failed = 0
  #failedSessions = 0
  /** When the next session may begin, in milliseconds of `performance.now()`. */
  #nextSession = 0
  /** When the next handshake may begin, likewise. */
  #nextConnect = 0
  /** Numbers of connections that are to be opened again now. */
  readonly #toReopen: number[] = []
  #closedEarly = 0
  #failedAfterSilence = 0
  #failedReconnectsAfterSilence = 0
  #closedAfterSilence = 0
  #isAbandoned = false
  readonly #context: ConnectionContext
  readonly #reconnects: Reconnects
  /** A connection that had ended is open again. */
  readonly #cameBack: (connection: Connection) => void
  readonly #ended: (connection: Connection) => void

  constructor({ cameBack, ended, ...context }: PoolContext) {
    this.#context = { ...context, changed: (connection, before) => this.#count(connection, before) }
    this.#reconnects = new Reconnects(context.plan.reconnect, (index) => this.#reopenInTurn(index))
    this.#cameBack = cameBack
    this.#ended = ended
  }

  /** Whether no connection is left, and none comes back. */
  get isGone(): boolean {
    return this.live === 0 && !this.#reconnects.isAnyAway
  }

  /** Opens the plan's connections at its pace; resolves when each of them is open, its session over, or has failed. */
  async open(): Promise<void> {
    const { connections, firstConnection } = this.#context.plan
    this.#nextConnect = performance.now()
    this.#progress()
    for (let nth = 0; nth < connections && !this.#isAbandoned; nth++) {
      await this.#waitUntil(() => this.#mayConnect || this.#isAbandoned)
      if (nth % begunTogether === 0) await turn()
      if (this.#isAbandoned) return
      this.connections.push(this.#begin(() => new Connection(firstConnection + nth, this.#context)))
    }
    await this.#waitUntil(() => this.#opened + this.#failed === connections || this.#isAbandoned)
  }

  /** Opens no connection again from now on. */
  stopReconnecting(): void {
    this.#reconnects.stop()
  }

  /** How long those that have ended may wait for their next attempt, in milliseconds: 0 if none has come back, or will. */
  get longestAbsence(): number {
    return this.#reconnects.longestWait
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
    this.stopReconnecting()
    for (const connection of this.connections) {
      if (connection.state === 'connecting' || connection.state === 'in session') connection.close()
    }
  }

  /**
   * Says goodbye on all connections; resolves when no socket is left. Attempts to open one again are let come to their end
   * before, which `connectTimeout` and `sessionTimeout` bound: what they would have come to belongs to the run.
   */
  async close(): Promise<void> {
    for (const connection of this.connections) if (connection.state === 'open') connection.close()
    await this.#waitUntil(() => this.#isAbandoned || !this.#reconnects.isAnyUnderWay)
    const deadline = performance.now() + closingHandshakeMs
    this.abandon()
    for (const connection of this.connections) connection.close()
    await this.#waitUntil(() => this.#sockets === 0 || performance.now() >= deadline)
    for (const connection of [...this.connections, ...this.#replaced]) connection.terminate()
    await this.#waitUntil(() => this.#sockets === 0)
  }

  get totals(): ConnectionTotals {
    return {
      requested: this.#context.plan.connections,
      opened: this.#opened,
      failed: this.#failed,
      closedEarly: this.#closedEarly,
      failedSessions: this.#failedSessions,
      reconnects: this.#reconnects.attempts,
      failedReconnects: this.#reconnects.failed,
    }
  }

  /** Those of the {@link totals} that may be due to a silence of this thread. */
  get afterSilence(): Pick<AfterSilence, 'failed' | 'closedEarly' | 'failedReconnects'> {
    return {
      failed: this.#failedAfterSilence,
      closedEarly: this.#closedAfterSilence,
      failedReconnects: this.#failedReconnectsAfterSilence,
    }
  }

  /** Whether another connection may begin its handshake. */
  #hasPlace(): boolean {
    if (this.#awaited.size < mostHandshakes) return true
    if (performance.now() - this.#lastProgress < this.#patienceMs) return false
    this.#awaited.clear()
    this.#lastProgress = performance.now()
    this.#patienceMs = Math.max(shortestPatienceMs, this.#patienceMs / 2)
    return true
  }

  /** Whether another handshake may begin now. */
  get #mayConnect(): boolean {
    return performance.now() >= this.#nextConnect && this.#hasPlace()
  }

  /** Begins a handshake, the first one of a connection or a later one; the next one may begin as much later as the rates say. */
  #begin(connect: () => Connection): Connection {
    // One that had to wait for its session could not answer what the server says meanwhile.
    const { connectRate, sessionRate } = this.#context.plan
    const earliest = performance.now() - mostCatchUpMs
    this.#nextConnect = Math.max(this.#nextConnect, earliest) + 1_000 / Math.min(connectRate, sessionRate)
    const connection = connect()
    this.#awaited.add(connection)
    return connection
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
    if (before === 'connecting' && state !== 'failed') {
      this.live++
      this.#sockets++
    }
    if (state === 'in session') {
      this.#beginSession(connection)
    } else if (state === 'open') {
      if (this.#reconnects.has(connection.index)) this.#reopened(connection)
      else this.#opened++
    } else if (state === 'failed') {
      if (before !== 'connecting') {
        this.#failedSessions++
        this.live--
      }
      this.#failedAttempt(connection, isAfterSilence && !connection.isRefused)
    } else if (state === 'ended') {
      this.live--
      this.#closedEarly++
      if (isAfterSilence) this.#closedAfterSilence++
      this.#reconnects.ended(connection.index, performance.now())
      this.#ended(connection)
    } else if (state === 'closing') {
      this.live--
    } else if (state === 'closed') {
      this.#sockets--
      this.#replaced.delete(connection)
    }
  }

  #failedAttempt({ index }: Connection, isAfterSilence: boolean): void {
    if (this.#reconnects.has(index)) {
      this.#reconnects.failedAgain(index)
      if (isAfterSilence) this.#failedReconnectsAfterSilence++
    } else {
      this.#failed++
      if (isAfterSilence) this.#failedAfterSilence++
    }
  }

  /** Opens a connection again as soon as the pace allows it. */
  #reopenInTurn(index: number): void {
    this.#toReopen.push(index)
    if (this.#toReopen.length === 1) this.#reopenDue()
  }

  #reopenDue(): void {
    while (this.#toReopen.length > 0 && this.#mayConnect) this.#reopen(this.#toReopen.shift()!)
    if (this.#toReopen.length > 0) this.#reconnects.later(() => this.#reopenDue(), checkEveryMs)
  }

  #reopen(index: number): void {
    this.#reconnects.begun(index)
    const nth = index - this.#context.plan.firstConnection
    const ended = this.connections[nth]!
    if (!ended.isClosed) this.#replaced.add(ended)
    this.connections[nth] = this.#begin(() => ended.again())
  }

  #reopened(connection: Connection): void {
    const { clock, recorder } = this.#context
    recorder.cameBack(this.#reconnects.cameBack(connection.index), clock.floor, performance.now())
    this.#cameBack(connection)
  }

  /** A handshake is over, well or not. */
  #connected(connection: Connection): void {
    this.#awaited.delete(connection)
    const hasTimedOut = performance.now() - connection.started > this.#context.plan.connectTimeout
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
