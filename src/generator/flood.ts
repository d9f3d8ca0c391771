import { setImmediate as turned, setTimeout as elapsed } from 'node:timers/promises'
import { FrameReaders } from '../wire/frame-reader.ts'
import { drawMaskingKey } from '../wire/frames.ts'
import { createProbe } from '../wire/create-probe.ts'
import type { Probe } from '../wire/probe.ts'
import type { Ending } from '../result/load-result.ts'
import { closedModel } from './closed-model.ts'
import { GcWatch } from './gc-watch.ts'
import type { LoadModel } from './load-model.ts'
import { PingMemory } from './in-flight.ts'
import { openModel } from './open-model.ts'
import { Lookout } from './lookout.ts'
import type { ThreadPlan } from './thread-plan.ts'
import { PollClock } from './poll-clock.ts'
import { ConnectionPool } from './pool.ts'
import type { FloodReport, Snapshot, Spent } from './flood-report.ts'
import { type RecordedInterval, Recorder, Sample } from './recorder.ts'
import { takeSnapshot } from './snapshot.ts'
import { Turns } from './turns.ts'

const receiveBufferBytes = 65_536
const intervalLength = 1_000
/** Node's timers may be early or late by a little more than a millisecond, and take no more than 31 bits of them. */
const timerSlack = 2
const longestTimer = 2 ** 31 - 1
/** How often a waiting phase looks whether it is over, in milliseconds. */
const lookEvery = 1

/** Knows when a thread's event loop looked for arrivals, and lets it look often enough. */
export interface LoopWatch {
  readonly clock: PollClock
  readonly lookout: Lookout
}

export function watchLoop(): LoopWatch {
  const clock = new PollClock()
  return { clock, lookout: new Lookout(clock) }
}

/** One thread's part of a run: connect, warm up, measure, drain, close. */
export class Flood {
  readonly #plan: ThreadPlan
  readonly #clock: PollClock
  readonly #lookout: Lookout
  readonly #turns: Turns | undefined
  readonly #recorder: Recorder
  readonly #pool: ConnectionPool
  /** Resolves when there is nothing more to send. */
  readonly #sending = Promise.withResolvers<void>()
  /** Resolves when the run is decided while it measures. */
  readonly #decided = Promise.withResolvers<void>()
  readonly #gcWatch: GcWatch = new GcWatch()
  #model: LoadModel | undefined
  #measuring = false
  /** What was spent when the measured window began. */
  #before: Spent = { busy: 0, looking: 0, cpu: 0 }
  #ending: Ending = 'completed'
  #report: FloodReport | undefined

  /**
   * @param loop what the floods of a thread share
   * @throws {Error} if the probe's functions cannot be loaded
   */
  static async prepare(plan: ThreadPlan, loop: LoopWatch = watchLoop()): Promise<Flood> {
    const probe = await createProbe(plan.probe, { connections: plan.allConnections, maskingKey: drawMaskingKey() })
    return new Flood(plan, probe, loop)
  }

  private constructor(plan: ThreadPlan, probe: Probe, { clock, lookout }: LoopWatch) {
    this.#plan = plan
    this.#clock = clock
    this.#lookout = lookout
    this.#turns = plan.turns === undefined ? undefined : new Turns(plan.turns)
    this.#recorder = new Recorder(plan.open !== undefined, plan.decidable ? undefined : plan.duration, this.#turns)
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
    this.#ending = 'aborted'
    this.#pool.abandon()
    this.#sending.resolve()
  }

  /** Ends the measured window if it is under way: what is due by now still leaves, nothing else does. */
  finish(): void {
    if (!this.#measuring) return
    this.#measuring = false
    this.#ending = 'decided'
    this.#recorder.until = Math.min(performance.now(), this.#recorder.until)
    this.#decided.resolve()
    this.#model!.catchUp()
  }

  /**
   * What was found out until now, as if the measured window had ended. It changes as soon as the measurement goes on.
   * @param overdueAfter unanswered pings older than this many milliseconds count as lost, younger ones are left out
   */
  look(overdueAfter: number): Snapshot {
    if (this.#report !== undefined) return { ...this.#report, underway: 0 }
    const [recorder, pool, clock] = [this.#recorder, this.#pool, this.#clock]
    this.#model?.catchUp()
    const now = clock.look()
    const report = this.#describe('decided', Math.min(now, recorder.until), this.#spent())
    return takeSnapshot(report, { recorder, pool, lostBefore: clock.before - overdueAfter })
  }

  /** The second of the measured window that was completed last. */
  get latestSecond(): RecordedInterval | undefined {
    return this.#recorder.intervals.at(-1)
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
    const { lead, duration, timeout } = this.#plan
    recorder.from = startAt + lead
    recorder.until = recorder.from + (this.#turns?.over(duration) ?? duration)
    const sweeper = setInterval(() => this.#sweep(), Math.min(100, Math.max(5, timeout / 20)))
    this.#lookout.start()
    await this.#warmUp(startAt)
    this.#before = this.#spent()
    this.#gcWatch.start()
    await this.#measure()
    this.#gcWatch.stop()
    const spent = this.#spent()
    const end = Math.min(performance.now(), recorder.until)
    const disconnected = this.#pool.live === 0
    await this.#drain(end)
    clearInterval(sweeper)
    this.#lookout.stop()
    await this.#pool.close()
    if (end > recorder.from) recorder.cut(end)
    const disrupted = disconnected && this.#ending !== 'aborted'
    this.#report = this.#describe(disrupted ? 'disconnected' : this.#ending, end, spent)
    return this.#report
  }

  /** @param spent by the end of the measured window, counted from the thread's start */
  #describe(ending: Ending, end: number, spent: Spent): FloodReport {
    const recorder = this.#recorder
    const before = this.#before
    const sides = this.#turns?.sides ?? 1
    return {
      ending,
      duration: Math.max(0, recorder.windowAt(end)),
      lastAnswer: recorder.windowAt(recorder.lastAnswer),
      connections: this.#pool.totals,
      recording: recorder,
      slices: recorder.slices(),
      spent: {
        busy: (spent.busy - before.busy) / sides,
        looking: (spent.looking - before.looking) / sides,
        cpu: (spent.cpu - before.cpu) / sides,
      },
      gcPauses: this.#gcWatch.pauses,
    }
  }

  async #warmUp(startAt: number): Promise<void> {
    const model = this.#plan.open === undefined ? closedModel : openModel
    this.#model = model({
      plan: this.#plan,
      clock: this.#clock,
      recorder: this.#recorder,
      turns: this.#turns,
      connections: this.#pool.connections,
      finished: () => this.#sending.resolve(),
    })
    if (!(await this.#stopsBefore(startAt)) && this.#ending !== 'aborted') this.#model.start()
    await this.#stopsBefore(this.#recorder.from)
  }

  async #measure(): Promise<void> {
    const { from, until } = this.#recorder
    this.#measuring = true
    const length = intervalLength * (this.#turns?.sides ?? 1)
    for (let nth = 1; from + nth * length < until; nth++) {
      if (await this.#stopsBefore(from + nth * length, this.#decided.promise)) break
      this.#recorder.cut(Math.min(performance.now(), until))
    }
    await this.#stopsBefore(until, this.#decided.promise)
    this.#measuring = false
    if (this.#plan.open !== undefined) await this.#stopsBefore(this.#recorder.until + this.#plan.drain)
    this.#model?.stop()
  }

  /** Waits for the answers that are still to come. */
  async #drain(end: number): Promise<void> {
    while (this.#recorder.outstanding > 0 && this.#ending !== 'aborted' && this.#pool.live > 0) {
      if (this.#clock.before > end + this.#plan.drain) break
      await elapsed(lookEvery)
    }
    this.#pool.expire()
  }

  /** Resolves at `time`, or earlier with `true` when nothing is left to be sent, or when `event` happens. */
  async #stopsBefore(time: number, event?: Promise<void>): Promise<boolean> {
    const over = new AbortController()
    const events = [this.#sending.promise, event].map((promise) => promise?.then(() => true))
    const stopped = await Promise.race([
      ...events.filter((promise) => promise !== undefined),
      reached(time, over.signal),
    ])
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
