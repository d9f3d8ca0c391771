import { clearInterval, setInterval } from 'node:timers'
import { WsLoadError } from '../errors.ts'
import type { FloodReport, Snapshot } from '../generator/flood-report.ts'
import type { SeenAgent } from '../generator/load-generator.ts'
import type { RecordedInterval } from '../generator/intervals.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import { sum } from '../statistics/sum.ts'
import { printable, printableLines } from '../printable.ts'
import { type ClockOffset, measureOffset } from './clock-offset.ts'
import {
  agentPatienceMs,
  type AgentIntroduction,
  type AgentNotice,
  type AgentOrder,
  aliveEveryMs,
  subjects,
} from './messages.ts'
import type { Msg, NatsConnection, Subscription } from './nats.ts'
import { Outbox } from './outbox.ts'
import { Unpacker } from './parcels.ts'
import { Patience } from './patience.ts'

type Answer<Type extends AgentNotice['type']> = Extract<AgentNotice, { readonly type: Type }>
type Asking = Extract<AgentOrder, { readonly nth: number }>
type Unnumbered<Order> = Order extends unknown ? Omit<Order, 'nth'> : never

/** By how much two clocks drift apart at most, for each millisecond: twice the tolerance that NTP corrects (RFC 5905, `MAXFREQ`). */
const mostDrift = 2 * 500e-6

/** When an agent was lost, in milliseconds of `process.uptime()`, and why. */
export interface LostAgent {
  readonly at: number
  readonly reason: string
}

interface Watched {
  /** Unique in the run. */
  readonly name: string
  readonly onLost: (link: AgentLink) => void
  /** Is called again and again while it has no connection left. */
  readonly onDeserted: () => void
}

/** An agent that a run has, as its coordinator sees it. */
export class AgentLink {
  /** Unique in the run. */
  readonly name: string
  readonly introduction: AgentIntroduction
  /** Resolves when its connections are open or have failed. */
  readonly connected: Promise<void>
  /** Resolves when it will start at the instant it was told. */
  readonly armed: Promise<void>
  /** Resolves with its reports when its threads have ended; with `undefined` if it is lost. */
  readonly done: Promise<readonly (readonly FloodReport[])[] | undefined>
  /** How its clock differs from this one's; `undefined` until it was asked. */
  clock: ClockOffset | undefined
  /** Connections that it was to open, of each flood. */
  connections: readonly number[] = []
  lost: LostAgent | undefined
  /** Whether it has no connection left. */
  isDeserted = false
  /** Whether nothing of what it has measured will come. */
  isGone = false
  readonly #outbox: Outbox<AgentOrder>
  readonly #subscription: Subscription
  readonly #unpacker = new Unpacker()
  readonly #patience: Patience
  readonly #heartbeat: NodeJS.Timeout
  readonly #connected = Promise.withResolvers<void>()
  readonly #armed = Promise.withResolvers<void>()
  readonly #done = Promise.withResolvers<readonly (readonly FloodReport[])[] | undefined>()
  readonly #asked = new Map<number, (notice: AgentNotice | undefined) => void>()
  readonly #onLost: Watched['onLost']
  readonly #onDeserted: Watched['onDeserted']
  #questions = 0
  #hasReported = false
  /** Nothing that it is asked will be answered. */
  #isSilent = false

  constructor(
    connection: NatsConnection,
    run: string,
    introduction: AgentIntroduction,
    { name, onLost, onDeserted }: Watched,
  ) {
    this.name = name
    this.introduction = introduction
    this.#outbox = new Outbox(connection, subjects.orders(run, introduction.id))
    this.#onLost = onLost
    this.#onDeserted = onDeserted
    this.connected = this.#connected.promise
    this.armed = this.#armed.promise
    this.done = this.#done.promise
    for (const promise of [this.connected, this.armed]) promise.catch(() => {})
    this.#subscription = connection.subscribe(subjects.notices(run, introduction.id), {
      callback: (error, message) => (error === null ? this.#take(message) : this.lose(error.message)),
    })
    this.#patience = new Patience(agentPatienceMs, () =>
      this.lose(`nothing was heard of it for ${agentPatienceMs / 1_000} s`),
    )
    this.#heartbeat = setInterval(() => {
      const isMissed = this.lost !== undefined && !this.isGone && !this.#hasReported
      this.#outbox.sendNow({ type: isMissed ? 'report' : 'alive' })
    }, aliveEveryMs)
  }

  /** Whether something that takes several messages is on its way. */
  get isTelling(): boolean {
    return this.#unpacker.isWithin
  }

  order(order: AgentOrder): void {
    this.#outbox.send(order)
  }

  plan(floods: readonly (readonly ThreadPlan[])[]): void {
    this.connections = floods.map((plans) => sum(plans.map(({ connections }) => connections)))
    this.order({ type: 'plan', floods })
  }

  /**
   * Asks for its clock several times.
   * @throws {WsLoadError} `WSLOAD_ERR_AGENTS` if it is lost
   */
  async agreeOnTime(): Promise<void> {
    this.clock = await this.#measureClock()
  }

  /** The same at the end: by what the two clocks have drifted apart, instants are uncertain too. */
  async agreeAgain(): Promise<void> {
    if (this.clock === undefined) return
    const { offset, uncertainty, at } = this.clock
    try {
      const clock = await this.#measureClock()
      const drifted = Math.abs(clock.offset - offset) + clock.uncertainty
      this.clock = { offset, uncertainty: Math.max(uncertainty, drifted), at: clock.at }
    } catch {
      // It is gone.
      const elapsed = process.uptime() * 1_000 - at
      this.clock = { offset, uncertainty: uncertainty + mostDrift * elapsed, at }
    }
  }

  async #measureClock(): Promise<ClockOffset> {
    return measureOffset(async () => {
      const { at } = (await this.#ask<'clock'>({ type: 'clock' })) ?? {}
      if (at === undefined) throw this.error()
      return at
    })
  }

  /** @param at milliseconds of this process's `process.uptime()` */
  async startAt(at: number): Promise<void> {
    this.order({ type: 'start', at: at + (this.clock?.offset ?? 0) })
    await this.armed
  }

  async snapshot(overdueAfter: number): Promise<readonly (readonly Snapshot[])[]> {
    const answer = await this.#ask<'snapshot'>({ type: 'snapshot', overdueAfter })
    if (answer !== undefined) return answer.snapshots
    const reports = (await this.done) ?? []
    return reports.map((threads) => threads.map((report) => ({ ...report, underway: 0 })))
  }

  async latestSeconds(): Promise<readonly (readonly RecordedInterval[])[]> {
    return (await this.#ask<'latestSeconds'>({ type: 'latestSeconds' }))?.seconds ?? []
  }

  /** NATS is away: what is said meanwhile may be lost, and nobody knows what it does. */
  hold(): void {
    this.interrupt("the coordinator's connection to NATS was lost")
    this.#outbox.hold()
    this.#patience.pause()
  }

  /** NATS is back. */
  resume(): void {
    this.#outbox.resume()
    this.#patience.resume()
  }

  /** It was lost, and yet may still tell what it has measured until then. */
  interrupt(reason: string): void {
    // What was asked for since may never be answered.
    if (this.#hasReported) this.#settle()
    if (this.lost !== undefined || this.#hasReported) return
    this.lost = { at: process.uptime() * 1_000, reason: printable(reason) }
    this.#onLost(this)
  }

  /** It is of no use to this run any more. */
  lose(reason: string): void {
    this.#isSilent = true
    this.interrupt(reason)
    if (this.isGone || this.#hasReported) return
    this.isGone = true
    const error = this.error()
    this.#connected.reject(error)
    this.#armed.reject(error)
    this.#settle()
    this.#done.resolve(undefined)
  }

  /** What is known of it without its reports. @param begin of the measured window, in milliseconds of `process.uptime()` */
  seen(flood: number, begin: number): SeenAgent {
    return {
      name: this.name,
      connections: this.connections[flood]!,
      clockUncertainty: this.clock?.uncertainty,
      environment: this.introduction.environment,
      ...(this.lost !== undefined && { lost: { at: this.lost.at - begin, reason: this.lost.reason } }),
    }
  }

  /** Why it cannot be part of a run. */
  error(): WsLoadError {
    return new WsLoadError(
      'WSLOAD_ERR_AGENTS',
      `wsLoad: the agent ${this.name} was lost: ${this.lost?.reason ?? 'it does not answer'}`,
    )
  }

  /** Lets it go. */
  end(): void {
    clearInterval(this.#heartbeat)
    this.#patience.end()
    this.order({ type: 'release' })
    this.#subscription.unsubscribe()
  }

  /** @returns `undefined` once it has ended, or is lost */
  async #ask<Type extends Asking['type']>(
    question: Unnumbered<Extract<Asking, { readonly type: Type }>>,
  ): Promise<Answer<Type> | undefined> {
    if (this.#isSilent || (this.#hasReported && question.type !== 'clock')) return undefined
    const nth = this.#questions++
    const answer = new Promise<AgentNotice | undefined>((resolve) => this.#asked.set(nth, resolve))
    this.order({ ...question, nth })
    return (await answer) as Answer<Type> | undefined
  }

  #take({ data }: Msg): void {
    this.#patience.heard()
    try {
      const received = this.#unpacker.take(data)
      if (received === undefined) return
      if (received.isAfterGap) this.interrupt('something that it said was lost')
      this.#hear(received.message as AgentNotice)
    } catch (error) {
      this.lose(`it said what cannot be read (${(error as Error).message})`)
    }
  }

  #hear(notice: AgentNotice): void {
    switch (notice.type) {
      case 'connected':
        this.#connected.resolve()
        break
      case 'armed':
        this.#armed.resolve()
        break
      case 'clock':
      case 'snapshot':
      case 'latestSeconds':
        this.#asked.get(notice.nth)?.(notice)
        this.#asked.delete(notice.nth)
        break
      case 'done':
        this.#hasReported = true
        this.#settle()
        this.#done.resolve(notice.reports)
        break
      case 'failed':
        this.#connected.reject(
          new WsLoadError(notice.code, `${printableLines(notice.message).join('\n')}\n  (of the agent ${this.name})`),
        )
        this.lose(notice.message.replace(/^wsLoad: /, ''))
        break
      case 'interrupted':
        this.interrupt(notice.reason)
        break
      case 'leaving':
        this.lose(notice.reason)
        break
      case 'alive':
        this.isDeserted = notice.isDeserted
        if (notice.isDeserted) this.#onDeserted()
    }
  }

  /** Nothing that was asked for will be answered. */
  #settle(): void {
    for (const answer of this.#asked.values()) answer(undefined)
    this.#asked.clear()
  }
}
