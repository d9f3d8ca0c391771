import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FanOutSummary } from '../../src/summary/fan-out-summary.ts'
import { aedes } from '../support/aedes.ts'
import { otlpCollector } from '../support/otlp-collector.ts'
import { passingOn } from '../support/rooms.ts'
import { acknowledging } from '../support/socket-io.ts'
import { wsLoad } from '../support/ws-load-program.ts'

const protocol = fileURLToPath(new URL('../support/rooms.protocol.ts', import.meta.url))
const short = ['-s', '10', '-r', '40/s', '-d', '1s', '--warmup', '100ms'] as const

test('ws-load fan-out says how long messages took, and keeps it', async () => {
  await using server = await passingOn()
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
  const file = join(directory, 'fan-out.json')
  const slo = ['--slo', 'reach >= 100%', '--slo', 'missed <= 0', '--json', file]
  const { exitCode, stdout } = await wsLoad('fan-out', server.url, ...short, '--protocol-module', protocol, ...slo)
  expect(stdout).toContain('10 subscribers, 1 publisher, open model at 40/s')
  expect(stdout).toContain('✓ reach ')
  expect(exitCode).toBe(0)
  const summary = FanOutSummary.fromJSON(JSON.parse(await readFile(file, 'utf8')))
  expect(summary).toMatchObject({ expected: 400, delivered: 400 })
  await rm(directory, { recursive: true })
})

test('ws-load fan-out fails where a subscriber has a message twice', async () => {
  await using server = await passingOn({ times: (nth, message) => (nth === 3 && message === 20 ? 2 : 1) })
  const flags = [...short, '--protocol-module', protocol, '--slo', 'duplicates <= 0']
  const { exitCode, stdout } = await wsLoad('fan-out', server.url, ...flags)
  expect(stdout).toContain('SLO missed: duplicates is 1')
  expect(stdout).toMatch(/Duplicates +1/)
  expect(exitCode).toBe(1)
})

test('ws-load fan-out publishes to rooms of Socket.IO', async () => {
  await using server = await acknowledging()
  const join = { event: 'join', args: ['room %r'] }
  const room = { join, publish: { event: 'say', args: ['room %r', '%m'] }, event: 'said' }
  const { exitCode, stdout } = await wsLoad(
    'fan-out',
    server.url,
    ...short,
    '--rooms',
    '2',
    '--socket-io-room',
    JSON.stringify(room),
  )
  expect(stdout).toContain('10 subscribers, 2 publishers, 2 rooms')
  expect(stdout).toContain('200 came')
  expect(exitCode).toBe(0)
})

test('ws-load fan-out publishes to topics of MQTT', async () => {
  await using broker = await aedes()
  const flags = [...short, '--mqtt-topic', '{"topic":"rooms/%r"}', '--slo', 'reach >= 100%']
  const { exitCode, stdout } = await wsLoad('fan-out', broker.url, ...flags)
  expect(stdout).toContain('✓ reach ')
  expect(exitCode).toBe(0)
})

test('ws-load fan-out sends a run to an OpenTelemetry collector, under its name', async () => {
  await using server = await passingOn()
  await using collector = await otlpCollector()
  const flags = ['--name', 'rooms', '--otlp', collector.url]
  expect(await wsLoad('fan-out', server.url, ...short, '--protocol-module', protocol, ...flags)).toMatchObject({
    exitCode: 0,
    stderr: '',
  })
  const [delivery] = collector.metric('ws_load.delivery').points
  expect(delivery).toMatchObject({ attributes: { run: 'rooms' }, histogram: { count: 400 } })
  expect(collector.metric('ws_load.completion').points[0]!.histogram.count).toBeGreaterThan(0)
})

test('ws-load fan-out writes a run for other tools, under its name', async () => {
  await using server = await passingOn()
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
  const [bmf, benchmark, metrics] = ['bmf.json', 'benchmark.json', 'metrics.txt'].map((name) =>
    join(directory, name),
  ) as [string, string, string]
  const files = ['--name', 'rooms', '--bmf', bmf, '--github-benchmark', benchmark, '--openmetrics', metrics]
  await wsLoad('fan-out', server.url, ...short, '--protocol-module', protocol, ...files)
  expect(JSON.parse(await readFile(bmf, 'utf8'))).toMatchObject({ rooms: { reach: { value: 1 } } })
  expect(JSON.parse(await readFile(benchmark, 'utf8'))).toContainEqual(
    expect.objectContaining({ name: 'rooms › duplicates', value: 0 }),
  )
  expect(await readFile(metrics, 'utf8')).toContain('ws_load_delivery_seconds_count{run="rooms"} 400\n')
  await rm(directory, { recursive: true })
})
