/** Vitest's benchmark provider: floods of one group take turns, every other function goes to the next provider. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { Bench } from 'tinybench'
import { type BenchmarkProvider, inject } from 'vitest'
import { WsLoadError } from '../errors.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { printable } from '../printable.ts'
import { run } from '../run/run.ts'
import { runSideBySide } from '../run/side-by-side.ts'
import { toBenchResult } from './bench-result.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import type { LoadResult } from '../result/load-result.ts'
import { mostFrequentFault, whyInvalid } from '../slo/evaluate.ts'
import { describeSurplus } from '../slo/surplus.ts'
import { startEmbedded } from '../server/embedded.ts'
import { familyOf } from './context.ts'
import { waitingFloodOf, type WaitingFlood } from './bench-flood.ts'
import { keepFlood, serverOf, tellProgress } from './record.ts'
import { pointingAt } from './pointing-at.ts'
import { checkTimeout, follow, lengthOf, withinTest } from './within-test.ts'

type Group = Parameters<BenchmarkProvider['run']>[0]
type Registration = Group['registrations'][number]
type Results = Awaited<ReturnType<BenchmarkProvider['run']>>

declare module 'vitest' {
  interface ProvidedContext {
    wsLoadBenchProvider: { readonly provider: string; readonly root: string } | null
  }
  interface BenchResult {
    /** Of a flood made by `wsLoad.flood()`. */
    readonly summary?: LoadSummary
  }
}

/** Node's own: the first benchmark loads this module, and a test may have installed fake timers before. */
const now = performance.now.bind(performance)

const provider: BenchmarkProvider = {
  async run(group) {
    const floods = group.registrations.filter(({ fn }) => waitingFloodOf(fn) !== undefined)
    const others = group.registrations.filter(({ fn }) => waitingFloodOf(fn) === undefined)
    const results = [
      ...(floods.length === 0 ? [] : await runFloods(floods)),
      ...(others.length === 0 ? [] : await runOthers({ ...group, registrations: others })),
    ]
    return group.registrations.flatMap(({ name }) => results.find((result) => result.name === name) ?? [])
  },
}

export default provider

async function runFloods(registrations: readonly Registration[]): Promise<Results> {
  for (const { fn } of registrations) waitingFloodOf(fn)!.hasBegun = true
  for (const { fnOpts } of registrations) await fnOpts?.beforeAll?.call(undefined as never, 'run')
  const results = await measure(registrations.map(({ fn }) => waitingFloodOf(fn)!))
  for (const { fnOpts } of registrations) await fnOpts?.afterAll?.call(undefined as never, 'run')
  const summaries = results.map((result) => new LoadSummary(result))
  for (const [nth, { name, fn }] of registrations.entries()) {
    const { test, flood } = waitingFloodOf(fn)!
    await keepFlood(test, summaries[nth]!, { ...serverOf(flood), name })
  }
  checkMeasured(registrations.map(({ name }, nth) => ({ name, summary: summaries[nth]! })))
  return registrations.map(({ name }, nth) => ({ name, ...toBenchResult(summaries[nth]!), summary: summaries[nth]! }))
}

/**
 * A flood that says nothing about its target has no figures to stand in a table.
 * @throws {WsLoadError} `WSLOAD_ERR_NOTHING_MEASURED`
 */
function checkMeasured(floods: readonly { readonly name: string; readonly summary: LoadSummary }[]): void {
  const empty = floods.flatMap(({ name, summary }) => {
    const invalid = whyInvalid(summary) ?? describeSurplus(summary)
    if (invalid === undefined) return []
    const why = [invalid, ...mostFrequentFault(summary)].join('; ')
    return [`wsLoad.flood: "${printable(name)}", ${printable(String(summary.options.url))}: ${why}`]
  })
  if (empty.length > 0) throw new WsLoadError('WSLOAD_ERR_NOTHING_MEASURED', empty.join('\n'))
}

/** One flood runs as `wsLoad()` does, several take turns. */
async function measure(waiting: readonly WaitingFlood[]): Promise<readonly LoadResult[]> {
  const [{ test, flood: first, signal }] = waiting as [WaitingFlood]
  const watcher = tellProgress(test)
  if (waiting.length === 1) {
    const alone = { test, signal, length: lengthOf(first), caller: measure }
    return [await withinTest(alone, (end) => run(first, { signal: end, watcher, family: familyOf(first.url) }))]
  }
  const floods = waiting.map(({ flood }) => flood)
  checkComparable(floods)
  const together = {
    warmup: Math.max(...floods.map(({ warmup }) => warmup)) * floods.length,
    duration: Math.max(...floods.map(({ duration }) => duration)) * floods.length,
  }
  pointingAt(measure, () => checkTimeout(test, 'duration', together))
  const length = lengthOf({ ...first, ...together })
  const given = new AbortController()
  const unfollow = follow(
    given,
    waiting.flatMap((one) => one.signal ?? []),
  )
  const all = { test, signal: given.signal, length, caller: measure }
  return withinTest(all, async (end) => {
    const embedded = floods.every(({ url }) => url !== undefined) ? undefined : await startEmbedded()
    try {
      const settled = floods.map((one) => ({ ...one, url: one.url ?? embedded!.url }))
      const families = settled.map(({ url }) => familyOf(url))
      return await runSideBySide(settled, { signal: end, watcher, families })
    } finally {
      await embedded?.stop()
    }
  }).finally(unfollow)
}

function checkComparable(floods: readonly ResolvedOptions[]): void {
  const [first] = floods
  const mistakes = [
    ...(floods.every(({ until }) => until === undefined)
      ? []
      : ['until: expected a duration instead, floods of one bench.compare() take turns and end together']),
    ...(floods.every(({ machines }) => isDeepStrictEqual(machines, first!.machines))
      ? []
      : ['machines: expected the same of all floods of one bench.compare(), they take turns on the same machines']),
  ]
  if (mistakes.length > 0) throw invalidOptions(mistakes, 'wsLoad.flood')
}

/** The provider that the user had before the plugin came, else Vitest's own way. */
async function runOthers(group: Group): Promise<Results> {
  const before = inject('wsLoadBenchProvider')
  return before === null || before === undefined ? runWithTinybench(group) : (await load(before)).run(group)
}

/** As Vitest loads a provider, but by Node itself: Vitest's module runner is not to be had. */
async function load({ provider, root }: { provider: string; root: string }): Promise<BenchmarkProvider> {
  const found = locate(provider, root)
  const loaded = await importDefault(isAbsolute(found) ? pathToFileURL(found).href : found).catch((cause: unknown) => {
    throw new Error(`Failed to load benchmark provider from "${resolve(root, found)}".`, { cause })
  })
  if (loaded !== undefined && loaded !== null) return loaded
  throw new Error(`Benchmark provider loaded from "${resolve(root, found)}" did not have a default export.`)
}

async function importDefault(url: string): Promise<BenchmarkProvider | null | undefined> {
  const module = (await import(url)) as { readonly default?: BenchmarkProvider | null }
  return module.default
}

/** The file of a package or of a path relative to the root; the name itself of a package that cannot be required. */
function locate(provider: string, root: string): string {
  try {
    return createRequire(join(root, 'package.json')).resolve(provider)
  } catch {
    const file = resolve(root, provider)
    return existsSync(file) || provider.startsWith('.') ? file : provider
  }
}

/** Groups that this worker has run, as Vitest numbers them. */
let groups = 0

/**
 * What Vitest itself does where no provider is configured, as in its `createDefaultBenchmarkProvider`: that is not exported,
 * and a worker knows one provider, which is this module.
 */
async function runWithTinybench({ test, config, registrations, options }: Group): Promise<Results> {
  groups++
  const bench = new Bench({
    signal: test.context.signal,
    name: `${test.fullTestName} ${groups}`,
    retainSamples: config.retainSamples,
    ...options,
    now,
  })
  for (const { name, fn, fnOpts } of registrations) bench.add(name, fn, fnOpts)
  await bench.run()
  const errors = bench.tasks.flatMap(({ result }) => (result.state === 'errored' ? [result.error] : []))
  const [error, ...otherErrors] = errors
  if (error !== undefined && otherErrors.length === 0) throw error
  if (error !== undefined) throw new AggregateError(errors, 'Some benchmarks failed')
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`task "${name}" did not complete: received "${result.state}"`)
    return { ...result, name }
  })
}
