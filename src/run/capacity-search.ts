import { capacityOf, type CapacityResult } from '../capacity/capacity.ts'
import { rangeOf } from '../capacity/findings.ts'
import {
  type CapacityStep,
  isStepCutShort,
  isStepDecided,
  judgeStep,
  recoveredFrom,
  type StepRule,
  triedLoad,
} from '../capacity/step.ts'
import { describeFirstFlood } from '../capacity/first-flood.ts'
import { errorShare } from '../capacity/growth.ts'
import { endToConfirm, limitToConfirm, missToConfirm, mostLoads, nextLoad, type TriedLoad } from '../capacity/search.ts'
import { WsLoadError, type WsLoadErrorCode } from '../errors.ts'
import type { ResolvedCapacity } from '../options/capacity.ts'
import { mostInFlight } from '../generator/in-flight.ts'
import { floodOf, type ResolvedOptions } from '../options/options.ts'
import type { LoadResult } from '../result/load-result.ts'
import { tightestLatencyBound } from '../slo/deadline.ts'
import { longestNeededFor } from '../slo/duration-needed.ts'
import { run, type RunWatch } from './run.ts'

// Taken when the module loads: a test's fake timers do not change when a search began.
const { now } = Date

/**
 * A load that stays undecided takes at most this share of the time of the whole search, or this many times what a pass needs; one that
 * would end the search, were it kept, may take more.
 */
const longestStep = { share: 1 / 3, lastShare: 1 / 2, timesNeeded: 1.5 }
/** What is left of a search has to be worth a step. */
const shortestStepMs = 1_000
/** How long a flood lasts that tells where to begin, after the warm-up of the first one. */
const firstFloodMs = 1_000
/** How many pings of the first one are under way. */
const firstFloodInFlight = 32
/** Connections over which a server is asked whether it is itself again. */
const askingConnections = 16
/** It is, once it answers in at most so many times what it took at first, and so many milliseconds. */
const recovered = { times: 4, ms: 5 }
/** Of a server that has never been so from the beginning. */
const neverItself = 'asked again and again after that, it left pings unanswered each time'
/** How long it may take to recover, and how long it is waited for an answer of its. */
const [longestRecoveryMs, longestAskMs] = [30_000, 5_000]
/** One that answered nothing for so long, to the end of the search, did not: it has been asked twice at least. */
const shortestMutenessMs = 6_000

/** With these a run fails that another one may well have been spared. */
const failuresOfRuns = new Set<WsLoadErrorCode>([
  'WSLOAD_ERR_ABORTED',
  'WSLOAD_ERR_AGENTS',
  'WSLOAD_ERR_MACHINE_LIMIT',
  'WSLOAD_ERR_NATS',
  'WSLOAD_ERR_THREAD_CRASHED',
])

/** Who watches {@link CapacitySearch}. */
export interface CapacityWatch extends Omit<RunWatch, 'isOver'> {
  /** Told of each step when it is over. */
  readonly onStep?: ((step: CapacityStep) => void) | undefined
}

/** A search under way: one load at a time, so that others can take turns with it. */
export class CapacitySearch {
  readonly #options: ResolvedCapacity & { readonly url: string }
  readonly #watch: CapacityWatch
  readonly #steps: CapacityStep[] = []
  readonly #startedAt = new Date(now()).toISOString()
  /** Milliseconds that its loads have taken, but for the one under way. */
  #spent = 0
  /** When that one began, if there is one. */
  #begun: number | undefined
  #guess = 0
  #isOver = false
  #wasAborted = false
  /** In how many milliseconds the server answers when it is not overloaded, and over how many connections. */
  #usualLatency = Infinity
  #usuallyOpened = 0
  #hasAnswered = false
  /** What was wrong with the flood that tells where to begin. */
  #firstFlood: readonly string[] | undefined

  constructor(options: ResolvedCapacity & { readonly url: string }, watch: CapacityWatch) {
    this.#options = options
    this.#watch = watch
  }

  /**
   * Finds out near which load the capacity may be: what the server answers when it is asked without a pause. Whatever it does for the first
   * time, it has done then.
   */
  async begin(): Promise<void> {
    if (this.#isAborted()) return
    await this.#timed(async () => {
      const { over, from, to, load } = this.#options
      const first = await this.#askInFlight(firstFloodInFlight, load.warmup + firstFloodMs)
      this.#hasAnswered = first.pings.answered > 0
      this.#firstFlood = describeFirstFlood(first)
      this.#guess = over === 'connections' ? Math.sqrt(from * to) : await this.#mostAnswered(first.throughput)
      if (!this.#hasAnswered || this.#timeLeft() <= 0 || this.#isAborted()) return
      const recovery = await this.#awaitRecovery()
      if (this.#isAborted()) return
      if (recovery !== undefined && recovery !== Infinity) this.#noteUsual(await this.#askOnce())
      else this.#firstFlood = [...this.#firstFlood, neverItself]
    })
    if (this.#isAborted()) this.#firstFlood = undefined
  }

  /** One answer that was lost would leave nothing to recover to. */
  #noteUsual({ latency, connections }: LoadResult): void {
    if (latency.count > 0) this.#usualLatency = latency.max
    this.#usuallyOpened = connections.opened
  }

  /**
   * What the server answers per second with as many pings under way as there are at that rate when each takes as long as the tightest
   * bound allows (Little's law), a second at most: a server may do more at a time the more it is asked.
   */
  async #mostAnswered(perSecond: number): Promise<number> {
    const bound = tightestLatencyBound(this.#options.objectives)
    const longest = Math.min(bound, firstFloodMs)
    const inFlight = (perSecond * longest) / 1_000
    const isMore = this.#inFlightEach(inFlight) > this.#inFlightEach(firstFloodInFlight)
    const needed = firstFloodMs + longest + this.#options.load.warmup + shortestStepMs
    if (bound === Infinity || !isMore || this.#timeLeft() < needed || this.#isAborted()) return perSecond
    return Math.max(perSecond, (await this.#askInFlight(inFlight, firstFloodMs)).throughput)
  }

  /** Asks the server without a pause for so many milliseconds, of pings as many as a second of the highest load has. */
  #askInFlight(wanted: number, duration: number): Promise<LoadResult> {
    const { over, to } = this.#options
    const connections = this.#askedConnections()
    const inFlight = this.#inFlightEach(wanted)
    const pings = Math.max(1, Math.floor(over === 'rate' ? to : this.#amount(connections).rate))
    return this.#ask({ connections, inFlight, warmup: 0, duration, pings })
  }

  /** Over so many connections it is asked without a pause. */
  #askedConnections(): number {
    const { over, from, load } = this.#options
    return over === 'rate' ? load.connections : Math.min(from, this.#enoughToAsk)
  }

  /** Connections that tell how a server answers; each agent has one. */
  get #enoughToAsk(): number {
    return Math.max(askingConnections, this.#options.load.machines?.agents ?? 1)
  }

  /** How many pings each of them has under way where so many are wanted of all. */
  #inFlightEach(wanted: number): number {
    const { maxPendingPongs = mostInFlight } = this.#options.load
    return Math.max(1, Math.min(maxPendingPongs, mostInFlight, Math.floor(wanted / this.#askedConnections())))
  }

  /** Tries the next load. @returns whether there was one */
  async step(): Promise<boolean> {
    return this.#tryIf(this.#next())
  }

  /** Counts the time that something takes as that of the search. */
  async #timed(work: () => Promise<void>): Promise<void> {
    this.#begun = performance.now()
    await work()
    this.#spent += performance.now() - this.#begun
    this.#begun = undefined
  }

  /** What is known by now. */
  get found(): CapacityResult {
    const { over, ratePerConnection, from, to, precision, objectives, load } = this.#options
    return capacityOf({
      over,
      ...(over === 'rate' ? { fixedConnections: load.connections } : { ratePerConnection }),
      objectives: objectives.map(({ indicator, kind, bound, limit, level }) => ({
        indicator,
        kind,
        bound,
        limit,
        level,
      })),
      from,
      to,
      precision,
      confidence: load.confidence,
      startedAt: this.#startedAt,
      duration: this.#spent,
      steps: this.#steps,
      ...(this.#wasAborted && { aborted: true as const }),
      ...(this.#steps.length === 0 && this.#firstFlood !== undefined && { firstFlood: this.#firstFlood }),
    })
  }

  /** Tries what was missed once more, on which a verdict stands, unless that was done. @returns whether it was now */
  async confirmMiss(): Promise<boolean> {
    return this.#tryIf(missToConfirm(this.#tried()))
  }

  /** @returns whether there was a load, and the time for it */
  async #tryIf(load: number | undefined): Promise<boolean> {
    if (load === undefined || this.#isOver || this.#steps.length >= mostLoads) return false
    this.#wasAborted ||= this.#isAborted()
    if (this.#wasAborted || this.#timeLeft() < this.#preparationOf(load) + shortestStepMs) return false
    await this.#timed(async () => {
      this.#isOver = !(await this.#try(load))
    })
    return true
  }

  /** The next load; at the end of the search one of the ends of the interval once more, or what was out of reach. */
  #next(): number | undefined {
    const tried = this.#tried()
    const load = tried.length < mostLoads - 1 ? nextLoad(tried, rangeOf(this.#options), this.#guess) : undefined
    // What the machine does not allow it does not allow later either.
    return load ?? endToConfirm(tried) ?? limitToConfirm(this.#tried(({ summary }) => summary !== undefined))
  }

  /** Milliseconds that pass before a load is measured. */
  #preparationOf(load: number): number {
    const { warmup, connectRate, sessionRate } = this.#options.load
    return warmup + (this.#amount(load).connections * 1_000) / Math.min(connectRate, sessionRate)
  }

  /** Whether nothing is left to be tried once a load is kept. */
  #mayBeLast(load: number): boolean {
    const ifKept = { load, outcome: 'kept', served: load } as const
    return nextLoad([...this.#tried(), ifKept], rangeOf(this.#options), this.#guess) === undefined
  }

  /** Floods the server with a load until it is clear whether it keeps the SLO. @returns whether another load can tell more */
  async #try(load: number): Promise<boolean> {
    const { objectives, precision } = this.#options
    const summary = await this.#flood(load).catch((error: unknown) => {
      if (this.#steps.length === 0) throw error
      return failureOf(error)
    })
    if (summary instanceof WsLoadError) return this.#breakOff(load, summary)
    const step =
      typeof summary === 'string'
        ? notAllowed(load, summary)
        : judgeStep(load, summary, { objectives, precision, ...this.#judgedAmount(load) })
    this.#hasAnswered ||= (step.summary?.pings.answered ?? 0) > 0
    const isToRecover =
      step.verdict !== 'pass' &&
      step.summary !== undefined &&
      !isStepCutShort(step) &&
      this.#hasAnswered &&
      this.#timeLeft() > 0 &&
      !this.#isAborted()
    const recovery = isToRecover ? await this.#awaitRecovery().catch(failureOf) : undefined
    this.#tell(typeof recovery === 'number' ? recoveredFrom(step, recovery) : step)
    if (recovery instanceof WsLoadError) return this.#breakOff(load, recovery)
    return this.#hasAnswered && recovery !== Infinity && !isStepCutShort(step)
  }

  #tell(step: CapacityStep): void {
    this.#steps.push(step)
    this.#watch.onStep?.(step)
  }

  /** A run has failed, or was aborted before its start: what was found before it is kept. @returns that no other load is tried */
  #breakOff(load: number, { code, message }: WsLoadError): false {
    if (code === 'WSLOAD_ERR_ABORTED') this.#wasAborted = true
    else this.#tell({ load, verdict: 'inconclusive', reasons: [message.replace(/^wsLoad: /, '')] })
    return false
  }

  /** @returns why not, if a limit of this machine keeps it from its start */
  async #flood(load: number): Promise<LoadResult | string> {
    const { over, load: always, objectives, precision, slo, maxDuration, url } = this.#options
    const { connections, rate } = this.#amount(load)
    const confidence = 1 - (1 - always.confidence) / (mostLoads * (1 + errorShare))
    const needed = longestNeededFor(objectives, { pingsPerMs: rate / 1_000, stalls: true, falsePass: 1 - confidence })
    const share = this.#mayBeLast(load) ? longestStep.lastShare : longestStep.share
    const worthwhile = Math.max(maxDuration * share, needed * longestStep.timesNeeded)
    const longest = Math.min(this.#timeLeft() - this.#preparationOf(load), worthwhile)
    const flood: ResolvedOptions = {
      ...floodOf(always, url, Math.max(shortestStepMs, longest)),
      connections,
      confidence,
      stages: [{ duration: Infinity, rate }],
      startRate: rate,
      until: { slo, objectives },
    }
    try {
      return await run(flood, {
        ...this.#watch,
        isOver: (soFar) => isStepDecided(soFar, { objectives, precision, ...this.#judgedAmount(load) }),
      })
    } catch (error) {
      const isLimit = error instanceof WsLoadError && error.code === 'WSLOAD_ERR_MACHINE_LIMIT'
      if (!isLimit || over === 'rate') throw error
      return error.message
    }
  }

  /**
   * Asks the server until it answers as at first.
   * @returns milliseconds; Infinity if it does not, or nothing at all to the end of the search; `undefined` if nobody waited for so long
   */
  async #awaitRecovery(): Promise<number | undefined> {
    const begin = performance.now()
    const wanted = this.#usualLatency * recovered.times + recovered.ms
    let isMute = true
    while (this.#timeLeft() > 0 && !this.#isAborted()) {
      const { latency, pings, connections } = await this.#askOnce()
      const waited = performance.now() - begin
      const isAnswered = pings.answered === pings.due && connections.opened >= this.#usuallyOpened
      if (isAnswered && latency.max <= wanted) return waited
      if (waited >= longestRecoveryMs) return Infinity
      isMute &&= pings.answered === 0
    }
    const isLong = performance.now() - begin >= shortestMutenessMs
    return isMute && isLong && !this.#isAborted() ? Infinity : undefined
  }

  /** One ping over each of a few connections. */
  #askOnce(): Promise<LoadResult> {
    const connections = Math.min(this.#enoughToAsk, this.#amount(this.#options.from).connections)
    const { timeout, drain } = this.#options.load
    const bound = tightestLatencyBound(this.#options.objectives)
    // A server that is slow by nature has its time.
    const longest = bound === Infinity ? timeout : Math.max(longestAskMs, recovered.times * bound)
    const limits = { timeout: Math.min(timeout, longest), drain: Math.min(drain, longest) }
    return this.#ask({ connections, inFlight: 1, warmup: 0, pings: connections, ...limits })
  }

  /** Floods the server without a pause between answer and next ping. */
  #ask(
    how: Pick<ResolvedOptions, 'connections' | 'inFlight' | 'warmup'> &
      Partial<Pick<ResolvedOptions, 'duration' | 'pings' | 'timeout' | 'drain'>>,
  ): Promise<LoadResult> {
    const { load, url } = this.#options
    const closed = { ...load, stages: undefined, startRate: 0, server: false } as const
    return run({ ...floodOf(closed, url, Infinity), ...how }, this.#watch)
  }

  /** Connections, and pings per second over all of them. */
  #amount(load: number): { readonly connections: number; readonly rate: number } {
    const { over, ratePerConnection = 0, load: always } = this.#options
    return over === 'rate'
      ? { connections: always.connections, rate: load }
      : { connections: load, rate: load * ratePerConnection }
  }

  #judgedAmount(load: number): Pick<StepRule, 'rate' | 'connections'> {
    const { connections, rate } = this.#amount(load)
    return { rate, connections: this.#options.over === 'connections' ? connections : undefined }
  }

  #tried(isMeant: (step: CapacityStep) => boolean = () => true): TriedLoad[] {
    return this.#steps.filter(isMeant).map((step) => triedLoad(step, this.#options.over))
  }

  /** Milliseconds. */
  #timeLeft(): number {
    const underWay = this.#begun === undefined ? 0 : performance.now() - this.#begun
    return this.#options.maxDuration - this.#spent - underWay
  }

  #isAborted(): boolean {
    return this.#watch.signal?.aborted === true
  }
}

/** @throws what is no failure of a run */
function failureOf(error: unknown): WsLoadError {
  if (error instanceof WsLoadError && failuresOfRuns.has(error.code)) return error
  throw error
}

/** A load that a limit of this machine keeps from its start. */
function notAllowed(load: number, reason: string): CapacityStep {
  return { load, verdict: 'inconclusive', limitedBy: 'machine', reasons: [reason] }
}
