import { isEndpoint } from '../export/endpoint.ts'
import { mistakesInOTLP, type OTLPTarget } from '../export/otlp.ts'
import { writtenOver } from '../export/written-over.ts'
import { isFieldless } from '../options/fields.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import {
  mistakesInFields,
  type ResolvedOptions,
  safeParseOptions,
  withoutNeedless,
  type WsLoadOptions,
} from '../options/options.ts'
import { type ResolvedTarget, safeParseTarget, type TargetOptions } from '../options/target.ts'
import { isObject, mistakesOf, type Parsed, within } from '../parsed.ts'
import { withoutSecrets } from '../secrets.ts'
import { noSuchOption, noSuchOptions, show } from '../wording.ts'
import { mistakesInInconclusive } from './leniency.ts'

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
   * What matchers do about a verdict for which there is not enough evidence: `'fail'` (default), or `'warn'` on the
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

const optionNames = ['defaults', 'target', 'inconclusive', 'report', 'export', 'floodParallelism']
const reportNames = ['html', 'table']
const exportNames = ['bmf', 'githubBenchmark', 'openMetrics', 'pushGateway', 'otlp'] as const
/** Where the page is written unless its file is named. */
export const usualPage = '.vitest/ws-load/report.html'

/** What the plugin needs of its options. */
export type ParsedPlugin = Pick<ResolvedOptions, 'headers' | 'protocols' | 'tls' | 'warmup' | 'duration' | 'drain'> & {
  readonly target: ResolvedTarget | undefined
}

/** @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake */
export function parsePlugin(options: WsLoadPluginOptions): ParsedPlugin {
  const fail = (mistakes: readonly string[]) => withoutStack(invalidOptions(mistakes, 'vitest-ws-load plugin'))
  if (!isObject(options)) {
    throw fail([`expected an object with ${optionNames.join(', ')}, got ${show(options)}`])
  }
  const defaults = safeParseDefaults(options)
  const target: Parsed<ResolvedTarget | undefined> =
    options.target === undefined ? { value: undefined } : safeParseTarget(options.target)
  const mistakes = [
    ...noSuchOptions(options, optionNames),
    ...mistakesOf(defaults, target),
    ...mistakesInInconclusive(options.inconclusive),
    ...mistakesInReport(options.report),
    ...mistakesInExport(options.export),
    ...filesNamedTwice(options),
    ...mistakesInFloodParallelism(options.floodParallelism),
  ]
  if ('mistakes' in defaults || 'mistakes' in target || mistakes.length > 0) throw fail(mistakes)
  return { ...defaults.value, target: target.value }
}

function safeParseDefaults({ defaults = {} }: WsLoadPluginOptions): Parsed<ResolvedOptions> {
  const given: unknown = defaults
  if (!isObject(given) || isFieldless(given)) {
    return { mistakes: [`defaults: expected an object with options of wsLoad, got ${show(given)}`] }
  }
  const { signal, ...rest } = given
  const asRun = safeParseOptions(withoutNeedless(rest))
  const mistakes = [...new Set([...mistakesInFields(rest), ...mistakesOf(asRun)])]
  const parsed = within('defaults', mistakes.length > 0 ? { mistakes } : asRun)
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

/** What would be written over another. */
function filesNamedTwice({ report, export: exported }: WsLoadPluginOptions): string[] {
  const { html } = isObject(report) ? report : {}
  const { pushGateway: _gateway, otlp: _otlp, ...files } = isObject(exported) ? exported : {}
  const named: [name: string, file: unknown][] = [
    ['report.html', html === true ? usualPage : html],
    ...Object.entries(files).map(([name, file]): [string, unknown] => [`export.${name}`, file]),
  ]
  const isFile = (file: unknown): file is string => typeof file === 'string' && file !== ''
  return writtenOver(Object.fromEntries(named.flatMap(([name, file]) => (isFile(file) ? [[name, file]] : []))))
}

function mistakesInGateway(url: unknown): string[] {
  if (url === undefined || (typeof url === 'string' && isEndpoint(url))) return []
  const seen = typeof url === 'string' ? withoutSecrets(url) : url
  return [`export.pushGateway: expected an http:// or https:// URL, got ${show(seen)}`]
}

function mistakesInFloodParallelism(given: unknown = false): string[] {
  return typeof given === 'boolean' ? [] : [`floodParallelism: expected true or false, got ${show(given)}`]
}

/** The message says where the mistake is; the stack would only show how a configuration is loaded. */
export function withoutStack(error: Error): Error {
  error.stack = String(error)
  return error
}
