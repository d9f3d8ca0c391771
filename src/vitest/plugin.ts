import { dirname, extname, join, resolve } from 'node:path'
import type {} from 'vitest/config'
import type { TestProject, Vite, Vitest } from 'vitest/node'
import { isEndpoint } from '../export/endpoint.ts'
import { mistakesInOTLP, type OTLPTarget } from '../export/otlp.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import {
  mergeOptions,
  portableOptions,
  type ResolvedOptions,
  safeParseOptions,
  type WsLoadOptions,
} from '../options/options.ts'
import { type ResolvedTarget, safeParseTarget, type TargetOptions } from '../options/target.ts'
import { mistakesOf, type Parsed, within } from '../parsed.ts'
import type { Handshake } from '../server/handshake.ts'
import { withoutSecrets } from '../secrets.ts'
import { noSuchOption, noSuchOptions, show } from '../wording.ts'
import { mistakesInInconclusive } from './leniency.ts'
import { queueOf, runNameOf } from './shared-run.ts'

/** Options of the plugin. */
export interface WsLoadPluginOptions {
  /** Options that every `wsLoad()` of the project starts from. */
  readonly defaults?: Omit<WsLoadOptions, 'signal'>
  /**
   * The server under test: started before the tests, stopped after them with all its children on every way out. Its URL
   * is the default of `wsLoad()`'s `url`. Its `cwd` is relative to the directory of the configuration file, which is
   * also its default.
   */
  readonly target?: TargetOptions
  /**
   * What `toMeetSLO` does about a verdict for which there is not enough evidence: `'fail'` (default), or `'warn'` on the
   * console. A run that measured nothing fails either way.
   */
  readonly inconclusive?: 'fail' | 'warn'
  /**
   * `html`: write a page with charts of all floods, to `.vitest/ws-load/report.html` (`true`) or to this file, relative to
   * the root. `table`: whether to print the table of all floods, and the progress of those that last; default: `true`. It
   * stands on the standard output beside Vitest's own report for people, and on the standard error beside any other one.
   */
  readonly report?: { readonly html?: boolean | string; readonly table?: boolean }
  /**
   * Files for other tools, with all floods of a run, relative to the root: `bmf` for Bencher, `githubBenchmark` for
   * github-action-benchmark, `openMetrics` for Prometheus and its kin. `pushGateway`: the URL of a Pushgateway, to push
   * these to. `otlp`: the URL of an OpenTelemetry collector, to send them to, an object with `url` and `headers`, or `true` for the
   * one that `OTEL_EXPORTER_OTLP_ENDPOINT` names. Default: none is written.
   */
  readonly export?: { readonly [format in Exclude<(typeof exportNames)[number], 'otlp'>]?: string } & {
    readonly otlp?: OTLPTarget
  }
  /**
   * Whether floods of different tests may run at the same time, and disturb each other. Default: `false`; a test file that
   * floods waits for the other ones of the run, before its tests begin, and floods of its concurrent tests wait for each other.
   */
  readonly floodParallelism?: boolean
}

/** What the global setup needs to start the target. */
export interface PluginTarget {
  readonly options: ResolvedTarget
  readonly handshake: Handshake
}

declare module 'vitest' {
  interface ProvidedContext {
    wsLoadPluginTarget: PluginTarget
  }
}

const globalSetupFile = ownFile('global-setup')
const setupFile = ownFile('setup')
const benchProvider = ownFile('bench-provider')
const reporter = ownFile('reporter')
const optionNames = ['defaults', 'target', 'inconclusive', 'report', 'export', 'floodParallelism']
const reportNames = ['html', 'table']
const exportNames = ['bmf', 'githubBenchmark', 'openMetrics', 'pushGateway', 'otlp'] as const
const usualPage = '.vitest/ws-load/report.html'
const minuteMs = 60_000
/** What the end of a run takes besides that of the server. */
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
 * It also raises `teardownTimeout` to 5 s more than the server may take to end, and `testTimeout` and `hookTimeout` from Vitest's defaults to a minute more than a flood at `defaults` takes,
 * and becomes the provider of benchmarks; one that the configuration names goes on with all that are no floods.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake in `defaults` and `target`
 */
export default function wsLoadPlugin(options: WsLoadPluginOptions = {}): Vite.Plugin {
  const { target, headers, protocols, tls, warmup, duration } = parse(options)
  const { defaults = {}, inconclusive = 'fail', floodParallelism = false } = options
  const timeout = minuteMs + (Number.isFinite(duration) ? warmup + duration : 0)
  let home = process.cwd()
  let nextProvider: string | undefined
  return {
    name: 'vitest-ws-load',
    config({ test }) {
      const configured = test?.benchmark?.provider
      if (configured !== undefined && configured !== benchProvider) nextProvider = configured
      // Here, so that Vitest evaluates it for each file where these share a worker; below for projects that inherit nothing.
      return { test: { benchmark: { provider: benchProvider }, setupFiles: [setupFile] } }
    },
    configResolved({ configFile, root, server }) {
      // A browser-like environment may load from nowhere else, and the package may be installed outside of the project.
      server.fs.allow.push(dirname(import.meta.dirname))
      home = configFile === undefined ? root : dirname(configFile)
    },
    // oxlint-disable-next-line typescript/no-misused-promises -- Vitest 4.1 and 5 await it.
    async configureVitest({ project, vitest }) {
      addReporter(vitest.config, options)
      const others = project.config.setupFiles.filter((file) => file !== setupFile)
      // Nothing floods from within a browser, where there is no Node for a setup file to run on.
      project.config.setupFiles = project.config.browser.enabled ? others : [...others, setupFile]
      project.provide('wsLoadQueue', floodParallelism ? null : await queueOf(vitest))
      for (const [name, usual] of timeouts) {
        const [ofTests, ofBenchmarks] = usual
        const own = isBenchmark(project.config) ? ofBenchmarks : ofTests
        if (project.config[name] === own) project.config[name] = Math.max(own, timeout)
      }
      project.provide('wsLoadDefaults', portableOptions(mergeOptions(defaults, configured(project.config.provide))))
      project.provide('wsLoadInconclusive', inconclusive)
      project.provide('wsLoadRoot', project.config.root)
      project.provide('wsLoadRun', runNameOf(vitest))
      project.provide('wsLoadUpdate', project.config.snapshotOptions.updateSnapshot === 'all')
      const next = nextProvider === undefined ? null : { provider: nextProvider, root: project.config.root }
      project.provide('wsLoadBenchProvider', next)
      if (target === undefined) return
      const inPlace = { ...target, cwd: resolve(home, target.cwd ?? '') }
      project.provide('wsLoadPluginTarget', { options: inPlace, handshake: { headers, protocols, tls } })
      // Vitest ends by force then, and with it whoever waits for the server's end.
      const { config } = vitest
      config.teardownTimeout = Math.max(config.teardownTimeout, target.stopTimeout + teardownMarginMs)
      project.config.globalSetup = [...new Set([project.config.globalSetup, globalSetupFile].flat())]
    },
  }
}

/** Beside the user's own; the hook is called for each project. */
function addReporter(
  { reporters }: Vitest['config'],
  { report = {}, export: exported = {} }: WsLoadPluginOptions,
): void {
  const isThere = reporters.some((one) => one === reporter || (Array.isArray(one) && one[0] === reporter))
  if (isThere) return
  const { html, table } = report
  const { pushGateway, otlp, ...files } = exported
  const page = html === true ? usualPage : html === false ? undefined : html
  reporters.push([reporter, { html: page, table, files, pushGateway, otlp }])
}

/** Vitest 4 has no such projects. */
function isBenchmark({ benchmark }: TestProject['config']): boolean {
  return (benchmark as { enabled?: boolean } | undefined)?.enabled === true
}

function ownFile(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`)
}

type ParsedPlugin = Pick<ResolvedOptions, 'headers' | 'protocols' | 'tls' | 'warmup' | 'duration'> & {
  readonly target: ResolvedTarget | undefined
}

/** @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake */
function parse(options: WsLoadPluginOptions): ParsedPlugin {
  const fail = (mistakes: readonly string[]) => withoutStack(invalidOptions(mistakes, 'vitest-ws-load plugin'))
  if (!isObject(options)) {
    throw fail([`expected an object with ${optionNames.join(', ')}, got ${show(options)}`])
  }
  const defaults = safeParseDefaults(options.defaults)
  const target: Parsed<ResolvedTarget | undefined> =
    options.target === undefined ? { value: undefined } : safeParseTarget(options.target)
  const mistakes = [
    ...noSuchOptions(options, optionNames),
    ...mistakesOf(defaults, target),
    ...mistakesInInconclusive(options.inconclusive),
    ...mistakesInReport(options.report),
    ...mistakesInExport(options.export),
    ...mistakesInFloodParallelism(options.floodParallelism),
  ]
  if ('mistakes' in defaults || 'mistakes' in target || mistakes.length > 0) throw fail(mistakes)
  return { ...defaults.value, target: target.value }
}

function safeParseDefaults(given: unknown = {}): Parsed<ResolvedOptions> {
  if (!isObject(given)) {
    return { mistakes: [`defaults: expected an object with options of wsLoad, got ${show(given)}`] }
  }
  const { signal, ...rest } = given
  const parsed = within('defaults', safeParseOptions(rest))
  if (signal === undefined) return parsed
  const mistake = 'defaults.signal: expected no default, a signal belongs to one call of wsLoad'
  return { mistakes: [mistake, ...mistakesOf(parsed)] }
}

function mistakesInReport(report: unknown = {}): string[] {
  if (!isObject(report)) return [`report: expected an object with ${reportNames.join(', ')}, got ${show(report)}`]
  const { html = false, table = true, ...rest } = report
  return [
    ...Object.keys(rest).map((name) => `report.${name}: ${noSuchOption(name, reportNames)}`),
    ...(typeof html === 'boolean' || (typeof html === 'string' && html !== '')
      ? []
      : [`report.html: expected true, false or the name of a file, got ${show(html)}`]),
    ...(typeof table === 'boolean' ? [] : [`report.table: expected true or false, got ${show(table)}`]),
  ]
}

function mistakesInExport(files: unknown = {}): string[] {
  if (!isObject(files)) return [`export: expected an object with ${exportNames.join(', ')}, got ${show(files)}`]
  return Object.entries(files).flatMap(([name, file]) => {
    if (!exportNames.some((known) => known === name)) {
      return [`export.${name}: ${noSuchOption(name, exportNames)}`]
    }
    if (name === 'pushGateway') return mistakesInGateway(file)
    if (name === 'otlp') return mistakesInOTLP(file, 'export.otlp')
    const isFile = file === undefined || (typeof file === 'string' && file !== '')
    return isFile ? [] : [`export.${name}: expected the name of a file, got ${show(file)}`]
  })
}

function mistakesInGateway(url: unknown): string[] {
  if (url === undefined || (typeof url === 'string' && isEndpoint(url))) return []
  const seen = typeof url === 'string' ? withoutSecrets(url) : url
  return [`export.pushGateway: expected an http:// or https:// URL, got ${show(seen)}`]
}

function mistakesInFloodParallelism(given: unknown = false): string[] {
  return typeof given === 'boolean' ? [] : [`floodParallelism: expected true or false, got ${show(given)}`]
}

/** What the user's configuration provides; it may not provide anything. */
function configured(provided: { wsLoadDefaults?: WsLoadOptions } | undefined): WsLoadOptions {
  return provided?.wsLoadDefaults ?? {}
}

/** The message says where the mistake is; the stack would only show how a configuration is loaded. */
function withoutStack(error: Error): Error {
  error.stack = String(error)
  return error
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
