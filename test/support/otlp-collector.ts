/** A receiver of OTLP over HTTP, which reads the protocol by itself: nothing of the exporter is in it. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

/** @see https://opentelemetry.io/docs/specs/otlp/ and opentelemetry/proto/metrics/v1/metrics.proto, of which it has what metrics need */
const schema = `syntax = "proto3";
message Request { repeated ResourceMetrics resource_metrics = 1; }
message Response { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected_data_points = 1; string error_message = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; }
}
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; Temporality aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { Temporality aggregation_temporality = 2; }
message ExponentialHistogram {
  repeated ExponentialHistogramDataPoint data_points = 1; Temporality aggregation_temporality = 2;
}
enum Temporality { UNSPECIFIED = 0; DELTA = 1; CUMULATIVE = 2; }
message NumberDataPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message ExponentialHistogramDataPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9;
  optional double min = 12; optional double max = 13; double zero_threshold = 14;
}
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`

const { root } = protobuf.parse(schema)
const requestType = root.lookupType('Request')
const responseType = root.lookupType('Response')

export interface ReceivedMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly kind: 'gauge' | 'sum' | 'exponentialHistogram'
  readonly temporality: 'DELTA' | 'CUMULATIVE' | undefined
  readonly monotonic: boolean
  readonly points: readonly ReceivedPoint[]
}

export interface ReceivedPoint {
  readonly attributes: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly start: number
  readonly end: number
  /** Of a sum or a gauge. */
  readonly value: number
  /** Of a histogram. */
  readonly histogram: ReceivedHistogram
}

export interface ReceivedHistogram {
  readonly scale: number
  readonly offset: number
  readonly counts: readonly number[]
  readonly zeroCount: number
  readonly count: number
  readonly sum: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
}

export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly resource: Readonly<Record<string, unknown>>
  readonly scope: { readonly name: string; readonly version: string }
  readonly metrics: readonly ReceivedMetric[]
}

/** How a collector answers. */
export interface CollectorAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface OTLPCollector extends AsyncDisposable {
  /** Without the path. */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** The only metric of a name that it was sent. */
  metric(name: string): ReceivedMetric
}

/**
 * Starts one. It refuses what it cannot read.
 * @param answer how it answers a request that it has read; one that it is left to by the response is answered no further
 */
export async function otlpCollector(
  answer: (response: ServerResponse) => CollectorAnswer | undefined = () => ({}),
): Promise<OTLPCollector> {
  const requests: ReceivedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      try {
        requests.push(read(request.url!, request.headers, Buffer.concat(chunks)))
      } catch (error) {
        response.writeHead(400).end(String(error))
        return
      }
      const answered = answer(response)
      if (answered === undefined) return
      const { status = 200, headers = { 'content-type': 'application/x-protobuf' }, body = '' } = answered
      response.writeHead(status, headers).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    metric(name) {
      const found = requests.flatMap(({ metrics }) => metrics).filter((metric) => metric.name === name)
      if (found.length !== 1) throw new Error(`expected one metric ${name}, got ${found.length}`)
      return found[0]!
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a collector answers that left some out. */
export function partialSuccess(rejectedDataPoints: number, errorMessage: string): Uint8Array {
  return responseType.encode(responseType.fromObject({ partialSuccess: { rejectedDataPoints, errorMessage } })).finish()
}

/**
 * The value that `p` percent of the samples do not exceed, as backends read it out of the buckets: the geometric middle of
 * the one that it is in. Seconds.
 */
export function percentileOf({ scale, offset, counts, zeroCount, count }: ReceivedHistogram, p: number): number {
  const wanted = Math.max(1, Math.ceil((p / 100) * count - 1e-9))
  let reached = zeroCount
  if (reached >= wanted) return 0
  for (const [nth, samples] of counts.entries()) {
    reached += samples
    if (reached >= wanted) return 2 ** ((offset + nth + 0.5) / 2 ** scale)
  }
  return NaN
}

/** By which factor that may differ from the sample's own: half of a bucket. */
export function errorFactorOf({ scale }: ReceivedHistogram): number {
  return 2 ** (2 ** -scale / 2)
}

function read(path: string, headers: IncomingHttpHeaders, body: Buffer): ReceivedRequest {
  if (headers['content-type'] !== 'application/x-protobuf') throw new Error(`got ${headers['content-type']}`)
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  const options = { longs: Number, enums: String, arrays: true, oneofs: true } as const
  const request = requestType.toObject(requestType.decode(bytes), options) as DecodedRequest
  const [resource, ...otherResources] = request.resourceMetrics
  const [scope, ...otherScopes] = resource!.scopeMetrics
  if (otherResources.length + otherScopes.length > 0) throw new Error('expected one resource and one scope')
  return {
    path,
    headers,
    resource: attributesOf(resource!.resource.attributes),
    scope: scope!.scope,
    metrics: scope!.metrics.map((metric): ReceivedMetric => {
      const { name, description, unit, data: kind } = metric
      const data = metric[kind]!
      return {
        name,
        description,
        unit,
        kind,
        temporality: data.aggregationTemporality,
        monotonic: data.isMonotonic ?? false,
        points: data.dataPoints.map(pointOf),
      }
    }),
  }
}

function pointOf(point: DecodedPoint): ReceivedPoint {
  const { scale = 0, zeroCount = 0, count = 0, sum, min, max, positive, negative } = point
  if ((negative?.bucketCounts ?? []).length > 0) throw new Error('no latency is negative')
  return {
    attributes: attributesOf(point.attributes),
    start: msOf(point.startTimeUnixNano),
    end: msOf(point.timeUnixNano),
    value: point.asInt ?? point.asDouble ?? NaN,
    histogram: {
      scale,
      offset: positive?.offset ?? 0,
      counts: positive?.bucketCounts ?? [],
      zeroCount,
      count,
      sum,
      min,
      max,
    },
  }
}

/** A number holds nanoseconds since 1970 to a quarter of a microsecond. */
function msOf(ns: number): number {
  return Math.round(ns / 1e3) / 1e3
}

function attributesOf(pairs: readonly DecodedAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue]))
}

interface DecodedAttribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface DecodedPoint {
  readonly attributes: readonly DecodedAttribute[]
  readonly startTimeUnixNano: number
  readonly timeUnixNano: number
  readonly asInt?: number
  readonly asDouble?: number
  readonly scale?: number
  readonly zeroCount?: number
  readonly count?: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly positive?: { readonly offset?: number; readonly bucketCounts: readonly number[] }
  readonly negative?: { readonly offset?: number; readonly bucketCounts: readonly number[] }
}

interface DecodedData {
  readonly dataPoints: readonly DecodedPoint[]
  readonly aggregationTemporality?: 'DELTA' | 'CUMULATIVE'
  readonly isMonotonic?: boolean
}

interface DecodedRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly DecodedAttribute[] }
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version: string }
      readonly metrics: readonly ({
        readonly name: string
        readonly description: string
        readonly unit: string
        readonly data: ReceivedMetric['kind']
      } & { readonly [kind in ReceivedMetric['kind']]?: DecodedData })[]
    }[]
  }[]
}
