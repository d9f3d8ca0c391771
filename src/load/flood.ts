import { setImmediate as turned, setTimeout as elapsed } from 'node:timers/promises'
import { FrameReaders } from '../wire/frame-reader.ts'
import { drawMaskingKey } from '../wire/frames.ts'
import { createProbe, type Probe } from '../wire/probe.ts'
import type { ConnectionTotals, Ending, GcPauses } from '../stats/result.ts'
import { closedModel } from './closed-model.ts'
import { GcWatch } from './gc-watch.ts'
import type { LoadModel } from './load-model.ts'
import { PingMemory } from './in-flight.ts'
import { openModel } from './open-model.ts'
import { Lookout } from './lookout.ts'
import type { ThreadPlan } from './plan.ts'
import { PollClock } from './poll-clock.ts'
import { ConnectionPool } from './pool.ts'
import { Recorder, type Recording, Sample } from './recorder.ts'

const receiveBufferBytes = 65_536
const intervalLength = 1_000
/** Node's timers may be early or late by a little more than a millisecond, and take no more than 31 bits of them. */
const timerSlack = 2
const longestTimer = 2 ** 31 - 1
/** How often a waiting phase looks whether it is over, in milliseconds. */
const lookEvery = 1

/** What a thread found out, as data that can be cloned to the main thread. Times in milliseconds. */
export interface FloodReport {
  readonly ending: Ending
  /** Length of the measured window. */
  readonly duration: number
  /** From the start of the measured window to the last answer. */
  readonly lastAnswer: number
  readonly connections: ConnectionTotals
  readonly recording: Recording
  readonly spent: Spent
  readonly gcPauses: GcPauses
}

/** What a thread spent on the measured window, in milliseconds. */
export interface Spent {
  /** Time in which its event loop was at work. */
  readonly busy: number
  /** Time in which it had nothing to do but to look for answers. */
  readonly looking: number
  /** CPU time. */
  readonly cpu: number
}

/** One thread's part of a run: connect, warm up, measure, drain, close. */
export class Flood {
  readonly #plan: ThreadPlan
  readonly #clock: PollClock = new PollClock()
  readonly #lookout: Lookout = new Lookout(this.#clock)
  readonly #recorder: Recorder
  readonly #pool: ConnectionPool
  readonly #sending = Promise.withResolvers<void>()
  #model: LoadModel | undefined
  #aborted = false

  /** @throws {Error} if the probe's functions cannot be loaded */
  static async prepare(plan: ThreadPlan): Promise<Flood> {
    const probe = await createProbe(plan.probe, { connections: plan.allConnections, maskingKey: drawMaskingKey() })
    return new Flood(plan, probe)
  }

  private constructor(plan: ThreadPlan, probe: Probe) {
    this.#plan = plan
    this.#recorder = new Recorder(plan.open !== undefined)
    this.#pool = new ConnectionPool({
      plan,
      probe,
      clock: this.#clock,
      recorder: this.#recorder,
      sample: new Sample(),
      memory: new PingMemory(plan.open !== undefined),
      readers: new FrameReaders(probe.answers),
      receiveBuffer: Buffer.allocUnsafeSlow(receiveBufferBytes),
      freed: (connection, places) => this.#model?.freed(connection, places),
    })
  }

  /** Ends whatever phase is under way; what was measured is reported. */
  abort(): void {
    this.#aborted = true
    this.#pool.abandon()
    this.#sending.resolve()
  }

  /** Opens the connections; resolves when each of them is open or has failed. */
  async connect(): Promise<void> {
    const sweeper = setInterval(() => this.#pool.expire(), 50)
    await this.#pool.open()
    clearInterval(sweeper)
  }

  /**
   * Sends from `startAt` on, waits for the answers and closes the connections.
   * @param startAt milliseconds of `performance.now()`
   */
  async run(startAt: number): Promise<FloodReport> {
    const recorder = this.#recorder
    recorder.from = startAt + this.#plan.warmup
    recorder.until = recorder.from + this.#plan.duration
    const sweeper = setInterval(() => this.#sweep(), Math.min(100, Math.max(5, this.#plan.timeout / 20)))
    this.#lookout.start()
    const atStart = await this.#warmUp(startAt)
    const gcWatch = new GcWatch()
    gcWatch.start()
    await this.#measure()
    const gcPauses = gcWatch.stop()
    const atEnd = this.#spent()
    const end = Math.min(performance.now(), recorder.until)
    const disconnected = this.#pool.live === 0
    await this.#drain(end)
    clearInterval(sweeper)
    this.#lookout.stop()
    await this.#pool.close()
    if (end > recorder.from) recorder.cut(end)
    return {
      ending: this.#aborted ? 'aborted' : disconnected ? 'disconnected' : 'completed',
      duration: Math.max(0, end - recorder.from),
      lastAnswer: recorder.lastAnswer - recorder.from,
      connections: this.#pool.totals,
      recording: recorder,
      spent: {
        busy: atEnd.busy - atStart.busy,
        looking: atEnd.looking - atStart.looking,
        cpu: atEnd.cpu - atStart.cpu,
      },
      gcPauses,
    }
  }

  async #warmUp(startAt: number): Promise<Spent> {
    const model = this.#plan.open === undefined ? closedModel : openModel
    this.#model = model({
      plan: this.#plan,
      clock: this.#clock,
      recorder: this.#recorder,
      connections: this.#pool.connections,
      finished: () => this.#sending.resolve(),
    })
    if (!(await this.#stopsBefore(startAt)) && !this.#aborted) this.#model.start()
    await this.#stopsBefore(this.#recorder.from)
    return this.#spent()
  }

  async #measure(): Promise<void> {
    const { from, until } = this.#recorder
    for (let nth = 1; from + nth * intervalLength < until; nth++) {
      if (await this.#stopsBefore(from + nth * intervalLength)) break
      this.#recorder.cut(Math.min(performance.now(), until))
    }
    const last = this.#plan.open === undefined ? until : until + this.#plan.drain
    await this.#stopsBefore(last)
    this.#model?.stop()
  }

  /** Waits for the answers that are still to come. */
  async #drain(end: number): Promise<void> {
    while (this.#recorder.outstanding > 0 && !this.#aborted && this.#pool.live > 0) {
      if (this.#clock.before > end + this.#plan.drain) break
      await elapsed(lookEvery)
    }
    this.#pool.expire()
  }

  /** Resolves at `time`, or earlier with `true` when nothing is left to be sent. */
  async #stopsBefore(time: number): Promise<boolean> {
    const over = new AbortController()
    const stopped = await Promise.race([this.#sending.promise.then(() => true), reached(time, over.signal)])
    over.abort()
    return stopped
  }

  #sweep(): void {
    this.#pool.expire()
    if (this.#pool.live === 0) this.#sending.resolve()
  }

  #spent(): Spent {
    const { user, system } = cpuUsage()
    return { busy: this.#clock.busy, looking: this.#lookout.spent, cpu: (user + system) / 1_000 }
  }
}

/** Resolves at `time` and never before: Node's timers may be early, so the last stretch is spent polling. */
async function reached(time: number, over: AbortSignal): Promise<false> {
  for (let wait = time - performance.now(); wait > 0 && !over.aborted; wait = time - performance.now()) {
    if (wait < timerSlack) await turned()
    else await elapsed(Math.min(wait - timerSlack, longestTimer), undefined, { signal: over }).catch(() => {})
  }
  return false
}

/** This thread's CPU time; before Node 23.9 that of the whole process. */
function cpuUsage(): NodeJS.CpuUsage {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  return threadCpuUsage?.() ?? process.cpuUsage()
}
