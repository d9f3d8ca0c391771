import { clearTimeout, setTimeout } from 'node:timers'
import { WsLoadError } from '../errors.ts'
import type { ResolvedSide } from '../options/compare.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { sum } from '../statistics/sum.ts'
import { formatDuration } from '../units.ts'
import { hasTimedOut, isConcurrent, isOver, type RunningTest } from './context.ts'
import { joinQueue } from './queue-place.ts'
import { type RunningFlood, testFile } from './test-file.ts'

/** How long a flood takes, in milliseconds. */
export interface FloodLength {
  /** If it goes well: one with `until` may be decided at once, one of `pings` be as quick. */
  readonly least: number
  /** Likewise; Infinity for one of `pings` without a `duration`. */
  readonly longest: number
  /** Its end, whenever it is told to end. */
  readonly closing: number
}

/** A flood, or several that take turns, as part of a test. */
export interface FloodOfTest {
  /** The test that it belongs to, if it is known. */
  readonly test: RunningTest | undefined
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  readonly length: FloodLength
  /** Errors point at whoever called this. */
  readonly caller: (...args: never[]) => unknown
}

/** How long connections may take to close. */
const closingConnectionsMs = 10_000
/** How long agents may take besides to say what they have measured. */
const reportingAgentsMs = 10_000
/** A shorter wait, in milliseconds, explains no timeout. */
const noticeableWaitMs = 100
/** Node takes a longer one for 1 ms. */
const longestTimerMs = 2 ** 31 - 1

/**
 * Runs something that ends with its test, that a retry waits for, and that waits itself for the floods of other tests.
 * @throws {WsLoadError} `WSLOAD_ERR_NOT_AWAITED` when the test is over already; `WSLOAD_ERR_TEST_TIMEOUT` when after
 * waiting too little is left of the test's timeout
 */
export async function withinTest<Result>(
  flood: FloodOfTest,
  start: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { test, signal: given, caller } = flood
  if (test !== undefined && isOver(test)) throw notAwaited('began after its test had ended', framesAbove(caller))
  const frames = framesAbove(caller)
  const end = new AbortController()
  const ended = Promise.withResolvers<void>()
  const running = {
    notAwaited: notAwaited(`was still running when its test${test === undefined ? ' file' : ''} ended`, frames),
    waited: 0,
    frames,
    closing: flood.length.closing,
    isOver: false,
    async end() {
      end.abort()
      await ended.promise
    },
  }
  const { strays } = testFile()
  if (test === undefined) strays.add(running)
  // Vitest waits for this before it starts a retry, so that floods of two attempts never overlap.
  else test.onTestFinished(() => endWith(test, running, flood.length), flood.length.closing)
  const { signal } = end
  const leaders = [test?.signal, given].filter((one) => one !== undefined)
  const place = joinQueue(ownerOf(test))
  let unfollow: (() => void) | undefined
  try {
    unfollow = follow(end, leaders)
    running.waited = await waitFor(place.reached, flood, { signal, frames })
    return await start(signal)
  } finally {
    place.leave()
    running.isOver = true
    strays.delete(running)
    ended.resolve()
    unfollow?.()
  }
}

/**
 * Aborts with the first of these signals. `AbortSignal.any` takes none of another realm, and the test environment may have one.
 * @returns what ends that
 */
export function follow(end: AbortController, leaders: readonly AbortSignal[]): () => void {
  const followed = leaders.map((leader) => ({ leader, abort: () => end.abort(leader.reason) }))
  for (const { leader, abort } of followed) {
    leader.addEventListener('abort', abort)
    if (leader.aborted) abort()
  }
  return () => followed.forEach(({ leader, abort }) => leader.removeEventListener('abort', abort))
}

interface FloodUnderWay extends RunningFlood {
  /** Milliseconds. */
  readonly waited: number
  readonly isOver: boolean
  readonly frames: string
}

/**
 * Ends a flood with its test. One that has outlived it was not awaited, unless the test failed for another reason; of a
 * timeout the wait is the reason only if the flood did not fit into what it left.
 */
async function endWith(test: RunningTest, flood: FloodUnderWay, { longest }: FloodLength): Promise<void> {
  const { isOver, waited } = flood
  await flood.end()
  const lacksTime = !isOver && waited > noticeableWaitMs && longest >= test.timeout - waited
  if (hasTimedOut(test) && lacksTime) throw waitedTooLong(test, flood.frames, waited)
  if (!isOver && isPassing(test)) throw flood.notAwaited
}

/** Fails a test whose benchmark was never run. */
export function checkBegun({ hasBegun }: { readonly hasBegun: boolean }, test: RunningTest, frames: string): void {
  if (hasBegun || !isPassing(test)) return
  const message =
    'wsLoad.flood: a flood was made for a benchmark and never run, so nothing was measured; ' +
    'await bench(name, wsLoad.flood(…)).run(), or await bench.compare() with it'
  throw calledFrom(frames, new WsLoadError('WSLOAD_ERR_NOT_AWAITED', message))
}

/** Whether nothing has failed, skipped or cancelled a test until its end. */
function isPassing({ task, signal }: RunningTest): boolean {
  const state = task.result?.state
  return state !== 'fail' && state !== 'skip' && !signal.aborted
}

/** Floods of one owner were started together on purpose. Nobody knows whose those are that no test is known for. */
function ownerOf(test: RunningTest | undefined): object | undefined {
  if (test === undefined) return {}
  return isConcurrent(test.task) ? test.task : undefined
}

/** The milliseconds that it took until the turn came, or the signal; there is an end to that while the flood still fits in. */
async function waitFor(
  turn: Promise<void>,
  flood: FloodOfTest,
  { signal, frames }: { readonly signal: AbortSignal; readonly frames: string },
): Promise<number> {
  const { test, length } = flood
  const since = process.uptime()
  const waited = (): number => (process.uptime() - since) * 1_000
  const left = test === undefined || test.timeout <= 0 ? Infinity : test.timeout - length.least
  const over = Promise.withResolvers<void>()
  const tooLate = (): void => over.reject(waitedTooLong(test!, frames, waited(), length.least))
  const timer = Number.isFinite(left) ? setTimeout(tooLate, Math.min(Math.max(0, left), longestTimerMs)) : undefined
  signal.addEventListener('abort', () => over.resolve(), { once: true })
  if (signal.aborted) over.resolve()
  try {
    await Promise.race([turn, over.promise])
    return waited()
  } finally {
    clearTimeout(timer)
  }
}

function notAwaited(what: string, frames: string): WsLoadError {
  const message = `wsLoad: a flood ${what}, so nothing that it found was looked at; await what wsLoad(…) returns before the test ends`
  return calledFrom(frames, new WsLoadError('WSLOAD_ERR_NOT_AWAITED', message))
}

/** @param needed milliseconds that the flood would have taken, if it is known that these are not left */
function waitedTooLong({ timeout }: RunningTest, frames: string, waited: number, needed?: number): WsLoadError {
  const why = needed === undefined ? '' : `, and needs ${formatDuration(needed)} itself`
  const error = new WsLoadError(
    'WSLOAD_ERR_TEST_TIMEOUT',
    `wsLoad: of the test's timeout of ${formatDuration(timeout)}, the flood waited ${formatDuration(waited)} for floods of ` +
      `other tests to end${why}; raise the test's timeout, do not run the tests of this file concurrently, or let floods ` +
      'disturb each other (floodParallelism: true in the plugin)',
  )
  return calledFrom(frames, error)
}

/** Where a function was called, as the stack of an error that is made later. */
export function framesAbove(caller: FloodOfTest['caller']): string {
  const place = { stack: '' }
  Error.captureStackTrace(place, caller)
  return place.stack.slice(place.stack.indexOf('\n'))
}

function calledFrom(frames: string, error: WsLoadError): WsLoadError {
  error.stack = `${String(error)}${frames}`
  return error
}

export function lengthOf(options: Pick<ResolvedOptions, 'warmup' | 'duration' | 'until' | 'machines'>): FloodLength {
  const { warmup, duration, until } = options
  const isFixed = until === undefined && Number.isFinite(duration)
  return {
    least: warmup + (isFixed ? duration : 0),
    longest: warmup + duration + waitForAgents(options),
    closing: closingTime(options),
  }
}

/**
 * How long a flood may take to end when it is told to, in milliseconds.
 * @param sides the servers of a comparison: one that is starting ends before the one that is up
 */
export function closingTime(
  { machines }: Pick<ResolvedOptions, 'machines'>,
  sides: readonly ResolvedSide[] = [],
): number {
  const servers = sum(sides.map((side) => ('stopTimeout' in side ? side.stopTimeout : 0)))
  return closingConnectionsMs + servers + (machines === undefined ? 0 : reportingAgentsMs)
}

/** How long a run waits for its agents, at most, in milliseconds. */
export function waitForAgents({ machines }: Pick<ResolvedOptions, 'machines'>): number {
  return machines?.wait ?? 0
}

/**
 * A flood that is longer than its test's timeout can only end in "Test timed out"; better said at once.
 * @param length the option that says how long it is
 * @throws {WsLoadError} `WSLOAD_ERR_TEST_TIMEOUT`
 */
export function checkTimeout(
  test: RunningTest | undefined,
  length: 'duration' | 'maxDuration',
  { warmup, duration }: { readonly warmup: number; readonly duration: number },
): void {
  const needed = warmup + duration
  const timeout = test?.timeout ?? 0
  if (!Number.isFinite(needed) || timeout <= 0 || needed < timeout) return
  throw new WsLoadError(
    'WSLOAD_ERR_TEST_TIMEOUT',
    `wsLoad: the flood ${length === 'duration' ? 'takes at least' : 'may take'} ${formatDuration(needed)} (warmup ` +
      `${formatDuration(warmup)} + ${length} ${formatDuration(duration)}), but the test's timeout is ` +
      `${formatDuration(timeout)}; raise the test's timeout (third argument of test, or test.testTimeout in ` +
      `vitest.config) or take a shorter ${length}`,
  )
}
