import { WsLoadError } from '../errors.ts'
import type { ResolvedOptions } from '../options/options.ts'
import type { RunningTest } from './context.ts'

/** The module may be loaded twice, in the test file and as the benchmark provider. */
const mark = Symbol.for('vitest-ws-load.flood')

/** A flood that waits to be run as a benchmark. */
export interface WaitingFlood {
  readonly test: RunningTest | undefined
  readonly flood: ResolvedOptions
  /** The caller's own. */
  readonly signal: AbortSignal | undefined
  /** Whether a benchmark has begun to run it. */
  hasBegun: boolean
}

/** What `wsLoad.flood()` returns: for `bench(name, flood)`. */
export type BenchFlood = () => never

/** A flood as a benchmark's function: the provider knows it by its mark, and whoever else calls it is told so. */
export function benchFlood(flood: WaitingFlood): BenchFlood {
  const run = (): never => {
    throw new WsLoadError(
      'WSLOAD_ERR_NO_BENCH_PROVIDER',
      'wsLoad.flood: expected to be run by the benchmark provider of vitest-ws-load, was called as a function; ' +
        "add the plugin to vitest.config (import wsLoad from 'vitest-ws-load/plugin'; plugins: [wsLoad()]), " +
        'and take Vitest 5 or later; outside of bench() call wsLoad() itself',
    )
  }
  return Object.assign(run, { [mark]: flood })
}

/** The flood behind a benchmark's function; `undefined` if it is an ordinary one. */
export function waitingFloodOf(benchmark: object): WaitingFlood | undefined {
  return (benchmark as Readonly<Record<symbol, WaitingFlood | undefined>>)[mark]
}
