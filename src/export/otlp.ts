import { createRequire } from 'node:module'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { isObject } from '../parsed.ts'
import { printable } from '../printable.ts'
import { maskerOf, withoutSecrets } from '../secrets.ts'
import { formatCount, formatDuration } from '../units.ts'
import { noSuchOption, show, showKind } from '../wording.ts'
import { below, isEndpoint, openEndpoint } from './endpoint.ts'
import type { NamedRun } from './named-run.ts'
import { toOTLPMetrics } from './otlp-metrics.ts'
import type { OTLPNotice, OTLPOutcome, OTLPRequest } from './otlp-thread.ts'

/** An OpenTelemetry collector, or what else speaks its protocol over HTTP. */
export interface OTLPCollector {
  /**
   * Its `http:` or `https:` URL, without `/v1/metrics`, which is added where it is not there. A user and a password in it are sent as
   * basic authentication. Default: what `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` says, or
   * `http://localhost:4318`.
   */
  readonly url?: string
  /** Besides those of `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A collector, its URL alone, or `true` for the one that the environment names. */
export type OTLPTarget = OTLPCollector | string | true

type Environment = Readonly<Record<string, string | undefined>>

/** OpenTelemetry's own, which need not be there otherwise. */
const packages = ['api', 'exporter-metrics-otlp-proto', 'resources', 'sdk-metrics'].map(
  (name) => `@opentelemetry/${name}`,
)
const optionNames = ['url', 'headers']
const path = 'v1/metrics'
const usualEndpoint = 'http://localhost:4318'
const ofMetrics = 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'
const ofAll = 'OTEL_EXPORTER_OTLP_ENDPOINT'
/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options */
const usualTimeoutMs = 10_000
/** A day; a timer that is set for too long goes off at once. */
const longestTimeoutMs = 86_400_000
/** Beyond the timeout: an attempt that began before it may end, one whose answer comes in drops may not. */
const marginMs = 5_000

/**
 * What will keep runs from being sent: said before there are any.
 * @param name of the option
 */
export function mistakesInOTLP(target: unknown, name: string, env: Environment = process.env): string[] {
  if (target === undefined) return []
  const missing = packages.filter((one) => !isInstalled(one))
  return [
    ...(target === true ? mistakesInEnvironment(env) : mistakesInTarget(target, name, env)),
    ...(missing.length === 0
      ? []
      : [`${name}: expected the packages ${missing.join(', ')} to be installed; try npm i -D ${packages.join(' ')}`]),
  ]
}

/**
 * Sends runs to a collector, as exponential histograms and totals.
 * @throws {Error} when it does not answer within its timeout (`OTEL_EXPORTER_OTLP_TIMEOUT`, by default 10 s) and 5 s, or
 * refuses any of it; without secrets
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function pushOTLP(
  target: OTLPTarget,
  runs: readonly NamedRun[],
  env: Environment = process.env,
): Promise<void> {
  const collector = typeof target === 'object' ? target : target === true ? {} : { url: target }
  const endpoint = endpointOf(collector, env)
  const { url, headers: credentials } = openEndpoint(endpoint)
  const headers = { ...credentials, ...collector.headers }
  const mask = maskerOf({ url: endpoint, headers: { ...headers, environment: headersOf(env) } })
  const shown = withoutSecrets(endpoint)
  const timeoutMs = timeoutOf(env)
  const version = runs[0]?.result.environment.version ?? ''
  const request = { url: url.href, headers, timeoutMs, version, metrics: toOTLPMetrics(runs) }
  const outcome = await outcomeOf(request, timeoutMs + marginMs)
  if (outcome === undefined) throw new Error(`${shown} does not answer within ${formatDuration(timeoutMs + marginMs)}`)
  const { status, failure, rejected } = outcome
  if (rejected !== undefined) {
    const words = printable(mask(rejected.words))
    const refusal = `${shown} did not take ${formatCount(rejected.points)} of the metrics`
    throw new Error(words === '' ? refusal : `${refusal}: ${words}`)
  }
  if (failure === undefined) return
  const words = printable(mask(failure))
  throw new Error(
    status === undefined
      ? `${shown} does not answer: ${words}`
      : `${shown} refused: HTTP ${status}${words === '' ? '' : `, ${words}`}`,
  )
}

/** `undefined` where there is none in time; a busy machine may take its time to begin. */
async function outcomeOf(request: OTLPRequest, limitMs: number): Promise<OTLPOutcome | undefined> {
  const program = new URL(`otlp-thread${extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(program, { workerData: request, execArgv: [], name: 'ws-load-otlp' })
  const { promise, resolve, reject } = Promise.withResolvers<OTLPOutcome | undefined>()
  let limit: NodeJS.Timeout | undefined
  worker.on('message', (notice: OTLPNotice) => {
    if (notice === 'begins') limit = setTimeout(() => resolve(undefined), limitMs)
    else resolve(notice)
  })
  worker.on('error', reject)
  worker.on('exit', (code) => reject(new Error(`the thread that sends exited with code ${code}`)))
  try {
    return await promise
  } finally {
    clearTimeout(limit)
    await worker.terminate()
  }
}

function mistakesInTarget(target: unknown, name: string, env: Environment): string[] {
  if (typeof target === 'string') return mistakesInUrl(target, name)
  if (!isObject(target)) {
    return [`${name}: expected true, an http:// or https:// URL or an object with url, headers, got ${show(target)}`]
  }
  const { url, headers = {}, ...rest } = target
  return [
    ...Object.keys(rest).map((other) => `${name}.${other}: ${noSuchOption(other, optionNames)}`),
    ...(url === undefined ? mistakesInEnvironment(env) : mistakesInUrl(url, `${name}.url`)),
    ...mistakesInHeaders(headers, `${name}.headers`),
  ]
}

function mistakesInUrl(url: unknown, name: string): string[] {
  if (typeof url === 'string' && isEndpoint(url)) return []
  const seen = typeof url === 'string' ? withoutSecrets(url) : url
  return [`${name}: expected an http:// or https:// URL, got ${show(seen)}`]
}

function mistakesInHeaders(headers: unknown, name: string): string[] {
  if (!isObject(headers)) return [`${name}: expected an object of texts, got ${showKind(headers)}`]
  return Object.entries(headers).flatMap(([header, value]) => {
    try {
      validateHeaderName(header)
      if (typeof value !== 'string') throw new TypeError('it is no text')
      validateHeaderValue(header, value)
      return []
    } catch {
      return [`${name}: expected names and values of HTTP headers, got ${show(header)} with ${showKind(value)}`]
    }
  })
}

/** Of the endpoint that it names: the exporter would take the usual one in place of what is none. */
function mistakesInEnvironment(env: Environment): string[] {
  const name = valueOf(env, ofMetrics) === undefined ? ofAll : ofMetrics
  const url = valueOf(env, name)
  return url === undefined ? [] : mistakesInUrl(url, name)
}

/** With the path for metrics. */
function endpointOf({ url }: OTLPCollector, env: Environment): string {
  const whole = url === undefined ? valueOf(env, ofMetrics) : undefined
  if (whole !== undefined) return whole
  const base = new URL(url ?? valueOf(env, ofAll) ?? usualEndpoint)
  return (base.pathname.endsWith(`/${path}`) ? base : below(base, path)).href
}

/** Values of headers that the exporter reads there by itself. */
function headersOf(env: Environment): string[] {
  return ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS']
    .flatMap((name) => valueOf(env, name)?.split(',') ?? [])
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .map((value) => {
      try {
        return decodeURIComponent(value)
      } catch {
        return value
      }
    })
}

function timeoutOf(env: Environment): number {
  const given = ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].map((name) =>
    Number(valueOf(env, name) ?? NaN),
  )
  return Math.min(given.find((ms) => ms > 0) ?? usualTimeoutMs, longestTimeoutMs)
}

/** An empty one is as good as none, as OpenTelemetry has it. */
function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
