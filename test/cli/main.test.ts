import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { aedes } from '../support/aedes.ts'
import { steady } from '../support/comparison.ts'
import { acknowledging } from '../support/socket-io.ts'
import { callable } from '../support/json-rpc.ts'
import { executing } from '../support/graphql.ts'
import { chatting, goodToken } from '../support/chat.ts'
import { loadResult } from '../support/result.ts'
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

let files = 0

/** Writes a file of its own; tests that run at the same time may give theirs the same name. */
async function file(name: string, content: LoadSummary | string): Promise<string> {
  const path = join(directory, `${++files}-${name}`)
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

  test.each([
    [['compar'], 'error: unknown command \'compar\', did you mean "compare"?\n'],
    [['ws://a', '-g', 'ws://b'], 'error: expected one URL, got ws://a and ws://b\n'],
    [['--conections', '3'], "error: unknown option '--conections'\n(Did you mean --connections?)\n"],
    [
      ['http://a', '-c', '0', '--in-flight', '2', '-r', '5k/s', '--slo', 'p99 < x'],
      /^error: url: expected a ws:.*\n {7}--connections: .*\n {7}--in-flight, --rate: .*\n {7}--slo: p99: /,
    ],
    [['--ca', '/nowhere'], /^error: --ca: expected PEM .* got "\/nowhere": there is no such file/],
    [['--stage', '10s'], /expected 'duration:rate' like 10s:5k\/s\n$/],
    [['-H', 'Bearer hunter2'], "error: --header: expected 'Name: value', got a text of 14 characters\n"],
    [
      ['--text', 'x', '--binary', 'y'],
      /^error: option '--text <text>' cannot be used with option '--binary <file>'\n$/,
    ],
    [['--binary', '/nowhere'], /^error: ENOENT/],
    [['--answer', 'PONG'], 'error: --answer: expected --text or --binary with it, got neither\n'],
    [['--data', '{"token":hunter2}'], 'error: --data: expected JSON, got a text of 17 characters\n'],
    [['--data', '1'], /^error: --data: expected a module or a protocol with it.*, got neither\n$/],
    [
      ['--json-rpc', 'echo', '--data', '["hunter2"]'],
      "error: --data: expected an object of the protocol's options, got a list\n",
    ],
    [
      ['ws://127.0.0.1:1', '--socket-io', 'connect', '--data', '{"arg":[1]}'],
      /probe\.data\.event: expected an event that Socket\.IO.*\n.*probe\.data\.arg: no such option, did you mean "args"\?\n$/,
    ],
    [
      ['--socket-io', 'a', '--json-rpc', 'b'],
      /^error: option '--socket-io <event>' cannot be used with option '--json-rpc <method>'\n$/,
    ],
    [
      ['--protocol-module', 'a', '--text', 'x'],
      /^error: option '--text <text>' cannot be used with option '--protocol-module/,
    ],
    [
      ['--session-timeout', '0', '--session-rate', 'x'],
      /^error: --session-timeout: expected .*\n {7}--session-rate: expected /,
    ],
    [
      ['--session-timeout', '5s'],
      'error: --session-timeout: expected the probe { protocol } with it, got ping; only protocols have sessions\n',
    ],
    [['--echo'], 'error: --echo: expected --text or --binary with it, got neither\n'],
    [
      ['--text', 'x', '--echo', '--answer', 'PONG'],
      /^error: option '--answer <text>' cannot be used with option '--echo'\n$/,
    ],
    [
      ['--text', 'x', '--answer', '/(/'],
      /^error: option '--answer <text>' argument '\/\(\/' is invalid\. Invalid regular/,
    ],
    [
      ['compare', 'a.json', 'b.json', '--confidence', '3'],
      /^error: --confidence: expected a number above 0\.5 and below 1, got 3\n$/,
    ],
    [['-v', 'loud'], /Allowed choices are error, warn, info, debug\.\n$/],
    [
      ['--json', '/nowhere/out.json', '--html', '/'],
      /^error: --json: expected a file that can be written, got \/nowhere\/out\.json: ENOENT.*\n {7}--html: .* it is a directory\n$/,
    ],
    [
      ['report', 'a', 'b', '--slo', 'p99 < 1s', '--hgrm', 'c'],
      /^error: --slo: expected one run .*\n {7}--hgrm: expected/,
    ],
    [
      ['compare', 'a', 'b', '-c', '3', '-r', '5', '--text', 'PING', '-H', 'Cookie: hunter2', '--max-duration', '5s'],
      `error: ${['max-duration', 'connections', 'rate', 'text', 'header'].map((flag) => `--${flag}: expected two URLs with it, got two files\n`).join('       ')}`,
    ],
    [
      ['compare', 'ws://a', 'ws://b', '--echo', '--data', '1', '--in-flight', '0'],
      /^error: --in-flight: .*\n {7}--echo: expected --text or --binary with it.*\n {7}--data: expected a module or/,
    ],
    [['compare', 'ws://a', 'ws://b', '--html', '/nowhere/x'], /^error: --html: expected a file that can be written/],
    [['compare', 'a'], "error: missing required argument 'head'\n"],
    [['compare', 'a', 'b', '--markdwn'], "error: unknown option '--markdwn'\n(Did you mean --markdown?)\n"],
    [['doctor', '-c', '0', '--echo'], /^error: --connections: expected .*\n {7}--echo: expected --text or --binary/],
    [['doctor', '-s', '1'], /argument '1' is invalid. expected a whole number from 2 to 3600\n$/],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await wsLoad(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

test.concurrent.each([
  [['http://someone:hunter2@a/?token=hunter2']],
  [['someone:hunter2@a/?hunter2']],
  [['ws://hunter2@a', '-u', 'ws://hunter2@b']],
  [['ws://hunter2@a', 'ws://someone:hunter2@b']],
  [['compare', 'ws://hunter2@a:99999', 'ws://b']],
  [['report', 'ws://hunter2@a/?hunter2']],
  [['-H', 'Authorization: hunter2\n', 'ws://a']],
  [['ws://a/?token=hunt"er hunter2', 'ws://b']],
  [["ws://a/?token=it's hunter2", '-u', 'ws://b']],
  [['--heder=Authorization: hunter2', 'ws://a']],
  [['--heder=hunter2']],
  [['-H', 'Authorization:', 'Bearer hunter2']],
  [['-H', 'Authorization:', 'Bearer hunter2', 'ws://a']],
  [['compare', 'wss:/someone:hunter2@a/?hunter2', 'b.json']],
  [['report', 'wss:/someone:hunter2@a/?token=hunter2 x']],
  [['-u', 'wss:/someone:hunter2@a:99999']],
  [['-u', 'ws://a', 'Authorization: hunter2']],
  [['Authorization: hunter2']],
])('keeps the secrets of %j to itself', async (args) => {
  const { exitCode, stdout, stderr } = await wsLoad(...args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^error: /)
  expect(stderr).not.toContain('hunter2')
})

test.concurrent(
  'ws-load URL says in a log every ten seconds how far it is, unless it is told not to',
  { timeout: 60_000 },
  async () => {
    const long = ['-d', '14s', '--warmup', '0', '-r', '100/s']
    const [telling, silent] = await Promise.all([wsLoad(...long), wsLoad(...long, '-v', 'warn')])
    expect(telling.stderr).toMatch(/^measuring, 10 connections, \S+\/s, p50 .*, p99 .*, \d s left\n$/)
    expect(silent.stderr).toBe('')
  },
)

describe.concurrent('ws-load URL', () => {
  const short = ['-d', '300ms', '--warmup', '0']

  test('prints the summary', async () => {
    await using server = await echoing()
    const { exitCode, stdout, stderr } = await wsLoad('-c', '3', '-g', server.url, ...short)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ws:.*\n3 connections, closed model with 1 in flight each, measured for 300 ms\n/m)
    expect(stdout).not.toContain('\u001B')
  })

  test('floods an embedded server when there is no URL', async () => {
    const { exitCode, stdout } = await wsLoad('--text', 'PING', ...short)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('probe text "PING"')
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
    const unknown = await wsLoad(server.url, '--text', 'PING', '-r', '100/s', ...short)
    expect(unknown).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/[\d,]+ messages came when no ping/) })
  })

  test('has a protocol of a module', async () => {
    const protocol = join(import.meta.dirname, '../support/strict-chat.protocol.ts')
    await using server = await chatting()
    const args = [
      server.url,
      '--protocol-module',
      protocol,
      '--session-rate',
      '1k/s',
      '-c',
      '2',
      '-d',
      '100ms',
      '--warmup',
      '0',
    ]
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
    const { stderr } = await wsLoad('--reconnect', '0', '--reconnect-backoff', 'x')
    expect(stderr).toMatch(/^error: --reconnect: expected a whole number.*\n {7}--reconnect-backoff: expected/)
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
    const outcome = await wsLoad('-d', '1s', '--warmup', '0', '-r', '2k/s', '--slo', 'p99.99 < 10s')
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

  test('prints JSON alone to stdout, the table to stderr', async () => {
    const { stdout, stderr } = await wsLoad(...short, '--json', '-')
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 })
    expect(stderr).toContain('Latency')
  })

  test('prints JSON that no terminal takes for more, whatever the server says', async () => {
    await using server = await closing({ code: 4000, reason: '\u009B2J ##vso[x] \u202E', after: { ms: 20 } })
    const { stdout } = await wsLoad(server.url, ...short, '--json', '-')
    expect(stdout).not.toMatch(/[^\n\P{C}]|##vso/u)
    expect(JSON.parse(stdout)).toMatchObject({ errors: { CLOSE_4000: { samples: ['\u009B2J ##vso[x] \u202E'] } } })
  })

  test('prints what it has measured when it is interrupted', async () => {
    await using server = await echoing()
    const outcome = await interrupted(server, server.url, '-d', '1m', '--warmup', '0')
    expect(outcome).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('aborted early') })
  })

  test('tells every second how far it is, if it is asked to', async () => {
    const { stderr } = await wsLoad('-d', '2500ms', '--warmup', '0', '-r', '100/s', '-v', 'debug')
    expect(stderr).toMatch(/^(measuring, 10 connections, .* left\n){2}/)
  })
})

describe.concurrent('ws-load report', () => {
  test('prints a run once more, judges it, and makes a page of it', async () => {
    const [json, html, hgrm] = [
      await file('run.json', steady(2)),
      join(directory, 'one.html'),
      join(directory, 'one.hgrm'),
    ]
    expect(await wsLoad('report', json)).toMatchObject({ exitCode: 0, stdout: `${String(steady(2))}\n`, stderr: '' })
    const judged = await wsLoad('report', json, '--slo', 'p99 < 1ms', '--html', html, '--hgrm', hgrm)
    expect(judged).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('SLO missed'), stderr: '' })
    expect(await readFile(html, 'utf8')).toContain('✗ fail')
    expect(await readFile(hgrm, 'utf8')).toContain('Percentile')
  })

  test('shows two runs on one page', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    const html = join(directory, 'two.html')
    const outcome = await wsLoad('report', ...files, '--html', html)
    expect(outcome).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Slower: /), stderr: '' })
    expect(await readFile(html, 'utf8')).toMatch(/>base<[^]*>head</)
    expect(await wsLoad('compare', ...files, '--html', html)).toMatchObject({ exitCode: 1 })
    expect(await readFile(html, 'utf8')).toContain('✗ slower')
  })

  test('exits with 3 when nothing was measured', async () => {
    const nothing = new LoadSummary(loadResult([]))
    expect(await wsLoad('report', await file('run.json', nothing))).toMatchObject({ exitCode: 3 })
  })

  test('says what is wrong with an SLO and with a file', async () => {
    const wrong = await wsLoad('report', await file('run.json', steady(2)), '--slo', 'p99 < x')
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error: --slo: p99: /) })
    const unreadable = await wsLoad('report', await file('run.json', '{'))
    expect(unreadable).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*run\.json: /),
    })
  })
})

describe.concurrent('ws-load compare', () => {
  test.each([
    ['is the same', 2, 0, /^No regression: 3 figures\n/],
    ['is faster', 0.2, 0, /^Faster: p50 changed by -90 %/],
    ['is slower', 20, 1, /^Slower: p50 changed by \+900 %/],
  ])('exits as documented when the head %s', async (_, ms, exitCode, said) => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(ms))]
    const outcome = await wsLoad('compare', ...files, '-t', 'p50=50%', '-t', 'p99=200%')
    expect(outcome).toMatchObject({ exitCode, stderr: '' })
    expect(outcome.stdout).toMatch(said)
  })

  test('exits with 3 when it is unclear', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(2, { ended: 'aborted' }))]
    const { exitCode, stdout } = await wsLoad('compare', ...files)
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/^Unclear: head: the run was aborted/)
  })

  test('prints Markdown and JSON', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    expect((await wsLoad('compare', ...files, '--markdown')).stdout).toMatch(/^### ❌ Slower\n\n- p50 changed/)
    const json = JSON.parse((await wsLoad('compare', ...files, '--json')).stdout)
    expect(json).toMatchObject({ verdict: 'slower', head: { pings: { answered: 20_000 } } })
  })

  test.each([
    ['is missing', undefined, /^error: .*base\.json: ENOENT/],
    ['is no JSON', 'oh', /^error: .*base\.json: Unexpected token/],
    ['is no summary', '{}', /^error: .*base\.json: .*no summary of wsLoad\(\): schemaVersion/],
  ])('says so when a file %s', async (_, content, message) => {
    const base = content === undefined ? join(directory, 'base.json') : await file('base.json', content)
    const outcome = await wsLoad('compare', base, await file('head.json', steady(2)))
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toMatch(message)
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
    const flags = '-v debug --max-duration 4s -t p50=0.0001% -t min=1ns --confidence 0.99999'.split(' ')
    const { exitCode, stderr } = await wsLoad('compare', base.url, head.url, ...flags)
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^measuring, 20 connections, \S+\/s → \S+\/s, p50 .* → .*, p99 .* → .*, \d s left$/m)
  })

  test('never exits with 0 when a server is not there', async () => {
    await using base = await delaying(() => 3)
    await using head = await dead()
    expect([1, 3]).toContain((await wsLoad('compare', base.url, head.url)).exitCode)
  })

  test('says what is wrong with the options', async () => {
    const { exitCode, stderr } = await wsLoad('compare', 'ws://a', 'ws://b', '-c', '0', '--rate', 'fast')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: --connections: .*\n {7}--rate: /)
  })
})

describe.concurrent('ws-load echo', () => {
  test('answers until it is interrupted', async () => {
    const server = execFile(process.execPath, [program, 'echo', '--delay', '3'])
    const [line] = (await once(server.stdout!, 'data')) as [string]
    expect(line).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\n$/)
    const summary = await wsLoad(line.trim(), '-d', '300ms', '--warmup', '0', '--json', '-')
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

test.concurrent('ws-load doctor tells what can be found here, and shows that it is', { timeout: 60_000 }, async () => {
  const { exitCode, stdout } = await wsLoad('doctor', '--seconds', '6', '-c', '4', '--text', 'PING', '--echo')
  expect(stdout).toMatch(/; 4 connections\n/)
  expect(stdout).toMatch(
    /1\. Two servers that do the same, for 6 s\n {3}p50 \S+ ms: (regressions from |no regression can be found)/,
  )
  expect(stdout).toMatch(/\n {3}server: 1 process, .*\n(?:.*\n)* {3}machine: \d+ processors?, [\d.]+ % busy/)
  expect(stdout).toMatch(/2\. A server that takes [\d.,]+ % longer\n {3}(Slower|Unclear): /)
  expect(stdout).toMatch(exitCode === 0 ? /\nThe gate can go red here\.\n/ : /\nThe gate did not see it/)
})

test.concurrent('ws-load doctor does not blame the machine for a load that its servers cannot answer', async () => {
  const { exitCode, stderr } = await wsLoad('doctor', '-s', '2', '--json-rpc', 'add', '-c', '1', '--timeout', '100ms')
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/error: the servers of the doctor answer pings and send messages back/)
})
