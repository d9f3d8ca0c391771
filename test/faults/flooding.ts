import { setTimeout as elapsed } from 'node:timers/promises'
import { exitCodeOf, exitCodeOfRun } from '../../src/cli/exit-code.ts'
import { WsLoadError } from '../../src/errors.ts'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { formatSummary } from '../../src/report/text.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { LoadComparison } from '../../src/summary/load-comparison.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import type { Listener } from '../support/listener.ts'
import { compare, run } from '../support/run.ts'
import type { Outcome, Run } from './matrix.ts'

type Target = AsyncDisposable & Pick<Listener, 'url'> & Partial<Pick<Listener, 'connections' | 'release'>>

interface Flooding<Server> {
  /** @default every ping is answered, and no connection is lost */
  readonly slo?: SLO
  /** Happens while it runs. */
  readonly meanwhile?: (server: Server) => Promise<void>
}

/** A few connections at a rate that costs next to nothing. */
const modest = { connections: 3, threads: 1, warmup: 0, pings: 100, rate: 500 } as const
/** A fact about a run: a ping without an answer took for ever. */
const everyPing = { max: '< 1m' } as const
const closedWithinMs = 10_000

/**
 * Floods a server with 100 pings, 500 per second over 3 connections, however long this machine takes for them; in the closed
 * model for 200 ms; or as `options` say. No connection is left open.
 */
export function flooding<Server extends Target>(
  serve: () => Promise<Server>,
  options: WsLoadOptions | ((server: Server) => WsLoadOptions) = {},
  { slo = everyPing, meanwhile }: Flooding<Server> = {},
): Run {
  return async (signal) => {
    await using server = await serve()
    const given = typeof options === 'function' ? options(server) : options
    const [outcome] = await Promise.all([flood({ url: server.url, ...given }, slo, signal), meanwhile?.(server)])
    server.release?.()
    await noneOpen(server)
    return outcome
  }
}

/** Compares two servers for four seconds, in the closed model; the outcome is that of the head. */
export function comparing(serveBase: () => Promise<Target>, serveHead: () => Promise<Target>): Run {
  const { connections, threads, warmup } = modest
  return async (signal) => {
    await using base = await serveBase()
    await using head = await serveHead()
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const runs = await compare({ ...sides, connections, threads, warmup, maxDuration: '4s', signal })
    const said = new LoadComparison(runs.base, runs.head, runs.verdict).toString()
    for (const server of [base, head]) {
      server.release?.()
      await noneOpen(server)
    }
    return { exit: exitCodeOf(runs.verdict.verdict), codes: Object.keys(runs.head.errors), said, result: runs.head }
  }
}

async function flood(given: WsLoadOptions, slo: SLO, signal: AbortSignal): Promise<Outcome> {
  const { pings, rate, ...both } = modest
  const { duration, until, stages, inFlight } = given
  const isClosed = inFlight !== undefined
  const load = isClosed || stages !== undefined ? both : { ...both, rate }
  const isBounded = [duration, given.pings, until, stages].some((bound) => bound !== undefined)
  const bound = isBounded ? {} : isClosed ? { duration: 200 } : { pings }
  const signals = given.signal === undefined ? signal : AbortSignal.any([signal, given.signal])
  try {
    const summary = new LoadSummary(await run({ ...load, ...bound, ...given, signal: signals }))
    const verdict = evaluateSLO(summary, slo)
    const said = formatSummary(summary, { verdict })
    return { exit: exitCodeOfRun(summary, verdict), codes: Object.keys(summary.errors), said, result: summary }
  } catch (error) {
    if (error instanceof WsLoadError) return { exit: 'throws', codes: [error.code], said: error.message }
    throw error
  }
}

async function noneOpen(server: Target): Promise<void> {
  const deadline = performance.now() + closedWithinMs
  for (let open = 1; open > 0; await elapsed(5)) {
    open = server.connections?.() ?? 0
    if (performance.now() > deadline) throw new Error(`${open} connections are still open`)
  }
}
