import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FloodReport } from '../generator/flood-report.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import { WsLoadError } from '../errors.ts'
import { type ResolvedTls, safeParseReadTls } from '../options/tls.ts'
import type { AgentOptions, LocalGenerator } from './agent-options.ts'
import { type AgentNotice, type AgentOrder, aliveEveryMs, coordinatorPatienceMs, subjects } from './messages.ts'
import type { Msg, NatsConnection, Subscription } from './nats.ts'
import { Outbox } from './outbox.ts'
import { Unpacker } from './parcels.ts'
import { Patience } from './patience.ts'
import { arrived, isCode } from './travelling-probe.ts'

/** A run that an agent works for. */
export class AgentRun {
  readonly id: string
  readonly #connection: NatsConnection
  readonly #options: AgentOptions
  readonly #outbox: Outbox<AgentNotice>
  readonly #subscription: Subscription
  readonly #unpacker = new Unpacker()
  readonly #patience: Patience
  readonly #heartbeat: NodeJS.Timeout
  readonly #ended: (how: string) => void
  #generator: LocalGenerator | undefined
  /** Where modules that it was sent are. */
  #directory: string | undefined
  /** What was measured, once it is over. */
  #reports: readonly (readonly FloodReport[])[] | undefined
  #isPlanned = false
  /** A report is on its way to NATS. */
  #isReporting = false
  #hasEnded = false

  constructor(
    connection: NatsConnection,
    { run, id }: { readonly run: string; readonly id: string },
    options: AgentOptions,
    ended: (how: string) => void,
  ) {
    this.id = run
    this.#connection = connection
    this.#options = options
    this.#outbox = new Outbox(connection, subjects.notices(run, id))
    this.#ended = ended
    this.#subscription = connection.subscribe(subjects.orders(run, id), {
      callback: (error, message) => (error === null ? this.#take(message) : void this.end(error.message)),
    })
    const ms = coordinatorPatienceMs
    this.#patience = new Patience(ms, () => {
      const reason = `nothing was heard of its coordinator for ${ms / 1_000} s`
      this.#say({ type: 'leaving', reason })
      void this.end(reason)
    })
    // Until its work is planned, the coordinator may not listen yet.
    this.#heartbeat = setInterval(() => {
      if (this.#isPlanned) this.#outbox.sendNow({ type: 'alive', isDeserted: this.#generator?.isDeserted === true })
    }, aliveEveryMs)
  }

  /** NATS is away: ends the load. What was measured is told when it is back. */
  hold(): void {
    this.#generator?.abort()
    this.#outbox.hold()
    this.#say({ type: 'interrupted', reason: 'its connection to NATS was lost' })
  }

  /** NATS is back. */
  resume(): void {
    this.#outbox.resume()
  }

  /** Ends it, and tells at once that it is lost. */
  async leave(): Promise<void> {
    this.#say({ type: 'leaving', reason: 'it was ended' })
    await this.#connection.flush().catch(() => {})
    await this.end('it leaves')
  }

  /** Ends it, and leaves nothing behind. */
  async end(how: string): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearInterval(this.#heartbeat)
    this.#patience.end()
    this.#subscription.unsubscribe()
    try {
      await this.#generator?.terminate()
      if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
    } finally {
      this.#ended(how)
    }
  }

  #say(notice: AgentNotice): void {
    if (!this.#hasEnded) this.#outbox.send(notice)
  }

  #take({ data }: Msg): void {
    this.#patience.heard()
    try {
      const received = this.#unpacker.take(data)
      if (received === undefined) return
      if (received.isAfterGap) {
        this.#generator?.abort()
        this.#say({ type: 'interrupted', reason: 'something that it was told was lost' })
      }
      this.#obey(received.message as AgentOrder)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #obey(order: AgentOrder): void {
    const generator = this.#generator
    switch (order.type) {
      case 'plan':
        this.#isPlanned = true
        void this.#work(order.floods)
        break
      case 'clock':
        this.#say({ type: 'clock', nth: order.nth, at: process.uptime() * 1_000 })
        break
      case 'start':
        this.#start(order.at)
        break
      case 'snapshot':
        void this.#answer(generator?.snapshot(order.overdueAfter), (snapshots) => ({
          type: 'snapshot',
          nth: order.nth,
          snapshots,
        }))
        break
      case 'latestSeconds':
        void this.#answer(generator?.latestSeconds(), (seconds) => ({ type: 'latestSeconds', nth: order.nth, seconds }))
        break
      case 'finish':
        generator?.finish()
        break
      case 'abort':
        generator?.abort()
        break
      case 'alive':
        break
      case 'report':
        generator?.abort()
        void this.#report()
        break
      case 'release':
        void this.end('the run is over')
    }
  }

  /** Opens the connections, and says what its threads find out. */
  async #work(floods: readonly (readonly ThreadPlan[])[]): Promise<void> {
    try {
      this.#generator = this.#options.open(floods.map((plans) => plans.map((plan) => this.#arrived(plan))))
      await this.#generator.connected()
      this.#say({ type: 'connected' })
      this.#reports = await this.#generator.done()
      await this.#report()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Says what was measured, once it is over. */
  async #report(): Promise<void> {
    if (this.#reports === undefined || this.#isReporting) return
    this.#isReporting = true
    this.#say({ type: 'done', reports: this.#reports })
    await this.#connection.flush().catch(() => {})
    this.#isReporting = false
  }

  #start(at: number): void {
    const late = process.uptime() * 1_000 - at
    if (late >= 0) {
      this.#fail(new WsLoadError('WSLOAD_ERR_AGENTS', `wsLoad: it was told to start ${Math.ceil(late)} ms too late`))
      return
    }
    this.#generator?.start(at)
    this.#say({ type: 'armed' })
  }

  async #answer<Found>(found: Promise<Found> | undefined, notice: (found: Found) => AgentNotice): Promise<void> {
    try {
      if (found !== undefined) this.#say(notice(await found))
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    const code = error instanceof WsLoadError ? error.code : 'WSLOAD_ERR_THREAD_CRASHED'
    this.#say({ type: 'failed', code, message: error.message })
    void this.end(error.message)
  }

  /** A plan as threads of this machine can have it. */
  #arrived(plan: ThreadPlan): ThreadPlan {
    const { allowsCode, localAddresses, name } = this.#options
    if (isCode(plan.probe) && !allowsCode) {
      throw new WsLoadError(
        'WSLOAD_ERR_AGENTS',
        `wsLoad: the agent ${name} takes no code: it was started without --allow-code`,
      )
    }
    const probe = arrived(plan.probe, (text, ending) => this.#keep(text, ending))
    return { ...plan, localAddresses, tls: arrivedTls(plan.tls), probe }
  }

  /** Puts a module into a file from where it finds this package, and nothing else. */
  #keep(text: string, ending: string): string {
    if (this.#directory === undefined) {
      this.#directory = mkdtempSync(join(tmpdir(), 'ws-load-agent-'))
      mkdirSync(join(this.#directory, 'node_modules'))
      symlinkSync(
        fileURLToPath(new URL('../../', import.meta.url)),
        join(this.#directory, 'node_modules/vitest-ws-load'),
      )
    }
    const file = join(this.#directory, `sent${ending}`)
    writeFileSync(file, text)
    return pathToFileURL(file).href
  }
}

/** Node would load libraries of its machine for some of the options that it has besides. */
function arrivedTls(tls: object): ResolvedTls {
  const read = safeParseReadTls(tls)
  if ('value' in read) return read.value
  throw new WsLoadError('WSLOAD_ERR_AGENTS', `wsLoad: it was told of TLS what no run has: ${read.mistakes.join('; ')}`)
}
