/** Everything that needs no Vitest, for other programs and other test runners. */
import {
  type CapacityCompareOptions,
  type CapacityOptions,
  parseCapacity,
  parseCapacityComparison,
} from './options/capacity.ts'
import { type CompareOptions, type FanOutCompareOptions, parseComparison } from './options/compare.ts'
import { type FanOutOptions, parseFanOut } from './options/fan-out.ts'
import { parseOptions, type WsLoadOptions } from './options/options.ts'
import { compareCapacity as compareCapacities } from './run/compare-capacity.ts'
import { findCapacity } from './run/capacity.ts'
import { compare as compareServers } from './run/compare.ts'
import { run } from './run/run.ts'
import { FanOutSummary } from './summary/fan-out-summary.ts'
import { CapacityComparison } from './summary/capacity-comparison.ts'
import { LoadCapacity } from './summary/load-capacity.ts'
import { LoadComparison } from './summary/load-comparison.ts'
import { LoadSummary } from './summary/load-summary.ts'

export * from './public.ts'

/**
 * Floods a WebSocket target with pings and returns the summary. Without a `url` the target is an embedded echo server in a
 * process of its own. Floods that run at the same time take the machine from each other: await one before the next.
 *
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS`, `WSLOAD_ERR_ABORTED` if `signal` was aborted before the start,
 * `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`, `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, `WSLOAD_ERR_NOT_PERMITTED`,
 * `WSLOAD_ERR_TARGET_EXITED` of the embedded server, and with `machines` `WSLOAD_ERR_NATS` and `WSLOAD_ERR_AGENTS`
 */
export async function wsLoad(options: WsLoadOptions = {}): Promise<LoadSummary> {
  return new LoadSummary(await run(parseOptions(options), { signal: options.signal }))
}

/**
 * Publishes messages and times how long they take to reach every subscriber.
 * @throws {WsLoadError} as {@link wsLoad}
 */
export async function fanOut(options: FanOutOptions): Promise<FanOutSummary> {
  return FanOutSummary.of(await run(parseFanOut(options), { signal: options.signal }))
}

/**
 * Finds the highest load under which a server keeps an SLO: tries one after the other, each until its verdict is clear, at most for
 * `maxDuration` ('60s').
 * @throws {WsLoadError} as {@link wsLoad}
 */
export async function capacity(options: CapacityOptions): Promise<LoadCapacity> {
  return new LoadCapacity(await findCapacity(parseCapacity(options), { signal: options.signal }))
}

/**
 * Finds the capacities of two servers, a load of the one and a load of the other in turns, until it is clear whether the head's is lower
 * than the base's, at most for `maxDuration` ('2m').
 * @throws {WsLoadError} as {@link compare}
 */
export async function compareCapacity(options: CapacityCompareOptions): Promise<CapacityComparison> {
  const compared = await compareCapacities(parseCapacityComparison(options), { signal: options.signal })
  return new CapacityComparison(compared.base, compared.head, compared.verdict)
}

/**
 * Floods two servers in alternate slices of 100 ms, until it is clear whether the head is slower than the base, at most for
 * `maxDuration` ('30s'). With `protocol`, `subscribers` and the like, the two are compared as {@link fanOut} times them.
 * @throws {WsLoadError} as {@link wsLoad}, and `WSLOAD_ERR_TARGET_…` when a side's command does not start
 */
export async function compare(options: FanOutCompareOptions): Promise<LoadComparison<FanOutSummary>>
export async function compare(options: CompareOptions): Promise<LoadComparison>
export async function compare(options: CompareOptions | FanOutCompareOptions): Promise<LoadComparison> {
  const { base, head, verdict, judge } = await compareServers(parseComparison(options), { signal: options.signal })
  return new LoadComparison(base, head, verdict, judge)
}
