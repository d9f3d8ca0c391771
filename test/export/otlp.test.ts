import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { mistakesInOTLP, type OTLPTarget, pushOTLP } from '../../src/export/otlp.ts'
import { toExponential } from '../../src/export/exponential-histogram.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { otlpCollector, partialSuccess } from '../support/otlp-collector.ts'
import { freePort } from '../support/processes.ts'
import { loadResult } from '../support/result.ts'

const result = loadResult()
const run = { name: 'gateway', result }
/** For all attempts. */
const soon = { OTEL_EXPORTER_OTLP_TIMEOUT: '2000' }

afterEach(() => void vi.unstubAllEnvs())

/** Why they were not sent. */
async function failureOf(target: OTLPTarget, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return pushOTLP(target, [run], env).then(
    () => 'none',
    (error: unknown) => (error as Error).message,
  )
}

test('a collector has the latencies as exponential histograms, each run under its name', async () => {
  await using collector = await otlpCollector()
  const slower = { name: 'gateway.test.ts › keeps its "SLO" / ü', result: loadResult([18, 19]) }
  await pushOTLP(collector.url, [run, slower], {})
  expect(collector.requests).toHaveLength(1)
  expect(collector.requests[0]).toMatchObject({
    path: '/v1/metrics',
    resource: { 'service.name': 'ws-load' },
    scope: { name: 'vitest-ws-load', version: '0.1.0' },
  })
  const latency = collector.metric('ws_load.latency')
  expect(latency).toMatchObject({ kind: 'exponentialHistogram', unit: 's', temporality: 'CUMULATIVE' })
  expect(latency.description).toBe('From when a ping was due to its answer.')
  for (const [nth, { name, result }] of [run, slower].entries()) {
    const start = Date.parse(result.startedAt)
    expect(latency.points[nth]).toMatchObject({
      attributes: { run: name },
      start,
      end: start + result.duration,
      histogram: toExponential(result.latency),
    })
  }
})

test('totals are monotonic sums, and what was so is a gauge', async () => {
  await using collector = await otlpCollector()
  const capacity = { over: 'rate', low: 1_900.5, high: Infinity } as const
  await pushOTLP(collector.url, [{ ...run, capacity }], {})
  const pings = collector.metric('ws_load.pings')
  expect(pings).toMatchObject({ kind: 'sum', unit: '{ping}', temporality: 'CUMULATIVE', monotonic: true })
  expect(pings.points.map(({ attributes, value }) => [attributes['outcome'], value])).toEqual([
    ['answered', 20_000],
    ['coalesced', 0],
    ['timed_out', 0],
    ['lost', 0],
    ['dropped', 0],
  ])
  expect(collector.metric('ws_load.connections')).toMatchObject({ kind: 'gauge', unit: '{connection}' })
  const loads = collector.metric('ws_load.capacity').points.map(({ attributes, value }) => ({ ...attributes, value }))
  expect(loads).toEqual([
    { run: 'gateway', over: 'rate', end: 'kept', value: 1_900.5 },
    { run: 'gateway', over: 'rate', end: 'missed', value: Infinity },
  ])
})

test('a fan-out has deliveries, first ones and completions', async () => {
  await using collector = await otlpCollector()
  const rooms = fanOutResult({ missed: 5, duplicates: 3 })
  await pushOTLP(collector.url, [{ name: 'rooms', result: rooms }], {})
  const histogramOf = (name: string) => collector.metric(`ws_load.${name}`).points[0]!.histogram
  expect(histogramOf('delivery')).toMatchObject(toExponential(rooms.latency))
  expect(histogramOf('first')).toMatchObject(toExponential(rooms.fanOut.first.latency))
  expect(histogramOf('completion').count).toBe(195)
})

test('what was not measured is an empty histogram', async () => {
  await using collector = await otlpCollector()
  await pushOTLP(collector.url, [{ name: 'nothing', result: loadResult([]) }], {})
  const { histogram } = collector.metric('ws_load.latency').points[0]!
  expect(histogram).toMatchObject({ count: 0, zeroCount: 0, counts: [], sum: 0, min: undefined, max: undefined })
})

describe("OpenTelemetry's own environment", () => {
  test.each([
    ['delta', 'DELTA'],
    ['cumulative', 'CUMULATIVE'],
  ])('says what sums are of: %s', async (preference, temporality) => {
    await using collector = await otlpCollector()
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', preference)
    await pushOTLP(collector.url, [run])
    expect(collector.metric('ws_load.latency').temporality).toBe(temporality)
    expect(collector.metric('ws_load.pings').temporality).toBe(temporality)
  })

  test('names the collector, what lets one in, and the resource', async () => {
    await using collector = await otlpCollector()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${collector.url}/behind/a/proxy/`)
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=hunter2,x-tenant=a%20b')
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=ci,service.name=other')
    vi.stubEnv('OTEL_SERVICE_NAME', 'gateway-load')
    await pushOTLP(true, [run])
    await pushOTLP({ headers: { 'x-tenant': 'c' } }, [run])
    expect(collector.requests.map(({ path }) => path)).toEqual([
      '/behind/a/proxy/v1/metrics',
      '/behind/a/proxy/v1/metrics',
    ])
    expect(collector.requests[0]).toMatchObject({
      headers: { 'api-key': 'hunter2', 'x-tenant': 'a b', 'content-encoding': 'gzip' },
      resource: { 'service.name': 'gateway-load', 'deployment.environment.name': 'ci' },
    })
    expect(collector.requests[1]!.headers).toMatchObject({ 'api-key': 'hunter2', 'x-tenant': 'c' })
  })

  test('has an address of its own for metrics, taken as it is', async () => {
    await using collector = await otlpCollector()
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/own`,
    }
    await pushOTLP(true, [run], env)
    expect(collector.requests[0]!.path).toBe('/own')
  })

  test('goes behind the address of the option', async () => {
    await using collector = await otlpCollector()
    await pushOTLP({ url: collector.url }, [run], { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:1' })
    expect(collector.requests).toHaveLength(1)
  })
})

test.each(['', '/', '/v1/metrics', '/?tenant=a'])('metrics go to their path below "%s"', async (rest) => {
  await using collector = await otlpCollector()
  await pushOTLP(`${collector.url}${rest}`, [run], {})
  expect(collector.requests[0]!.path).toBe(rest.includes('?') ? '/v1/metrics?tenant=a' : '/v1/metrics')
})

test('a user and a password are basic authentication', async () => {
  await using collector = await otlpCollector()
  await pushOTLP(collector.url.replace('//', '//some%40one:hunter2@'), [run], {})
  const authorization = `Basic ${Buffer.from('some@one:hunter2').toString('base64')}`
  expect(collector.requests[0]!.headers).toMatchObject({ authorization })
})

test('a collector that refuses is told with its words, and without what lets one in', async () => {
  const basic = `Basic ${Buffer.from('someone:hunter2!').toString('base64')}`
  await using collector = await otlpCollector(() => ({
    status: 401,
    body: `no: ${basic}, someone:hunter2!, token-of-mine, key of the environment`,
  }))
  const target = {
    url: collector.url.replace('//', '//someone:hunter2!@'),
    headers: { 'x-token': 'token-of-mine' },
  }
  const env = { OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=key%20of%20the%20environment' }
  const failure = await failureOf(target, env)
  expect(failure).toMatch(/^http:\/\/masked:masked@127\.0\.0\.1:\d+\/v1\/metrics refused: HTTP 401, no: /)
  expect(failure).not.toMatch(/hunter2|c29tZW9uZTpodW50ZXIyIQ|token-of-mine|key of/)
})

describe.concurrent('a collector that fails', () => {
  test('that is not ready is asked again, and then told', async () => {
    await using collector = await otlpCollector(() => ({ status: 503 }))
    expect(await failureOf(collector.url, { OTEL_EXPORTER_OTLP_TIMEOUT: '5000' })).toContain('refused: HTTP 503')
    expect(collector.requests.length).toBeGreaterThan(1)
  })

  test('that is ready the second time has taken it', async () => {
    let asked = 0
    await using collector = await otlpCollector(() => ({ status: ++asked === 1 ? 503 : 200 }))
    expect(await failureOf(collector.url)).toBe('none')
    expect(collector.requests).toHaveLength(2)
  })

  test('that leaves some out has not taken it', async () => {
    await using collector = await otlpCollector(() => ({ body: partialSuccess(3, 'no exponential histograms') }))
    expect(await failureOf(collector.url)).toBe(
      `${collector.url}/v1/metrics did not take 3 of the metrics: no exponential histograms`,
    )
  })

  test('that only remarks on it has taken it', async () => {
    await using collector = await otlpCollector(() => ({ body: partialSuccess(0, 'the attribute run is odd') }))
    expect(await failureOf(collector.url)).toBe('none')
  })

  test('that sends to another place has not taken it', async () => {
    await using collector = await otlpCollector(() => ({ status: 303, headers: { location: '/login' } }))
    expect(await failureOf(collector.url)).toContain('refused: HTTP 303')
    expect(collector.requests).toHaveLength(1)
  })

  test('that does not answer is told', async () => {
    await using collector = await otlpCollector(() => undefined)
    expect(await failureOf(collector.url, soon)).toBe(`${collector.url}/v1/metrics does not answer: Request timed out`)
  })

  test('a collector whose answer never ends is told, and left', async ({ expect }) => {
    let left = false
    await using collector = await otlpCollector((response) => {
      response.writeHead(200)
      const drops = setInterval(() => response.write('.'), 50)
      response.on('close', () => {
        left = true
        clearInterval(drops)
      })
      return undefined
    })
    expect(await failureOf(collector.url, soon)).toBe(`${collector.url}/v1/metrics does not answer within 7 s`)
    await expect.poll(() => left).toBe(true)
  })

  test('that is not there is told', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    expect(await failureOf(url, soon)).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1\/metrics does not answer: connect ECONNREFUSED/,
    )
  })
})

test('what is no collector is told', async () => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(404).end('404 page not found\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await failureOf(url)).toBe(`${url}/v1/metrics refused: HTTP 404, 404 page not found`)
  server.close()
})

test('of a page that a collector answers with the beginning is told, on one line', async () => {
  const body = `<html>\n<h1>Bad Gateway</h1>\n${'<p>nginx</p>\n'.repeat(100)}`
  await using collector = await otlpCollector(() => ({ status: 400, body }))
  const said = body.replaceAll('\n', ' ').slice(0, 119)
  expect(await failureOf(collector.url)).toBe(`${collector.url}/v1/metrics refused: HTTP 400, ${said}…`)
})

test('of what a collector says about points that it left out the beginning is told', async () => {
  await using collector = await otlpCollector(() => ({ body: partialSuccess(3, 'too many\n'.repeat(100)) }))
  const said = 'too many '.repeat(100).slice(0, 119)
  expect(await failureOf(collector.url)).toBe(`${collector.url}/v1/metrics did not take 3 of the metrics: ${said}…`)
})

test.each([
  ['http://collector:4318', []],
  ['https://someone:hunter2@collector/otlp', []],
  [true, []],
  [undefined, []],
  [{}, []],
  [{ url: 'http://collector:4318', headers: { authorization: 'Bearer hunter2' } }, []],
  ['collector:4318', ['otlp: expected an http:// or https:// URL, got "collector:4318"']],
  ['hunter2@collector', ['otlp: expected an http:// or https:// URL, got "masked@collector"']],
  [false, ['otlp: expected true, an http:// or https:// URL or an object with url, headers, got false']],
  [
    { url: 'grpc://collector:4317', header: {}, headers: { 'a b': 'hunter2', c: 3 } },
    [
      'otlp.header: no such option, did you mean "headers"?',
      'otlp.url: expected an http:// or https:// URL, got "grpc://collector:4317"',
      'otlp.headers: expected names and values of HTTP headers, got "a b" with a text of 7 characters',
      'otlp.headers: expected names and values of HTTP headers, got "c" with a number',
    ],
  ],
  [{ headers: 'a: hunter2' }, ['otlp.headers: expected an object of texts, got a text of 10 characters']],
])('what is wrong with %j', (target, mistakes) => {
  expect(mistakesInOTLP(target, 'otlp', {})).toEqual(mistakes)
})

test.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'])(
  'what is wrong with %s is said where it names the collector',
  (name) => {
    const env = { [name]: 'collector:4318' }
    const mistakes = [`${name}: expected an http:// or https:// URL, got "collector:4318"`]
    expect(mistakesInOTLP(true, 'otlp', env)).toEqual(mistakes)
    expect(mistakesInOTLP({ headers: {} }, 'otlp', env)).toEqual(mistakes)
    expect(mistakesInOTLP('http://collector:4318', 'otlp', env)).toEqual([])
    expect(mistakesInOTLP(true, 'otlp', { [name]: ' ' })).toEqual([])
  },
)
