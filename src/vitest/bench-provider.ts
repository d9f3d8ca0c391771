/** Vitest's benchmark provider: floods of one group take turns, every other function goes to the next provider. */
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Bench } from 'tinybench'
import { type BenchmarkProvider, inject } from 'vitest'
import { invalidOptions } from '../options/invalid-options.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { run } from '../run/run.ts'
import { runSideBySide } from '../run/side-by-side.ts'
import { toBenchResult } from './bench-result.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import type { LoadResult } from '../result/load-result.ts'
import { startEmbedded } from '../server/embedded.ts'
import { floodOf, type WaitingFlood } from './bench-flood.ts'
import { keepFlood, tellProgress } from './record.ts'
import { pointingAt } from './pointing-at.ts'
import { checkTimeout, within } from './ws-load.ts'

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

/** Taken when the module loads: fake timers do not reach it. */
const now = performance.now.bind(performance)

const provider: BenchmarkProvider = {
  async run(group) {
    const floods = group.registrations.filter(({ fn }) => floodOf(fn) !== undefined)
    const others = group.registrations.filter(({ fn }) => floodOf(fn) === undefined)
    const results = [
      ...(floods.length === 0 ? [] : await runFloods(floods)),
      ...(others.length === 0 ? [] : await runOthers({ ...group, registrations: others })),
    ]
    return group.registrations.flatMap(({ name }) => results.find((result) => result.name === name) ?? [])
  },
}

export default provider

async function runFloods(registrations: readonly Registration[]): Promise<Results> {
  for (const { fnOpts } of registrations) await fnOpts?.beforeAll?.call(undefined as never, 'run')
  const results = await measure(registrations.map(({ fn }) => floodOf(fn)!))
  for (const { fnOpts } of registrations) await fnOpts?.afterAll?.call(undefined as never, 'run')
  const summaries = results.map((result) => new LoadSummary(result))
  for (const [nth, { name, fn }] of registrations.entries()) {
    await keepFlood(floodOf(fn)!.test, summaries[nth]!, name)
  }
  return registrations.map(({ name }, nth) => ({ name, ...toBenchResult(summaries[nth]!), summary: summaries[nth]! }))
}

/** One flood runs as `wsLoad()` does, several take turns. */
async function measure(waiting: readonly WaitingFlood[]): Promise<LoadResult[]> {
  const [{ test, flood, signal: given }] = waiting as [WaitingFlood]
  const watcher = tellProgress(test)
  if (waiting.length === 1) return [await within(test, given, (signal) => run(flood, { signal, watcher }))]
  const floods = waiting.map(({ flood }) => flood)
  checkComparable(floods)
  pointingAt(measure, () =>
    checkTimeout(test, 'duration', {
      warmup: Math.max(...floods.map(({ warmup }) => warmup)) * floods.length,
      duration: Math.max(...floods.map(({ duration }) => duration)) * floods.length,
    }),
  )
  const embedded = floods.every(({ url }) => url !== undefined) ? undefined : await startEmbedded()
  try {
    const settled = floods.map((one) => ({ ...one, url: one.url ?? embedded!.url }))
    return await within(test, given, (signal) => runSideBySide(settled, { signal, watcher }))
  } finally {
    await embedded?.stop()
  }
}

function checkComparable(floods: readonly ResolvedOptions[]): void {
  if (floods.every(({ until }) => until === undefined)) return
  throw invalidOptions(
    ['until: expected a duration instead, floods of one bench.compare() take turns and end together'],
    'wsLoad.flood',
  )
}

/** The provider that the user had before the plugin came, else Vitest's own way. */
async function runOthers(group: Group): Promise<Results> {
  const before = inject('wsLoadBenchProvider') ?? undefined
  return before === undefined ? runWithTinybench(group) : (await load(before)).run(group)
}

async function load({ provider, root }: { provider: string; root: string }): Promise<BenchmarkProvider> {
  const { default: loaded } = (await import(locate(provider, root))) as { default?: BenchmarkProvider }
  if (loaded === undefined) throw new Error(`benchmark.provider: "${provider}" has no default export`)
  return loaded
}

function locate(provider: string, root: string): string {
  if (provider.startsWith('.') || isAbsolute(provider)) return pathToFileURL(resolve(root, provider)).href
  try {
    return pathToFileURL(createRequire(join(root, 'package.json')).resolve(provider)).href
  } catch {
    return provider
  }
}

/** What Vitest itself does where no provider is configured. */
async function runWithTinybench({ test, config, registrations, options }: Group): Promise<Results> {
  const bench = new Bench({
    signal: test.context.signal,
    name: test.fullTestName,
    retainSamples: config.retainSamples,
    ...options,
    now,
  })
  for (const { name, fn, fnOpts } of registrations) bench.add(name, fn, fnOpts)
  await bench.run()
  const failures = bench.tasks.flatMap(({ result }) => (result.state === 'errored' ? [result.error] : []))
  const [failure, ...more] = failures
  if (failure !== undefined && more.length === 0) throw failure
  if (failure !== undefined) throw new AggregateError(failures, 'Some benchmarks failed')
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`benchmark "${name}" did not complete: it was ${result.state}`)
    return { ...result, name }
  })
}
