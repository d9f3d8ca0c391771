/** Runs as `wsLoad()` and `wsLoad.compare()` make them, without Vitest. */
import { type CompareOptions, type FanOutCompareOptions, parseComparison } from '../../src/options/compare.ts'
import { type FanOutOptions, parseFanOut } from '../../src/options/fan-out.ts'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { type ComparedRuns, compare as compareParsed } from '../../src/run/compare.ts'
import type { Watcher } from '../../src/run/progress.ts'
import { run as runParsed } from '../../src/run/run.ts'
import { FanOutSummary } from '../../src/summary/fan-out-summary.ts'

export async function run(options: WsLoadOptions = {}, watcher?: Watcher): Promise<LoadResult> {
  return runParsed(parseOptions(options), { signal: options.signal, watcher })
}

const roomsProtocol = new URL('rooms.protocol.ts', import.meta.url)

/** @param options of which `protocol` is the one that `rooms.ts` speaks if there is none */
export async function fanOut(options: Partial<FanOutOptions> & Pick<FanOutOptions, 'url'>): Promise<FanOutSummary> {
  const result = await runParsed(parseFanOut({ protocol: roomsProtocol, ...options }), { signal: options.signal })
  return new FanOutSummary({ ...result, fanOut: result.fanOut! })
}

export async function compare(
  options: CompareOptions | FanOutCompareOptions,
  watcher?: Watcher,
): Promise<ComparedRuns> {
  return compareParsed(parseComparison(options), { signal: options.signal, watcher })
}
