import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { WsLoadError } from '../errors.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import { printableLines } from '../printable.ts'
import { withPermission } from '../server/permission.ts'
import type { FloodReport, Snapshot } from '../generator/flood-report.ts'
import type { LoadGenerator } from '../generator/load-generator.ts'
import { MessageTable } from '../generator/message-table.ts'
import { Presence } from '../generator/presence.ts'
import { maskerOfPlan, type ThreadPlan } from '../generator/thread-plan.ts'
import type { RecordedInterval } from '../generator/intervals.ts'
import { sum } from '../statistics/sum.ts'
import { threadNotAllowed } from './machine-limits.ts'
import type { Notice, Order, ThreadWork } from '../generator/messages.ts'

/** How far the causes of an error are followed. */
const mostCauses = 5
/** From the order to start until the start: all threads have to have heard it. */
const startDelayMs = 5

/** The load threads of this process. */
export class LoadThreads implements LoadGenerator {
  readonly isLocal = true
  readonly #threads: LoadThread[] = []
  readonly #floods: number
  readonly #presences: readonly Presence[]

  /**
   * @param floods of each flood what its threads have to do; each thread does its part of all of them
   * @throws {WsLoadError} `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_NOT_PERMITTED`; then none is left
   */
  constructor(floods: readonly (readonly ThreadPlan[])[]) {
    this.#presences = floods.map(presenceOf)
    const placed = floods.map((plans, nth) =>
      withMemory(plans).map((plan) => ({ ...plan, presence: this.#presences[nth]!.memory })),
    )
    const count = Math.max(...placed.map((plans) => plans.length))
    this.#floods = floods.length
    try {
      for (let nth = 0; nth < count; nth++) this.#threads.push(new LoadThread(placed.map((plans) => plans[nth])))
    } catch (error) {
      void this.terminate()
      throw threadNotAllowed(error as Error) ?? error
    }
  }

  async connected(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.connected))
  }

  /** @param at milliseconds of `process.uptime()` */
  start(at: number = process.uptime() * 1_000 + startDelayMs): number {
    for (const thread of this.#threads) thread.order({ type: 'start', at })
    return at
  }

  async done(): Promise<FloodReport[][]> {
    return this.#byFlood(await Promise.all(this.#threads.map((thread) => thread.done)))
  }

  async snapshot(overdueAfter: number): Promise<Snapshot[][]> {
    return this.#byFlood(await Promise.all(this.#threads.map((thread) => thread.snapshot(overdueAfter))))
  }

  async latestSeconds(): Promise<RecordedInterval[][]> {
    return this.#byFlood(await Promise.all(this.#threads.map((thread) => thread.latestSeconds())))
  }

  agents(): undefined {}

  get isDeserted(): boolean {
    return !this.#presences.some(({ isAnyoneHere }) => isAnyoneHere)
  }

  finish(): void {
    for (const thread of this.#threads) thread.order({ type: 'finish' })
  }

  abort(): void {
    for (const thread of this.#threads) thread.order({ type: 'abort' })
  }

  async terminate(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }

  #byFlood<Report>(threads: readonly (readonly (Report | undefined)[])[]): Report[][] {
    return Array.from({ length: this.#floods }, (_, flood) => threads.flatMap((reports) => reports[flood] ?? []))
  }
}

/** What the threads of a fan-out do, with the memory that they share. */
function withMemory(plans: readonly ThreadPlan[]): readonly ThreadPlan[] {
  const shape = plans[0]?.fanOut
  if (shape === undefined) return plans
  const memory = MessageTable.allocate(shape)
  return plans.map((plan) => ({ ...plan, fanOut: { ...plan.fanOut!, memory } }))
}

function presenceOf(plans: readonly ThreadPlan[]): Presence {
  const own = sum(plans.map(({ connections }) => connections))
  return Presence.allocate(plans.length, own < (plans[0]?.allConnections ?? 0))
}

class LoadThread {
  readonly connected: Promise<void>
  readonly done: Promise<readonly (FloodReport | undefined)[]>
  readonly #worker: Worker
  #tookSnapshot: ((snapshots: readonly (Snapshot | undefined)[]) => void) | undefined
  #isOver = false
  #toldSeconds: ((seconds: readonly (RecordedInterval | undefined)[]) => void) | undefined

  constructor(work: ThreadWork) {
    const connected = Promise.withResolvers<void>()
    const done = Promise.withResolvers<readonly (FloodReport | undefined)[]>()
    const fail = (error: Error): void => {
      connected.reject(error)
      done.reject(error)
      this.#end()
    }
    this.connected = connected.promise
    this.done = done.promise
    this.connected.catch(() => {})
    this.done.catch(() => {})
    const program = new URL(`../generator/thread${extname(import.meta.filename)}`, import.meta.url)
    this.#worker = withPermission(() => new Worker(program, { workerData: work, execArgv: [], name: 'ws-load' }))
    this.#worker.on('message', (notice: Notice) => {
      if (notice.type === 'connected') connected.resolve()
      else if (notice.type === 'snapshot') this.#tookSnapshot?.(notice.reports)
      else if (notice.type === 'latestSecond') this.#toldSeconds?.(notice.seconds)
      else if (notice.type === 'done') {
        done.resolve(notice.reports)
        this.#end()
      } else fail(invalidOptions(notice.mistakes.map(harmlessIn(work))))
    })
    this.#worker.on('error', (error: unknown) => {
      const shown = withoutHarm(error, work)
      fail(threadNotAllowed(shown) ?? crashed(String(shown), shown))
    })
    this.#worker.on('exit', (code) => fail(crashed(`it exited with code ${code} before its work was done`)))
  }

  order(order: Order): void {
    this.#worker.postMessage(order)
  }

  /** Nobody answers any more. */
  #end(): void {
    this.#isOver = true
    this.#toldSeconds?.([])
  }

  async snapshot(overdueAfter: number): Promise<readonly (Snapshot | undefined)[]> {
    const snapshots = new Promise<readonly (Snapshot | undefined)[]>((resolve) => (this.#tookSnapshot = resolve))
    this.order({ type: 'snapshot', overdueAfter })
    const final = this.done.then((reports) => reports.map((report) => report && { ...report, underway: 0 }))
    return Promise.race([snapshots, final])
  }

  /** Of a thread that is done, nothing. */
  async latestSeconds(): Promise<readonly (RecordedInterval | undefined)[]> {
    if (this.#isOver) return []
    // It is asked again and again: were it to wait for the end too, each time would be remembered until then.
    return new Promise((resolve) => {
      this.#toldSeconds?.([])
      this.#toldSeconds = resolve
      this.order({ type: 'latestSecond' })
    })
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** An error of a user's own code as one that can be shown to anybody. */
function withoutHarm(error: unknown, work: ThreadWork): NodeJS.ErrnoException {
  return shownAs(error, harmlessIn(work))
}

/** Of what a user's own code says, which may repeat what a server said or was asked with, makes a text that can be shown to anybody. */
function harmlessIn(work: ThreadWork): (given: string) => string {
  const masks = work.flatMap((plan) => (plan === undefined ? [] : [maskerOfPlan(plan)]))
  const mask = (text: string): string => masks.reduce((masked, one) => one(masked), text)
  // What may not be printed may stand in a secret, or have been put into it.
  return (given) => mask(printableLines(mask(given)).join('\n'))
}

/** With its causes, as far as they go back. */
function shownAs(error: unknown, show: (text: string) => string, causes = mostCauses): NodeJS.ErrnoException {
  const safe = (given: unknown): string => show(String(given))
  // Of another realm, it may be no instance of Error here.
  if (typeof error !== 'object' || error === null || !('message' in error)) return new Error(safe(error))
  const { name = 'Error', message, stack = '', code, cause } = error as Partial<NodeJS.ErrnoException>
  const shown: NodeJS.ErrnoException = new Error(safe(message))
  Object.defineProperty(shown, 'name', { value: safe(name) })
  shown.stack = safe(stack)
  if (code !== undefined) shown.code = safe(code)
  if (cause !== undefined && causes > 0) shown.cause = shownAs(cause, show, causes - 1)
  return shown
}

function crashed(what: string, cause?: Error): WsLoadError {
  return new WsLoadError('WSLOAD_ERR_THREAD_CRASHED', `wsLoad: a load thread crashed, nothing was measured: ${what}`, {
    cause,
  })
}
