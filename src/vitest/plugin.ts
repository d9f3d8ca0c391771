import { dirname, extname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type {} from 'vitest/config'
import type { TestProject, Vite, Vitest } from 'vitest/node'
import { isFieldless } from '../options/fields.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import { overrideDefaults, portableOptions, undefinedUrl, type WsLoadOptions } from '../options/options.ts'
import { show } from '../wording.ts'
import { type ParsedPlugin, parsePlugin, usualPage, withoutStack, type WsLoadPluginOptions } from './plugin-options.ts'
import { keyOf, targetOf } from './plugin-target.ts'
import type { WsLoadReporterOptions } from './reporter.ts'
import { queueOf, runNameOf } from './shared-run.ts'
import { tell } from './tell.ts'

export type { OTLPCollector, OTLPTarget } from '../export/otlp.ts'
export type { TargetOptions } from '../options/target.ts'
export type { WsLoadPluginOptions } from './plugin-options.ts'

const globalSetupFile = ownFile('global-setup')
const setupFile = ownFile('setup')
const benchProvider = ownFile('bench-provider')
const reporter = ownFile('reporter')
const minuteMs = 60_000
/** What the end of a run takes besides that of a server. */
const teardownMarginMs = 5_000
/** Vitest's own, in milliseconds: of tests, and of benchmarks. */
const timeouts = [
  ['testTimeout', [5_000, 60_000]],
  ['hookTimeout', [10_000, 120_000]],
] as const

/**
 * The Vitest plugin: defaults for `wsLoad()` and the server under test. Values that the configuration itself gives a
 * project, `provide: { wsLoadDefaults }`, go before `defaults`.
 *
 * It also raises `teardownTimeout` to what the servers may take to end, one after the other, and 5 s for each, and `testTimeout` and
 * `hookTimeout` from Vitest's defaults to a minute more than a flood at `defaults` takes at most,
 * and becomes the provider of benchmarks; one that the configuration names goes on with all that are no floods.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake in `defaults` and `target`
 */
export default function wsLoadPlugin(options: WsLoadPluginOptions = {}): Vite.Plugin {
  const { target, headers, protocols, tls, ...length } = parsePlugin(options)
  const { defaults = {}, inconclusive = 'fail', floodParallelism = false } = options
  const timeout = minuteMs + longestFlood(length)
  let home = process.cwd()
  let nextProvider: string | undefined
  return {
    name: 'vitest-ws-load',
    config({ test }) {
      const configured = test?.benchmark?.provider
      if (configured !== undefined && configured !== benchProvider) nextProvider = configured
      // Vitest runs the root's own, whatever its projects inherit: so a target that none of them has is noticed.
      const globalSetup = target !== undefined && test?.projects !== undefined ? [globalSetupFile] : []
      // Here, so that Vitest evaluates it for each file where these share a worker; below for projects that inherit nothing.
      return { test: { benchmark: { provider: benchProvider }, setupFiles: [setupFile], globalSetup } }
    },
    configResolved({ configFile, root, server }) {
      // A browser-like environment may load from nowhere else, and the package may be installed outside of the project.
      server.fs.allow.push(dirname(import.meta.dirname))
      home = configFile === undefined ? root : dirname(configFile)
    },
    // oxlint-disable-next-line typescript/no-misused-promises -- Vitest 4.1 and 5 await it.
    async configureVitest({ project, vitest }) {
      addReporter(vitest.config, options)
      const setupFiles = project.config.setupFiles.filter((file) => file !== setupFile)
      // Nothing floods from within a browser, where there is no Node for a setup file to run on.
      project.config.setupFiles = project.config.browser.enabled ? setupFiles : [...setupFiles, setupFile]
      project.provide('wsLoadQueue', floodParallelism ? null : await queueOf(vitest))
      for (const [name, usual] of timeouts) {
        const [ofTests, ofBenchmarks] = usual
        const own = isBenchmark(project.config) ? ofBenchmarks : ofTests
        if (project.config[name] === own) project.config[name] = Math.max(own, timeout)
      }
      const ofProject = overrideDefaults(defaults, configured(project.config.provide))
      checkProvided(ofProject)
      project.provide('wsLoadDefaults', portableOptions(ofProject))
      project.provide('wsLoadInconclusive', inconclusive)
      project.provide('wsLoadRoot', project.config.root)
      project.provide('wsLoadRun', runNameOf(vitest))
      project.provide('wsLoadUpdate', project.config.snapshotOptions.updateSnapshot === 'all')
      const others = takeBenchmarks(project.config) ?? nextProvider
      const next = others === undefined ? null : { provider: others, root: project.config.root }
      project.provide('wsLoadBenchProvider', next)
      if (target === undefined) return
      const inPlace = { ...target, cwd: resolve(home, target.cwd ?? '') }
      project.provide('wsLoadPluginTarget', { options: inPlace, handshake: { headers, protocols, tls } })
      vitest.config.teardownTimeout = Math.max(vitest.config.teardownTimeout, teardownOf(vitest))
      project.config.globalSetup = [...new Set([project.config.globalSetup, globalSetupFile].flat())]
    },
  }
}

/** Milliseconds that a flood without `until` takes at most. A generator that is late sends for as long as the drain, which only begins then. */
function longestFlood({ warmup, duration, drain }: Pick<ParsedPlugin, 'warmup' | 'duration' | 'drain'>): number {
  const longest = warmup + duration + 2 * drain
  return Number.isFinite(longest) ? longest : 0
}

/** How long the servers of all projects may take to end: Vitest ends by force then, and with it whoever waits for that. */
function teardownOf({ projects }: Vitest): number {
  const wanted = projects.flatMap((project) => targetOf(project) ?? [])
  const targets = new Map(wanted.map((target) => [keyOf(target), target.options.stopTimeout]))
  return [...targets.values()].reduce((sum, stopTimeout) => sum + stopTimeout + teardownMarginMs, 0)
}

/** Beside the user's own; the hook is called for each project, and what one asks for is written of all of them. */
function addReporter(
  { reporters }: Vitest['config'],
  { report = {}, export: exported = {} }: WsLoadPluginOptions,
): void {
  const { html, table } = report
  const { pushGateway, otlp, ...files } = exported
  const page = html === true ? usualPage : html === false ? undefined : html
  const asked: WsLoadReporterOptions = { html: page, table, files, pushGateway, otlp }
  const there = reporters.find((one) => Array.isArray(one) && one[0] === reporter) as
    | [string, WsLoadReporterOptions]
    | undefined
  if (there === undefined) reporters.push([reporter, { ...asked }])
  else there[1] = both(there[1], asked)
}

/** What either of two projects asks for; of what both do otherwise, the first one's. */
function both(first: WsLoadReporterOptions, other: WsLoadReporterOptions): WsLoadReporterOptions {
  const { files: own = {}, ...rest } = asAsked(first)
  const { files = {}, ...others } = asAsked(other)
  const flat = (options: object, exported: object): [string, unknown][] => Object.entries({ ...options, ...exported })
  const before = new Map(flat(rest, own))
  for (const [name, value] of flat(others, files)) {
    if (before.has(name) && !isDeepStrictEqual(before.get(name), value))
      tell(`warning: ${name} is what another project asks for (${show(before.get(name))}), and not ${show(value)}`)
  }
  return { ...others, ...rest, files: { ...files, ...own } }
}

function asAsked({ files = {}, ...rest }: WsLoadReporterOptions): WsLoadReporterOptions {
  const defined = (options: object): object =>
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defined(rest), files: defined(files) }
}

/** Projects that share the server of the root's plugin have not been told of its provider. @returns the one that they had */
function takeBenchmarks(config: TestProject['config']): string | undefined {
  const { benchmark } = config as { readonly benchmark?: { provider?: string } }
  const before = benchmark?.provider
  if (benchmark === undefined || before === benchProvider) return undefined
  benchmark.provider = benchProvider
  return before
}

/** Vitest 4 has no such projects. */
function isBenchmark({ benchmark }: TestProject['config']): boolean {
  return (benchmark as { enabled?: boolean } | undefined)?.enabled === true
}

function ownFile(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`)
}

/** What would be left out on the way to the tests: a URL of a variable that is not set, a promise of options. */
function checkProvided(ofProject: WsLoadOptions): void {
  const mistakes = isFieldless(ofProject)
    ? [`expected an object with options of wsLoad, got ${show(ofProject)}`]
    : undefinedUrl({ ...ofProject })
  if (mistakes.length > 0) throw withoutStack(invalidOptions(mistakes, 'provide.wsLoadDefaults'))
}

/** What the user's configuration provides; it may not provide anything. */
function configured(provided: { wsLoadDefaults?: WsLoadOptions } | undefined): WsLoadOptions {
  return provided?.wsLoadDefaults ?? {}
}
