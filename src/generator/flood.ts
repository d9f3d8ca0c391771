import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending } from '../result/load-result.ts'
import { createProbe } from '../wire/create-probe.ts'
import { fanOutProbe } from '../wire/fan-out-probe.ts'
import { FrameReaders } from '../wire/frame-reader.ts'
import { drawMaskingKey } from '../wire/frames.ts'
import type { Probe, ProbeContext } from '../wire/probe.ts'
import { Alarm, reached } from './alarm.ts'
import { closedModel } from './closed-model.ts'
import { EventLoop } from './event-loop.ts'
import { FanOut, membersOf } from './fan-out.ts'
import type { FloodReport, Snapshot, Spent } from './flood-report.ts'
import { GcWatch } from './gc-watch.ts'
import { PingMemory } from './in-flight.ts'
import type { RecordedInterval } from './intervals.ts'
import { afterLastAnswer, untilQuiet } from './listen.ts'
import type { LoadModel } from './load-model.ts'
import { openModel } from './open-model.ts'
import { PingTimes } from './ping-times.ts'
import { ConnectionPool } from './pool.ts'
import { Presence } from './presence.ts'
import { Recorder } from './recorder.ts'
import { takeSnapshot, withoutIntervals } from './snapshot.ts'
import { type Starvation, starvationBetween } from './starvation.ts'
import { maskerOfPlan, type ThreadPlan } from './thread-plan.ts'
import { Turns } from './turns.ts'
import { UnfinishedMessages } from './unfinished-messages.ts'

const receiveBufferBytes = 65_536
const secondMs = 1_000
/** How often handshakes and sessions are checked for having taken too long. */
const handshakeCheckMs = 50
/** How often pings are checked for having timed out: so many times within a timeout, within these limits. */
const timeoutChecksPerTimeout = 20
const [shortestTimeoutCheckMs, longestTimeoutCheckMs] = [5, 100]
/** A number of pings is not waited for any more once none was answered for so many timeouts. */
const stalledAfterTimeouts = 2
/** How often it is checked whether the last answer has come. */
const drainCheckMs = 1

/** A measured window that is over, or taken to be. */
interface Measured {
  /** When it ended, in milliseconds of `performance.now()`. */
  readonly end: number
  /** When nothing was sent any more, which a late generator does after it. */
  readonly stoppedAt: number
  /** By then, since the thread's start. */
  readonly spent: Spent
  readonly starvation: Starvation
  /** Whether no connection was left by then. */
  readonly isDisconnected: boolean
}

/** What has become of pings until a time; of a fan-out, of its messages that reached nobody, and of its deliveries that came. */
interface Settled {
  readonly answered: number
  readonly timedOut: number
}

/** One thread's part of a run: connect, warm up, measure, drain, close; listen before and after where order is all that tells answers. */
export class Flood {
  readonly #plan: ThreadPlan
  readonly #loop: EventLoop
  readonly #turns: Turns | undefined
  readonly #recorder: Recorder
  readonly #fanOut: FanOut | undefined
  readonly #pool: ConnectionPool
  readonly #model: LoadModel
  /** Whether answers are told by their order, so that another message may be taken for one. */
  readonly #matchesByOrder: boolean
  /** Resolves when there is nothing more to send. */
  readonly #allSent = Promise.withResolvers<void>()
  /** Resolves when the run is decided while it measures. */
  readonly #decided = Promise.withResolvers<void>()
  readonly #gcWatch: GcWatch = new GcWatch()
  #isMeasuring = false
  readonly #presence: Presence | undefined
  /** Whether the other threads know that it has no connection left. */
  #hasLeft = false
  /** What was spent when the measured window began. */
  #spentBefore: Spent = { active: 0, polling: 0, cpu: 0 }
  #starvationBefore: Starvation
  #handshakeCheck: NodeJS.Timeout | undefined
  #timeoutCheck: NodeJS.Timeout | undefined
  #ending: Ending = 'completed'
  #measured: Measured | undefined
  #timedOutAtEnd = 0
  #report: FloodReport | undefined

  /**
   * @param loop what the floods of a thread share
   * @throws {UnusableProbe} if the probe's functions cannot be loaded
   */
  static async prepare(plan: ThreadPlan, loop: EventLoop = new EventLoop()): Promise<Flood> {
    const { probe: spec, fanOut } = plan
    const context = {
      connections: plan.allConnections,
      firstConnection: plan.firstConnection,
      ownConnections: plan.connections,
      asked: { url: plan.url, headers: plan.headers, protocols: plan.protocols },
      toOneServer: plan.turns !== undefined,
      tag: plan.tag,
      maskingKey: drawMaskingKey(),
    } satisfies ProbeContext
    const isFanOut = fanOut !== undefined && spec.kind === 'protocol'
    const probe = isFanOut
      ? await fanOutProbe(spec, { ...context, members: membersOf(fanOut) }, fanOut)
      : await createProbe(spec, context)
    return new Flood(plan, probe, loop)
  }

  private constructor(plan: ThreadPlan, probe: Probe, loop: EventLoop) {
    const isOpenModel = plan.open !== undefined
    const { clock } = loop
    const turns = plan.turns === undefined ? undefined : new Turns(plan.turns)
    const duration = plan.decidable ? undefined : plan.duration
    const mask = maskerOfPlan(plan)
    const createRecorder = (): Recorder => new Recorder(isOpenModel, duration, turns, mask, clock)
    const recorder = createRecorder()
    const ping = new PingTimes()
    const fanOut =
      plan.fanOut &&
      new FanOut({
        plan,
        fanOut: plan.fanOut,
        connections: () => this.#pool.connections,
        ping,
        deliveries: recorder,
        firsts: createRecorder(),
        completions: createRecorder(),
        freed: (publisher) => this.#model.freed(publisher, 1),
      })
    this.#fanOut = fanOut
    this.#plan = plan
    this.#presence = plan.presence && new Presence(plan.presence)
    this.#loop = loop
    this.#turns = turns
    this.#recorder = recorder
    this.#starvationBefore = loop.starvation.total
    this.#matchesByOrder = probe.settles === 'oldest'
    this.#pool = new ConnectionPool({
      plan,
      probe,
      deliveries: fanOut?.deliveries,
      clock,
      recorder,
      ping,
      memory: new PingMemory(isOpenModel, probe.settles === 'named' || plan.perMessageDeflate),
      readers: new FrameReaders(probe.answers),
      unfinished: new UnfinishedMessages(),
      receiveBuffer: Buffer.allocUnsafeSlow(receiveBufferBytes),
      freed: (connection, places) => this.#model.freed(connection, places),
      cameBack: (connection) => this.#model.cameBack(connection),
      ended: (connection) => fanOut?.deliveries.left(connection.index),
    })
    const createModel = isOpenModel ? openModel : closedModel
    this.#model = createModel({
      plan,
      loop,
      recorder,
      turns,
      ping,
      senders: fanOut?.publishers ?? this.#pool.connections,
      drop: (due, pings) => (fanOut === undefined ? recorder.count('dropped', due, pings) : fanOut.drop(due, pings)),
      finished: () => this.#allSent.resolve(),
    })
  }

  /** Opens the connections and their sessions; resolves when each is over or has failed, and has said what it says unasked. */
  async connect(): Promise<void> {
    this.#loop.poller.start()
    this.#handshakeCheck = setInterval(() => this.#pool.expire(), handshakeCheckMs)
    await this.#pool.open()
    this.#fanOut?.begin()
    if (this.#matchesByOrder) await untilQuiet(this.#listening)
  }

  /**
   * Warms up, measures and drains.
   * @param startAt when to start, in milliseconds of `performance.now()`
   */
  async run(startAt: number): Promise<void> {
    clearInterval(this.#handshakeCheck)
    this.#setWindow(startAt)
    this.#timeoutCheck = setInterval(() => this.#checkTimeouts(), timeoutCheckMs(this.#plan.timeout))
    await this.#warmUp(startAt)
    this.#measured = await this.#measure()
    const atEnd = this.#settled
    await this.#drain(this.#measured.stoppedAt)
    await this.#fanOut?.end()
    this.#timedOutAtEnd = this.#timedOutSince(atEnd)
  }

  /** Listens to what still comes, closes and reports: work that would slow another flood of this thread in its turn. */
  async close(): Promise<FloodReport> {
    const measured = this.#measured!
    if (this.#matchesByOrder || this.#fanOut !== undefined) await this.#listen(measured.end)
    this.#loop.poller.stop()
    await this.#pool.close()
    clearInterval(this.#timeoutCheck)
    if (measured.end > this.#recorder.from) this.#endSecond(measured.end)
    this.#report = this.#describe(measured)
    return this.#report
  }

  /** Ends the measured window if it is under way: what is due by now still leaves, nothing else does. */
  finish(ending: Ending = 'decided'): void {
    if (!this.#isMeasuring) return
    this.#isMeasuring = false
    this.#ending = ending
    this.#recorder.until = Math.min(performance.now(), this.#recorder.until)
    this.#fanOut?.setWindow()
    this.#decided.resolve()
    this.#model.catchUp()
  }

  /** Ends whatever phase is under way; what was measured is reported. */
  abort(): void {
    this.#ending = 'aborted'
    this.#pool.abandon()
    this.#allSent.resolve()
  }

  /**
   * What was found out until now, as if the measured window had ended. It changes as soon as the measurement goes on.
   * @param overdueAfter unanswered pings older than this many milliseconds count as lost, younger ones are left out
   */
  snapshot(overdueAfter: number): Snapshot {
    if (this.#report !== undefined) return { ...withoutIntervals(this.#report), underway: 0 }
    const { clock } = this.#loop
    this.#model.catchUp()
    const now = clock.update()
    const report =
      this.#measured === undefined ? this.#describe(this.#measuredBy(now), 'decided') : this.#describe(this.#measured)
    const lostBefore = clock.floor - overdueAfter
    const underWay = { recorder: this.#recorder, pool: this.#pool, fanOut: this.#fanOut, lostBefore }
    return takeSnapshot(report, underWay)
  }

  /** The second of the measured window that was completed last. */
  get latestSecond(): RecordedInterval | undefined {
    return this.#recorder.latestSecond
  }

  /** Pings count from now on, if they are due in the measured window. */
  #setWindow(startAt: number): void {
    const { measuredAfter, duration } = this.#plan
    this.#recorder.from = startAt + measuredAfter
    this.#recorder.until = this.#recorder.from + (this.#turns?.over(duration) ?? duration)
    this.#fanOut?.setWindow()
  }

  async #warmUp(startAt: number): Promise<void> {
    const hasStopped = await this.#stopsBefore(startAt)
    if (!hasStopped && this.#ending !== 'aborted') this.#model.start()
    await this.#stopsBefore(this.#recorder.from)
  }

  async #measure(): Promise<Measured> {
    this.#spentBefore = this.#loop.spent
    this.#starvationBefore = this.#loop.starvation.total
    this.#gcWatch.start()
    this.#isMeasuring = true
    await this.#recordSeconds()
    this.#isMeasuring = false
    // A generator that is late by now still sends what was due in the measured window.
    if (this.#plan.open !== undefined) await this.#stopsBefore(this.#recorder.until + this.#plan.drain)
    this.#model.stop()
    this.#fanOut?.endPublishing()
    this.#pool.stopReconnecting()
    this.#gcWatch.stop()
    return this.#measuredBy(performance.now())
  }

  #measuredBy(now: number): Measured {
    return {
      end: Math.min(now, this.#recorder.until),
      stoppedAt: now,
      spent: this.#loop.spent,
      starvation: this.#loop.starvation.total,
      isDisconnected: this.#pool.live === 0,
    }
  }

  /** Cuts the measured window into seconds, until it ends. */
  async #recordSeconds(): Promise<void> {
    const { from, until } = this.#recorder
    const lengthForAll = secondMs * (this.#turns?.sides ?? 1)
    let nth = 1
    // Whoever waits for an event anew each second is remembered by it to the end of the run.
    const alarm = new Alarm(() => {
      const now = performance.now()
      if (now >= from + nth * lengthForAll) {
        this.#endSecond(Math.min(now, until))
        nth++
      }
      cutLater()
    })
    const cutLater = (): void => {
      if (from + nth * lengthForAll < until) alarm.set(from + nth * lengthForAll)
    }
    cutLater()
    await this.#stopsBefore(until, this.#decided.promise)
    alarm.clear()
  }

  /** Waits for the answers that are still to come, and for what waits for these before it leaves. */
  async #drain(since: number): Promise<void> {
    const { drain } = this.#plan
    const isOutstanding = (): boolean =>
      this.#fanOut?.isOutstanding ?? (this.#recorder.outstanding > 0 || this.#pool.holdsBack)
    while (isOutstanding() && this.#ending !== 'aborted' && this.#pool.live > 0) {
      if (this.#loop.clock.floor > since + drain) break
      await sleep(drainCheckMs)
    }
    this.#expire()
  }

  get #settled(): Settled {
    const { pings, afterSilence } = this.#fanOut?.firsts ?? this.#recorder
    return { answered: this.#recorder.pings.answered, timedOut: pings.timedOut - afterSilence.timedOut }
  }

  /** {@link FloodReport.timedOutAtEnd}, at the end. */
  #timedOutSince(before: Settled): number {
    const { open, pings } = this.#plan
    const { answered, timedOut } = this.#settled
    return open === undefined && pings === Infinity && answered === before.answered ? timedOut - before.timedOut : 0
  }

  /** Stays for what the server may still say unasked, or for the second time. */
  async #listen(end: number): Promise<void> {
    this.#pool.giveUp()
    await afterLastAnswer(this.#listening, { measured: this.#recorder.windowAt(end), longest: this.#plan.timeout })
  }

  get #listening(): { readonly recorder: Recorder; readonly isOver: () => boolean } {
    return { recorder: this.#recorder, isOver: () => this.#ending === 'aborted' || this.#pool.live === 0 }
  }

  /** Settles what had waited too long when the event loop last polled. */
  #expire(): void {
    this.#pool.expire()
    this.#fanOut?.expire(this.#loop.clock.floor)
  }

  #checkTimeouts(): void {
    this.#expire()
    if (this.#pool.isGone) this.#leave()
    if (this.#isStalled()) this.finish('stalled')
  }

  /** Without connections there is nothing to go on for, but what is due of a rate while other threads have some: it is dropped. */
  #leave(): void {
    if (!this.#hasLeft) this.#presence?.leave()
    this.#hasLeft = true
    if (this.#plan.open === undefined || this.#presence?.isAnyone !== true) this.#allSent.resolve()
  }

  /** Whether a number of pings would take forever, because they only leave as others are answered, or time out. */
  #isStalled(): boolean {
    const { pings, open, timeout } = this.#plan
    if (pings === Infinity || open !== undefined) return false
    const { from, lastAnswer } = this.#recorder
    const patience = stalledAfterTimeouts * timeout + this.#pool.longestAbsence
    return this.#loop.clock.floor - Math.max(from, lastAnswer) > patience
  }

  /** Resolves with `true` when nothing is left to be sent, or when `event` happens, with `false` at `time`. */
  async #stopsBefore(time: number, event?: Promise<void>): Promise<boolean> {
    const over = new AbortController()
    const events = event === undefined ? [this.#allSent.promise] : [this.#allSent.promise, event]
    const hasStopped = await Promise.race([
      ...events.map(async (happened) => happened.then(() => true)),
      reached(time, over.signal).then(() => false),
    ])
    over.abort()
    return hasStopped
  }

  #endSecond(end: number): void {
    this.#recorder.endSecond(end)
    this.#fanOut?.endSecond(end)
  }

  #endingOf({ isDisconnected }: Measured): Ending {
    return isDisconnected && this.#ending !== 'aborted' ? 'disconnected' : this.#ending
  }

  #describe(measured: Measured, ending: Ending = this.#endingOf(measured)): FloodReport {
    const { end, stoppedAt, spent, starvation } = measured
    const recorder = this.#recorder
    const sides = this.#turns?.sides ?? 1
    const before = this.#spentBefore
    return {
      ending,
      duration: Math.max(0, recorder.windowAt(end)),
      lastAnswer: recorder.windowAt(recorder.lastAnswer),
      lastSent: recorder.windowAt(recorder.lastSent),
      timedOutAtEnd: this.#timedOutAtEnd,
      connections: this.#pool.totals,
      recording: recorder,
      slices: recorder.slices(),
      spentOver: Math.max(0, recorder.windowAt(stoppedAt)),
      spent: {
        active: (spent.active - before.active) / sides,
        polling: (spent.polling - before.polling) / sides,
        cpu: (spent.cpu - before.cpu) / sides,
      },
      gcPauses: this.#gcWatch.pauses,
      starvation: starvationBetween(this.#starvationBefore, starvation, sides),
      quota: this.#loop.quota,
      afterSilence: { ...recorder.afterSilence, ...this.#pool.afterSilence },
      fanOut: this.#fanOut?.recording,
    }
  }
}

/** How often pings are checked for having timed out. */
function timeoutCheckMs(timeout: number): number {
  return Math.min(longestTimeoutCheckMs, Math.max(shortestTimeoutCheckMs, timeout / timeoutChecksPerTimeout))
}
