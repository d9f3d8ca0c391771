import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { WsLoadError } from '../errors.ts'
import { invalidOptions } from './options.ts'
import type { FloodReport } from './flood.ts'
import type { ThreadPlan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'
import type { Notice, Order } from './thread.ts'

/** From the order to start until the start, in milliseconds: all threads have to have heard it. */
const startsIn = 5

/** The load threads of a run. */
export class LoadThreads {
  readonly #threads: readonly LoadThread[]

  constructor(plans: readonly ThreadPlan[]) {
    this.#threads = plans.map((plan) => new LoadThread(plan))
  }

  /** Resolves when every connection of every thread is open or has failed. */
  async connected(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.connected))
  }

  /** Starts all threads at the same instant, and returns that: milliseconds of `process.uptime()`. */
  start(): number {
    const at = process.uptime() * 1_000 + startsIn
    for (const thread of this.#threads) thread.order({ type: 'start', at })
    return at
  }

  /** Resolves with what the threads found out when all have ended. */
  async done(): Promise<FloodReport[]> {
    return Promise.all(this.#threads.map((thread) => thread.done))
  }

  /**
   * Resolves with what the threads have found out by now, at about the same instant, or by their end.
   * @param overdueAfter unanswered pings older than this many milliseconds count as lost
   */
  async look(overdueAfter: number): Promise<Snapshot[]> {
    return Promise.all(this.#threads.map((thread) => thread.look(overdueAfter)))
  }

  /** Ends the measured window: the threads then drain, and {@link done} resolves. */
  finish(): void {
    for (const thread of this.#threads) thread.order({ type: 'finish' })
  }

  /** Ends the run: {@link done} then resolves with what was measured until now. */
  abort(): void {
    for (const thread of this.#threads) thread.order({ type: 'abort' })
  }

  async terminate(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }
}

class LoadThread {
  readonly connected: Promise<void>
  readonly done: Promise<FloodReport>
  readonly #worker: Worker
  #looked: ((snapshot: Snapshot) => void) | undefined

  constructor(plan: ThreadPlan) {
    const connected = Promise.withResolvers<void>()
    const done = Promise.withResolvers<FloodReport>()
    const fail = (error: Error): void => {
      connected.reject(error)
      done.reject(error)
    }
    this.connected = connected.promise
    this.done = done.promise
    this.done.catch(() => {})
    this.#worker = new Worker(new URL(`./thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData: plan,
      execArgv: [],
      name: 'ws-load',
    })
    this.#worker.on('message', (notice: Notice) => {
      if (notice.type === 'connected') connected.resolve()
      else if (notice.type === 'look') this.#looked?.(notice.report)
      else if (notice.type === 'done') done.resolve(notice.report)
      else fail(invalidOptions([`probe: ${notice.reason}`]))
    })
    this.#worker.on('error', (error) => fail(crashed(String(error), error)))
    this.#worker.on('exit', (code) => fail(crashed(`it exited with code ${code} before its work was done`)))
  }

  order(order: Order): void {
    this.#worker.postMessage(order)
  }

  async look(overdueAfter: number): Promise<Snapshot> {
    const snapshot = new Promise<Snapshot>((resolve) => (this.#looked = resolve))
    this.order({ type: 'look', overdueAfter })
    return Promise.race([snapshot, this.done.then((report) => ({ ...report, underway: 0 }))])
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

function crashed(what: string, cause?: unknown): WsLoadError {
  return new WsLoadError('WSLOAD_ERR_THREAD_CRASHED', `wsLoad: a load thread crashed, nothing was measured: ${what}`, {
    cause,
  })
}
