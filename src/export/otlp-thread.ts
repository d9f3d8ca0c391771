/**
 * Sends metrics with OpenTelemetry's own exporter, in a thread of its own: what it repeats ends with the thread, and its
 * diagnostics are nobody else's.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { diag, DiagLogLevel, type HrTime, ValueType } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { DataPointType, type DataPoint, InstrumentType, type MetricData } from '@opentelemetry/sdk-metrics'
import { whyUnanswered } from '../wording.ts'
import type { ExponentialHistogram } from './exponential-histogram.ts'
import type { OTLPMetric, Point } from './otlp-metrics.ts'

/** What the thread is given. */
export interface OTLPRequest {
  /** Where to; no credentials are in it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Of the exporter: how long it tries. */
  readonly timeoutMs: number
  /** Of this package. */
  readonly version: string
  readonly metrics: readonly OTLPMetric[]
}

/** First it says that it begins: what is slow from then on is the collector. */
export type OTLPNotice = 'begins' | OTLPOutcome

/** What became of it. */
export interface OTLPOutcome {
  /** Of the last answer, if there was one. */
  readonly status?: number | undefined
  /** Why it was not taken, if it was not. */
  readonly failure?: string | undefined
  /** Points that were left out of what was taken, and what was said of it. */
  readonly rejected?: { readonly points: number; readonly words: string } | undefined
}

/** The exporter tells it by a warning alone. @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
interface PartialSuccess {
  readonly rejectedDataPoints?: number | string
  readonly errorMessage?: string
}

const { url, headers, timeoutMs, version, metrics } = workerData as OTLPRequest
const msPerSecond = 1_000

let status: number | undefined
subscribe('http.client.response.finish', (message) => {
  status = (message as { readonly response: IncomingMessage }).response.statusCode
})

let rejected: OTLPOutcome['rejected']
const unheard = (): void => {}
const logger = { error: unheard, info: unheard, debug: unheard, verbose: unheard, warn }
diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })

const exporter = new OTLPMetricExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs })
// oxlint-disable-next-line typescript/no-deprecated -- version 2 of the package has no other one.
const detectors = [envDetector]
const resource = resourceFromAttributes({ 'service.name': 'ws-load' }).merge(detectResources({ detectors }))
const scope = { name: 'vitest-ws-load', version }
tell('begins')
exporter.export({ resource, scopeMetrics: [{ scope, metrics: metrics.map(toMetricData) }] }, ({ code, error }) => {
  tell({ status, rejected, ...(hasFailed(code) && { failure: failureOf(error) }) })
})

function tell(notice: OTLPNotice): void {
  parentPort!.postMessage(notice)
}

function warn(message: string, ...rest: unknown[]): void {
  if (!message.includes('Partial Success')) return
  const { rejectedDataPoints = 0, errorMessage = '' } = JSON.parse(String(rest[0])) as PartialSuccess
  if (Number(rejectedDataPoints) > 0) rejected = { points: Number(rejectedDataPoints), words: errorMessage }
}

/** @param code an `ExportResultCode` of `@opentelemetry/core` */
function hasFailed(code: number): boolean {
  return code !== 0
}

/** What the collector said, or what went wrong on the way. */
function failureOf(error: (Error & { readonly data?: unknown }) | undefined): string {
  const { data } = error ?? {}
  return typeof data === 'string' && data !== '' ? data : whyUnanswered(error)
}

function toMetricData({ name, description, unit, ...metric }: OTLPMetric): MetricData {
  const temporality = (type: InstrumentType) => exporter.selectAggregationTemporality(type)
  const descriptor = {
    name,
    description,
    unit,
    valueType: metric.type === 'counter' ? ValueType.INT : ValueType.DOUBLE,
  }
  switch (metric.type) {
    case 'histogram':
      return {
        descriptor,
        dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
        aggregationTemporality: temporality(InstrumentType.HISTOGRAM),
        dataPoints: metric.points.map((point) => toDataPoint(point, bucketsOf(point.value))),
      }
    case 'counter':
      return {
        descriptor,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        aggregationTemporality: temporality(InstrumentType.COUNTER),
        dataPoints: metric.points.map((point) => toDataPoint(point, point.value)),
      }
    case 'gauge':
      return {
        descriptor,
        dataPointType: DataPointType.GAUGE,
        aggregationTemporality: temporality(InstrumentType.GAUGE),
        dataPoints: metric.points.map((point) => toDataPoint(point, point.value)),
      }
  }
}

function bucketsOf({ offset, counts, ...rest }: ExponentialHistogram) {
  return { ...rest, positive: { offset, bucketCounts: counts }, negative: { offset: 0, bucketCounts: [] } }
}

function toDataPoint<Value>({ start, end, attributes }: Point<unknown>, value: Value): DataPoint<Value> {
  return { startTime: toHrTime(start), endTime: toHrTime(end), attributes: { ...attributes }, value }
}

/** Seconds and nanoseconds, in whole microseconds. */
function toHrTime(ms: number): HrTime {
  const us = Math.round(ms * msPerSecond)
  return [Math.floor(us / 1e6), (us % 1e6) * 1_000]
}
