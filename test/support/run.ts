/** Runs as `wsLoad()` and `wsLoad.compare()` make them, without Vitest. */
import { type CompareOptions, parseComparison } from '../../src/options/compare.ts'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { type ComparedRuns, compare as compareParsed } from '../../src/run/compare.ts'
import type { Watcher } from '../../src/run/progress.ts'
import { run as runParsed } from '../../src/run/run.ts'

export async function run(options: WsLoadOptions = {}, watcher?: Watcher): Promise<LoadResult> {
  return runParsed(parseOptions(options), { signal: options.signal, watcher })
}

export async function compare(options: CompareOptions, watcher?: Watcher): Promise<ComparedRuns> {
  return compareParsed(parseComparison(options), { signal: options.signal, watcher })
}
