import {
  type CapacityCompareOptions,
  type CapacityOptions,
  parseCapacity,
  parseCapacityComparison,
  type ResolvedCapacity,
  withoutAmount,
} from '../options/capacity.ts'
import { type CompareOptions, type FanOutCompareOptions, parseComparison, withoutEnd } from '../options/compare.ts'
import { type FanOutOptions, hasRoles, parseFanOut, withoutPings } from '../options/fan-out.ts'
import { findCapacity } from '../run/capacity.ts'
import { compareCapacity } from '../run/compare-capacity.ts'
import { sidesOfComparison } from '../run/both-sides.ts'
import { compare } from '../run/compare.ts'
import { mergeOptions, parseOptions, type ResolvedOptions, type WsLoadOptions } from '../options/options.ts'
import { run } from '../run/run.ts'
import { fewestRuns } from '../statistics/interim-looks.ts'
import { FanOutSummary } from '../summary/fan-out-summary.ts'
import { CapacityComparison } from '../summary/capacity-comparison.ts'
import { LoadCapacity } from '../summary/load-capacity.ts'
import { LoadComparison } from '../summary/load-comparison.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { type BenchFlood, benchFlood } from './bench-flood.ts'
import { configuredDefaults, configuredTarget, currentTest, familyOf, type RunningTest } from './context.ts'
import { pointingAt } from './pointing-at.ts'
import { keepCapacities, keepCapacity, keepComparison, keepFlood, serverOf, tellProgress } from './record.ts'
import { useSides, useTarget } from './target-use.ts'
import { beginUse } from './test-file.ts'
import {
  checkBegun,
  checkTimeout,
  closingTime,
  type FloodLength,
  framesAbove,
  lengthOf,
  waitForAgents,
  withinTest,
} from './within-test.ts'

/** What a flood starts from. */
export interface Surroundings {
  /** The test that it belongs to, if it is known. */
  readonly test: RunningTest | undefined
  readonly defaults: WsLoadOptions
  readonly target: string | null
}

beginUse()

/** Floods a target, compares two, or finds out how much one takes. */
export interface WsLoad {
  /**
   * Floods a WebSocket target with pings and returns the summary. Options left out come from the plugin's `defaults`, the
   * URL from its `target`; without either the target is an embedded echo server in a process of its own.
   *
   * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`, `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_TEST_TIMEOUT`,
   * `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`, `WSLOAD_ERR_NOT_PERMITTED`, `WSLOAD_ERR_UNSUPPORTED_PLATFORM`,
   * `WSLOAD_ERR_TARGET_EXITED` of the embedded server, in watch mode every `WSLOAD_ERR_TARGET_…` of the plugin's one, with `machines` `WSLOAD_ERR_NATS` and `WSLOAD_ERR_AGENTS`, and `WSLOAD_ERR_NOT_AWAITED` when its test is over; that is also what a
   * test fails with that ends before its flood
   */
  (options?: WsLoadOptions): Promise<LoadSummary>
  /**
   * Floods two servers in alternate slices of 100 ms (ABBA or BAAB, as drawn), until it is clear whether the head is slower than the base, at
   * most for `maxDuration` ('30s'). Options left out come from the plugin's `defaults`. With `protocol`, `subscribers` and the
   * like, the two are compared as `wsLoad.fanOut()` times them.
   *
   * @throws {WsLoadError} as `wsLoad()`, and `WSLOAD_ERR_TARGET_…` when a side's command does not start
   */
  compare(options: FanOutCompareOptions): Promise<LoadComparison<FanOutSummary>>
  compare(options: CompareOptions): Promise<LoadComparison>
  /**
   * Publishes messages and times how long they take to reach every subscriber. Options left out come from the plugin's
   * `defaults` as far as a fan-out has them, the URL from its `target`.
   *
   * @throws {WsLoadError} as `wsLoad()`
   */
  fanOut(options: FanOutOptions): Promise<FanOutSummary>
  /**
   * Finds the highest load under which a server keeps an SLO: tries one after the other, each until its verdict is clear, at most for
   * `maxDuration` ('60s'). Options left out come from the plugin's `defaults`, the URL from its `target`; without either the target is
   * an embedded echo server.
   *
   * @throws {WsLoadError} as `wsLoad()`
   */
  capacity(options: CapacityOptions): Promise<LoadCapacity>
  /**
   * Finds the capacities of two servers, a load of the one and a load of the other in turns, until it is clear whether the head's is
   * lower than the base's, at most for `maxDuration` ('2m'). Options left out come from the plugin's `defaults`.
   *
   * @throws {WsLoadError} as `wsLoad.compare()`
   */
  compareCapacity(options: CapacityCompareOptions): Promise<CapacityComparison>
  /**
   * A flood as a benchmark: `await bench('gateway', wsLoad.flood({ connections: 64 })).run()`. Floods that stand in one
   * `bench.compare()` take turns in slices of 100 ms. The result has `summary`. Needs Vitest 5 and the plugin.
   *
   * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`; when it is called as a function `WSLOAD_ERR_NO_BENCH_PROVIDER`. The
   * benchmark rejects with `WSLOAD_ERR_NOTHING_MEASURED` if nothing was answered, or the flood was aborted
   */
  flood(options?: WsLoadOptions): BenchFlood
}

/**
 * `wsLoad()` as a plain function. A flood belongs to the test or the `beforeEach` that called it: it ends with the test,
 * whether that passes, fails, times out or is cancelled, and a retry starts after it has ended. In concurrent tests use
 * the `wsLoad` fixture instead: a plain function cannot know which of them called it, so its floods end with the file.
 */
export const wsLoad: WsLoad = wsLoadFor(() => ({
  test: currentTest(),
  defaults: configuredDefaults(),
  target: configuredTarget(),
}))

/** `wsLoad()` for whatever surroundings it is called in. */
export function wsLoadFor(surroundings: () => Surroundings): WsLoad {
  return Object.assign(
    function wsLoad(options: WsLoadOptions = {}): Promise<LoadSummary> {
      return floodIn(surroundings(), options)
    },
    {
      compare: ((options) => compareIn(surroundings(), options)) as WsLoad['compare'],
      fanOut(options: FanOutOptions): Promise<FanOutSummary> {
        return fanOutIn(surroundings(), options)
      },
      capacity(options: CapacityOptions): Promise<LoadCapacity> {
        return capacityIn(surroundings(), options)
      },
      compareCapacity(options: CapacityCompareOptions): Promise<CapacityComparison> {
        return compareCapacityIn(surroundings(), options)
      },
      flood(options: WsLoadOptions = {}): BenchFlood {
        return floodLater(surroundings(), options)
      },
    },
  )
}

function floodLater({ test, ...surroundings }: Surroundings, given: WsLoadOptions): BenchFlood {
  const flood = pointingAt(floodLater, () => parseFlood(test, optionsIn(surroundings, given)))
  const waiting = { test, flood, signal: given.signal, hasBegun: false }
  const frames = framesAbove(floodLater)
  test?.onTestFinished(() => checkBegun(waiting, test, frames))
  return benchFlood(waiting)
}

/** Runs a flood as part of a test, or on its own. Awaits rather than passes on: annotations point to whoever awaits this. */
async function floodIn({ test, ...surroundings }: Surroundings, given: WsLoadOptions): Promise<LoadSummary> {
  const flood = pointingAt(floodIn, () => parseFlood(test, optionsIn(surroundings, given)))
  const length = lengthOf(flood)
  const flooded = await withinTest({ test, signal: given.signal, length, caller: floodIn }, async (signal) => {
    const summary = new LoadSummary(
      await run(flood, { signal, watcher: tellProgress(test), family: familyOf(flood.url) }),
    )
    await keepFlood(test, summary, serverOf(flood))
    return summary
  })
  return flooded
}

async function fanOutIn({ test, defaults, target }: Surroundings, given: FanOutOptions): Promise<FanOutSummary> {
  const fanOut = pointingAt(fanOutIn, () => {
    const options = mergeOptions({ ...(target !== null && { url: target }), ...withoutPings(defaults) }, given)
    const parsed = parseFanOut(options)
    checkTimeout(test, parsed.until === undefined ? 'duration' : 'maxDuration', parsed)
    useTarget(test, parsed.url)
    return parsed
  })
  const length = lengthOf(fanOut)
  const kept = await withinTest({ test, signal: given.signal, length, caller: fanOutIn }, async (signal) => {
    const result = await run(fanOut, { signal, watcher: tellProgress(test), family: familyOf(fanOut.url) })
    const summary = FanOutSummary.of(result)
    await keepFlood(test, summary)
    return summary
  })
  return kept
}

async function compareIn(
  { test, defaults }: Surroundings,
  given: CompareOptions | FanOutCompareOptions,
): Promise<LoadComparison> {
  const comparison = pointingAt(compareIn, () => {
    const inherited = withoutEnd(defaults)
    const parsed = parseComparison(mergeOptions(hasRoles(given) ? withoutPings(inherited) : inherited, given))
    const { base, head, load, maxDuration, restarts } = parsed
    const warmup = load.warmup * sidesOfComparison * (restarts + 1)
    checkTimeout(test, 'maxDuration', { warmup, duration: maxDuration })
    useSides(test, base, head)
    return parsed
  })
  const starts = comparison.restarts + 1
  const ofEach = comparison.load.warmup * sidesOfComparison
  const length = {
    least: ofEach * Math.min(starts, fewestRuns),
    longest: ofEach * starts + comparison.maxDuration + waitForAgents(comparison.load),
    closing: closingTime(comparison.load, [comparison.base, comparison.head]),
  }
  const compared = await withinTest({ test, signal: given.signal, length, caller: compareIn }, async (signal) => {
    const { base, head, verdict, judge } = await compare(comparison, { signal, watcher: tellProgress(test) })
    const kept = new LoadComparison(base, head, verdict, judge)
    await keepComparison(test, kept)
    return kept
  })
  return compared
}

async function capacityIn({ test, defaults, target }: Surroundings, given: CapacityOptions): Promise<LoadCapacity> {
  const search = pointingAt(capacityIn, () => {
    const inherited = { ...(target !== null && { url: target }), ...withoutAmount(defaults, given) }
    const parsed = parseCapacity(mergeOptions(inherited, given))
    checkTimeout(test, 'maxDuration', { warmup: 0, duration: parsed.maxDuration })
    useTarget(test, parsed.url)
    return parsed
  })
  const length = { ...lengthOfSearches(search, 1), closing: closingTime(search.load) }
  const found = await withinTest({ test, signal: given.signal, length, caller: capacityIn }, async (signal) => {
    const result = await findCapacity(search, { signal, watcher: tellProgress(test), family: familyOf(search.url) })
    const capacity = new LoadCapacity(result)
    await keepCapacity(test, capacity, serverOf(search))
    return capacity
  })
  return found
}

async function compareCapacityIn(
  { test, defaults }: Surroundings,
  given: CapacityCompareOptions,
): Promise<CapacityComparison> {
  const comparison = pointingAt(compareCapacityIn, () => {
    const parsed = parseCapacityComparison(mergeOptions(withoutAmount(withoutEnd(defaults), given), given))
    const duration = sidesOfComparison * parsed.search.maxDuration
    checkTimeout(test, 'maxDuration', { warmup: 0, duration })
    useSides(test, parsed.base, parsed.head)
    return parsed
  })
  const length = {
    ...lengthOfSearches(comparison.search, sidesOfComparison),
    closing: closingTime(comparison.search.load, [comparison.base, comparison.head]),
  }
  const compared = await withinTest(
    { test, signal: given.signal, length, caller: compareCapacityIn },
    async (signal) => {
      const { base, head, verdict } = await compareCapacity(comparison, { signal, watcher: tellProgress(test) })
      const kept = new CapacityComparison(base, head, verdict)
      await keepCapacities(test, kept)
      return kept
    },
  )
  return compared
}

/** Of so many searches: one may be decided by its first load. */
function lengthOfSearches(
  { load, maxDuration }: Pick<ResolvedCapacity, 'load' | 'maxDuration'>,
  searches: number,
): Omit<FloodLength, 'closing'> {
  return { least: searches * load.warmup, longest: searches * maxDuration + waitForAgents(load) }
}

function optionsIn({ defaults, target }: Omit<Surroundings, 'test'>, given: WsLoadOptions): WsLoadOptions {
  return mergeOptions({ ...(target !== null && { url: target }), ...defaults }, given)
}

/** Reads the options of a flood that has to end within its test. */
function parseFlood(test: RunningTest | undefined, options: WsLoadOptions): ResolvedOptions {
  const flood = parseOptions(options)
  checkTimeout(test, flood.until === undefined ? 'duration' : 'maxDuration', flood)
  useTarget(test, flood.url)
  return flood
}
