import { WsLoadError } from '../errors.ts'
import { mergeOptions, resolveOptions, type WsLoadOptions } from '../load/options.ts'
import { run } from '../load/run.ts'
import { LoadSummary } from '../report/load-summary.ts'
import { formatDuration } from '../units.ts'
import { configuredDefaults, configuredTarget, currentTest, type RunningTest } from './context.ts'

/** What a flood starts from. */
interface ProjectConfig {
  readonly defaults: WsLoadOptions
  readonly target: string | null
}

/** How long an ended flood may take to close its connections, in milliseconds. */
const closingTime = 10_000

/**
 * Floods a WebSocket target with pings and returns the summary. Options left out come from the plugin's `defaults`, the
 * URL from its `target`; without either the target is an embedded echo server in a process of its own.
 *
 * A flood belongs to the test or the `beforeEach` that called it: it ends with the test, whether that passes, fails,
 * times out or is cancelled, and a retry starts after it has ended. In concurrent tests use the `wsLoad` fixture
 * instead: a plain function cannot know which of them called it, so its floods end by themselves.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`, `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_TEST_TIMEOUT`,
 * `WSLOAD_ERR_THREAD_CRASHED`
 */
export async function wsLoad(options: WsLoadOptions = {}): Promise<LoadSummary> {
  return floodIn(currentTest(), { defaults: configuredDefaults(), target: configuredTarget() }, options)
}

/** Runs a flood as part of a test, or on its own. */
export async function floodIn(
  test: RunningTest | undefined,
  { defaults, target }: ProjectConfig,
  given: WsLoadOptions,
): Promise<LoadSummary> {
  const options = mergeOptions({ ...(target !== null && { url: target }), ...defaults }, given)
  try {
    checkTime(test, options)
  } catch (error) {
    Error.captureStackTrace(error as Error, floodIn)
    throw error
  }
  if (test === undefined) return new LoadSummary(await run(options))

  const end = new AbortController()
  const ended = Promise.withResolvers<void>()
  // Vitest waits for this before it starts a retry, so that floods of two attempts never overlap.
  test.onTestFinished(() => {
    end.abort()
    return ended.promise
  }, closingTime)
  const signals = [test.signal, end.signal, ...(given.signal === undefined ? [] : [given.signal])]
  try {
    return new LoadSummary(await run({ ...options, signal: AbortSignal.any(signals) }))
  } finally {
    ended.resolve()
  }
}

/** A flood that is longer than its test's timeout can only end in "Test timed out"; better said at once. */
function checkTime(test: RunningTest | undefined, options: WsLoadOptions): void {
  const { warmup, duration, until } = resolveOptions(options)
  const needed = warmup + duration
  const timeout = test?.timeout ?? 0
  if (!Number.isFinite(needed) || timeout <= 0 || needed < timeout) return
  const [takes, length] = until === undefined ? ['takes at least', 'duration'] : ['may take', 'maxDuration']
  throw new WsLoadError(
    'WSLOAD_ERR_TEST_TIMEOUT',
    `wsLoad: the flood ${takes} ${formatDuration(needed)} (warmup ${formatDuration(warmup)} + ${length} ` +
      `${formatDuration(duration)}), but the test's timeout is ${formatDuration(timeout)}; raise the test's timeout ` +
      `(third argument of test, or test.testTimeout in vitest.config) or take a shorter ${length}`,
  )
}
