import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { aedes } from '../support/aedes.ts'
import { steady } from '../support/comparison.ts'
import { acknowledging } from '../support/socket-io.ts'
import { callable } from '../support/json-rpc.ts'
import { executing } from '../support/graphql.ts'
import { chatting, goodToken } from '../support/chat.ts'
import { errorFactorOf, otlpCollector, percentileOf } from '../support/otlp-collector.ts'
import { closing, dead, delaying, echoing, ticking } from '../support/servers.ts'
import { receipting } from '../support/stomp.ts'
import { type Outcome, program, wsLoad } from '../support/ws-load-program.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-load-cli-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** The outcome of a program that gets a Ctrl-C once it has sent a hundred pings to a server. */
async function interrupted(server: { readonly pings: number }, ...args: string[]): Promise<Omit<Outcome, 'stderr'>> {
  const running = execFile(process.execPath, [program, ...args])
  let stdout = ''
  running.stdout?.on('data', (text: string) => (stdout += text))
  await vi.waitUntil(() => server.pings > 100, { timeout: 20_000 })
  running.kill('SIGINT')
  const [exitCode] = (await once(running, 'close')) as [number]
  return { exitCode, stdout }
}

async function file(name: string, content: LoadSummary | string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe.concurrent('ws-load', () => {
  test('says how it is used', async () => {
    const { exitCode, stdout } = await wsLoad('--help')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^Usage: ws-load/)
  })

  test('says its version', async () => {
    const manifest = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    expect(await wsLoad('--version')).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('says on stderr what is wrong with its usage', async () => {
    const { exitCode, stdout, stderr } = await wsLoad('http://a', '-c', '0')
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^error: url: expected a ws:.*\n {7}--connections: .*\n$/)
  })

  test('keeps secrets in its arguments to itself', async () => {
    const { exitCode, stdout, stderr } = await wsLoad('-H', 'Authorization:', 'Bearer hunter2', 'ws://a')
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /)
    expect(stderr).not.toContain('hunter2')
  })

  test('says what is wrong with the options of a protocol', async () => {
    const args = ['ws://127.0.0.1:1', '--socket-io', 'connect', '--data', '{"arg":[1]}']
    const { exitCode, stdout, stderr } = await wsLoad(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(
      /probe\.data\.event: expected an event that Socket\.IO.*\n.*probe\.data\.arg: no such option, did you mean "args"\?\n$/,
    )
  })
})

test.concurrent(
  'ws-load URL says in a log every ten seconds how far it is, unless it is told not to',
  { timeout: 60_000 },
  async () => {
    const long = ['-d', '12s', '--warmup', '0', '-r', '100/s']
    const [telling, silent] = await Promise.all([wsLoad(...long), wsLoad(...long, '-v', 'warn')])
    expect(telling.stderr).toMatch(/^measuring, 10 connections, \S+\/s, p50 .*, p99 .*, \d s left\n$/)
    expect(silent.stderr).toBe('')
  },
)

describe.concurrent('ws-load URL', () => {
  const short = ['-n', '50', '--warmup', '0']

  test('prints the summary', async () => {
    await using server = await echoing()
    const { exitCode, stdout, stderr } = await wsLoad('-c', '3', '-g', server.url, '-d', '300ms', '--warmup', '0')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ws:.*\n3 connections, closed model with 1 in flight each, measured for 300 ms\n/m)
    expect(stdout).not.toContain('\u001B')
  })

  test('floods an embedded server when there is no URL', async () => {
    const { exitCode, stdout } = await wsLoad('--text', 'PING', ...short)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('probe text "PING"')
    expect(stdout).toMatch(/^No URL was given: these are the figures of an embedded echo server\.$/m)
  })

  test.each([
    [['--echo'], 'answer its echo'],
    [['--answer', 'PING'], 'answer its echo'],
    [['--answer', '/^ping$/i'], 'answer /^ping$/i'],
  ])('takes only messages that %j recognises for answers', async (flags, said) => {
    const { exitCode, stdout } = await wsLoad('--text', 'PING', ...flags, ...short)
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`probe text "PING", ${said}`)
  })

  test('exits with 3 when no message was an answer, or nobody knows which', async () => {
    const recognised = await wsLoad('--text', 'PING', '--answer', 'PONG', '--timeout', '50ms', ...short)
    expect(recognised).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('Nothing was measured') })
    await using server = await ticking(5)
    const unknown = await wsLoad(server.url, '--text', 'PING', '-r', '100/s', '-d', '300ms', '--warmup', '0')
    expect(unknown).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/[\d,]+ messages came when no ping/) })
  })

  test('has a protocol of a module', async () => {
    const protocol = join(import.meta.dirname, '../support/strict-chat.protocol.ts')
    await using server = await chatting()
    const args = [server.url, '--protocol-module', protocol, '--session-rate', '1k/s', '-c', '2', ...short]
    const outcome = await wsLoad(...args, '--data', JSON.stringify({ token: goodToken }))
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Session') })
    expect(outcome.stdout.replaceAll(/\s+/g, ' ')).toContain('probe protocol strict-chat.protocol.ts')
    const refused = await wsLoad(...args, '--data', '{"token":"hunter2"}')
    expect(refused).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('SESSION_FAILED') })
    expect(`${refused.stdout}${refused.stderr}`).not.toContain('hunter2')
  })

  const readyMade: [string, () => Promise<{ readonly url: string } & AsyncDisposable>, string[]][] = [
    ['socket-io.ts', acknowledging, ['--socket-io', 'echo', '--data', '{"args":["hi"]}']],
    ['graphql-ws.ts', executing, ['--graphql-ws', '{ hello }']],
    ['json-rpc.ts', callable, ['--json-rpc', 'echo', '--data', '{"params":[1]}']],
    ['mqtt.ts', aedes, ['--mqtt', 'floods', '--data', '{"qos":1}']],
    ['stomp.ts', receipting, ['--stomp', '/topic/floods']],
  ]
  test.each(readyMade)('has the ready-made protocol of %s', async (name, start, args) => {
    await using server = await start()
    const { exitCode, stdout } = await wsLoad(server.url, ...args, ...short)
    expect(exitCode).toBe(0)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`probe protocol ${name}`)
    expect(stdout).not.toContain('ERROR_ANSWER')
  })

  test('opens connections again', async () => {
    await using server = await closing({ after: { answers: 9 } })
    const { exitCode, stdout } = await wsLoad(
      server.url,
      '--reconnect',
      '2',
      '--reconnect-backoff',
      '10ms',
      '-c',
      '1',
      '--warmup',
      '0',
      '-n',
      '20',
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Reconnects +[12]\n.* p50 [\d.]+ m?s\n.* max [\d.]+ m?s\n/)
  })

  test('sends the bytes of a file', async () => {
    const outcome = await wsLoad('--binary', await file('bytes', '\u0000\u0001'), ...short)
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('probe binary') })
  })

  test.each([
    ['p50 < 10s', 0, 'SLO met'],
    ['max < 1us', 1, 'SLO missed'],
    ['p99.99 < 10s', 3, 'SLO inconclusive'],
  ])('exits as documented for the SLO %s', async (slo, exitCode, said) => {
    const outcome = await wsLoad('-d', '1s', '--warmup', '0', '-r', '2k/s', '--slo', slo)
    expect(outcome.exitCode).toBe(exitCode)
    expect(outcome.stdout).toContain(said)
  })

  test('says which flags make an undecided run long enough', async () => {
    const outcome = await wsLoad('-d', '300ms', '--warmup', '0', '-r', '2k/s', '--slo', 'p99.99 < 10s')
    expect(outcome.stdout).toMatch(
      /takes about \d+ s or\s+more[^]*\n {2}let the run end when it is decided: take --decide\n/,
    )
  })

  test('exits with 3 when nothing was measured', async () => {
    await using server = await dead()
    const { exitCode, stdout } = await wsLoad(server.url, ...short)
    expect(exitCode).toBe(3)
    expect(stdout).toContain('ECONNREFUSED')
  })

  test('ends as soon as the SLO is decided', async () => {
    const outcome = await wsLoad('--decide', '--slo', 'p50 < 10s', '--confidence', '0.9', '-r', '1k/s', '--warmup', '0')
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' })
    expect(outcome.stdout).toContain('decided early')
  })

  test('writes JSON, a percentile distribution and a page', async () => {
    const [json, hgrm, html] = ['out.json', 'out.hgrm', 'out.html'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    const files = ['--json', json, '--hgrm', hgrm, '--html', html]
    expect(await wsLoad(...short, ...files, '--slo', 'max < 5s')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>[^]*✓ pass/)
    const summary = LoadSummary.fromJSON(JSON.parse(await readFile(json, 'utf8')))
    expect(summary.pings.answered).toBeGreaterThan(0)
    const [header, , ...lines] = (await readFile(hgrm, 'utf8')).split('\n')
    expect(header).toMatch(/^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)$/)
    expect(lines.find((line) => line.startsWith('#[Max'))).toContain(String(summary.latency.count))
  })

  test('sends a run to an OpenTelemetry collector, under its name', async () => {
    await using server = await delaying(() => 2)
    await using collector = await otlpCollector()
    const json = join(directory, 'sent.json')
    const flags = ['-d', '500ms', '--warmup', '0', '--name', 'gateway', '--json', json, '--otlp', collector.url]
    expect(await wsLoad(server.url, ...flags)).toMatchObject({ exitCode: 0, stderr: '' })
    const { latency, pings, startedAt, duration } = LoadSummary.fromJSON(JSON.parse(await readFile(json, 'utf8')))
    const [point, ...others] = collector.metric('ws_load.latency').points
    expect(others).toEqual([])
    const start = Date.parse(startedAt)
    expect(point).toMatchObject({ attributes: { run: 'gateway' }, start, end: expect.closeTo(start + duration, 2) })
    const { histogram } = point!
    expect(histogram.count).toBe(pings.answered + pings.coalesced)
    expect(histogram.counts.reduce((sum, count) => sum + count, histogram.zeroCount)).toBe(histogram.count)
    for (const p of [1, 50, 90, 99, 99.9, 100]) {
      const ratio = percentileOf(histogram, p) / (latency.percentile(p) / 1_000)
      expect(Math.max(ratio, 1 / ratio)).toBeLessThanOrEqual(errorFactorOf(histogram) * (1 + 1e-9))
    }
  })

  test('sends a run to the collector that the environment names', async () => {
    await using collector = await otlpCollector()
    await promisify(execFile)(process.execPath, [program, ...short, '--otlp'], {
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    })
    expect(collector.metric('ws_load.latency').points[0]!.histogram.count).toBeGreaterThan(0)
  })

  test('prints JSON alone to stdout, the table to stderr', async () => {
    const { stdout, stderr } = await wsLoad(...short, '--json', '-')
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 })
    expect(stderr).toContain('Latency')
  })

  test('prints JSON that no terminal takes for more, whatever the server says', async () => {
    await using server = await closing({ code: 4000, reason: '\u009B2J ##vso[x] \u202E', after: { ms: 20 } })
    const { stdout } = await wsLoad(server.url, '-d', '300ms', '--warmup', '0', '--json', '-')
    expect(stdout).not.toMatch(/[^\n\P{C}]|##vso/u)
    expect(JSON.parse(stdout)).toMatchObject({ errors: { CLOSE_4000: { samples: ['\u009B2J ##vso[x] \u202E'] } } })
  })

  test('prints what it has measured when it is interrupted', async () => {
    await using server = await echoing()
    const outcome = await interrupted(server, server.url, '-d', '1m', '--warmup', '0')
    expect(outcome).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('aborted early') })
  })

  test('tells every second how far it is, if it is asked to', async () => {
    const { stderr } = await wsLoad('-d', '5s', '--warmup', '0', '-r', '100/s', '-v', 'debug')
    expect(stderr).toMatch(/^(measuring, 10 connections, .* left\n){2}/)
  })
})

describe.concurrent('ws-load compare', () => {
  test('compares two files', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    const outcome = await wsLoad('compare', ...files)
    expect(outcome).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Slower: p50 changed/), stderr: '' })
  })

  test('prints what it has found out when it is interrupted', async () => {
    await using base = await echoing()
    await using head = await echoing()
    const outcome = await interrupted(head, 'compare', base.url, head.url, '-t', 'p50=0.0001%', '-t', 'min=1ns')
    expect(outcome).toMatchObject({ exitCode: 130, stdout: expect.stringMatching(/^Unclear: .*aborted/) })
  })

  test('tells how far two servers are', async () => {
    await using base = await delaying(() => 3)
    await using head = await delaying(() => 3)
    // At a lower confidence one such comparison in a hundred is decided, by chance.
    const flags =
      '-r 500/s --warmup 100ms -v debug --max-duration 6s -t p50=0.0001% -t min=1ns --confidence 0.99999'.split(' ')
    const { exitCode, stderr } = await wsLoad('compare', base.url, head.url, ...flags)
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^measuring, 20 connections, \S+\/s → \S+\/s, p50 .* → .*, p99 .* → .*, \d s left$/m)
  })

  test('never exits with 0 when a server is not there', async () => {
    await using base = await delaying(() => 3)
    await using head = await dead()
    expect([1, 3]).toContain((await wsLoad('compare', base.url, head.url, '--warmup', '100ms')).exitCode)
  })
})

describe.concurrent('ws-load echo', () => {
  test('answers until it is interrupted', async () => {
    const server = execFile(process.execPath, [program, 'echo', '--delay', '3'])
    const [line] = (await once(server.stdout!, 'data')) as [string]
    expect(line).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\n$/)
    const summary = await wsLoad(line.trim(), '-n', '50', '--warmup', '0', '--json', '-')
    expect(LoadSummary.fromJSON(JSON.parse(summary.stdout)).latency.min).toBeGreaterThanOrEqual(2.9)
    server.kill('SIGINT')
    expect(await once(server, 'exit')).toEqual([0, null])
    expect(await wsLoad(line.trim(), '-d', '100ms', '--warmup', '0')).toMatchObject({ exitCode: 3 })
  })

  test('says so when its port is taken', async () => {
    await using server = await echoing()
    const outcome = await wsLoad('echo', '--port', new URL(server.url).port)
    expect(outcome).toMatchObject({ exitCode: 5, stdout: '', stderr: expect.stringContaining('EADDRINUSE') })
  })
})

test.concurrent('ws-load doctor ends with 1 where it is blind', { timeout: 60_000 }, async () => {
  const few = ['--seconds', '2', '--warmup', '100ms', '-c', '1', '-r', '5/s']
  const { exitCode, stdout } = await wsLoad('doctor', ...few)
  expect(stdout).toMatch(/\n {3}p50 .*no regression can be found in this time\n/)
  expect(stdout).toContain('\nThe gate did not see it: it is blind here.\n')
  expect(exitCode).toBe(1)
})

test.concurrent('ws-load doctor tells what can be found here, and shows that it is', { timeout: 60_000 }, async () => {
  const { exitCode, stdout } = await wsLoad(
    'doctor',
    '--seconds',
    '4',
    '--warmup',
    '100ms',
    '-c',
    '4',
    '--text',
    'PING',
    '--echo',
  )
  expect(stdout).toMatch(/; 4 connections\n/)
  expect(stdout).toMatch(
    /1\. Two servers that do the same, for 4 s\n {3}p50 \S+ ms: (regressions from |no regression can be found)/,
  )
  expect(stdout).toMatch(/\n {3}cpuPerPing \S+ \S+: (regressions from |no regression can be found)/)
  expect(stdout).toMatch(/\n {3}server: 1 process, .*\n(?:.*\n)* {3}machine: \d+ processors?, [\d.]+ % busy/)
  expect(stdout).toMatch(/2\. A server that takes [\d.,]+ % longer\n {3}(Slower|Unclear): /)
  const isFound = stdout.includes('\n   Slower: ')
  expect(exitCode).toBe(isFound ? 0 : 1)
  expect(stdout).toContain(isFound ? '\nThe gate can go red here.\n' : '\nThe gate did not see it')
})

test.concurrent('ws-load doctor does not blame the machine for a load that its servers cannot answer', async () => {
  const { exitCode, stderr } = await wsLoad(
    'doctor',
    '-s',
    '2',
    '--warmup',
    '0',
    '--json-rpc',
    'add',
    '-c',
    '1',
    '--timeout',
    '100ms',
  )
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/error: the servers of the doctor answer pings and send messages back/)
})
