import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/processes.ts'
import { echoing } from '../support/servers.ts'
import { type Files, linkedConsumer } from './support/consumer.ts'

const consumer = await linkedConsumer()
const server = await echoing()
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await consumer[Symbol.asyncDispose]()
})

/** Projects of one run, each with its pool and its test files. */
const config = (projects: string): string => `
import wsLoad from 'vitest-ws-load/plugin'
const defaults = { url: '${server.url}', connections: 2, duration: 100, warmup: 0 }
const plugin = (options) => wsLoad({ defaults, ...options })
const project = (name, include, test, plugins = [plugin()]) => ({
  plugins,
  test: { name, include: include.map((file) => file + '.test.js'), pool: name, testTimeout: 60_000, ...test },
})
export default { test: { maxWorkers: 4, projects: [${projects}] } }`

describe('floods of one run', () => {
  const log = `
import { appendFileSync } from 'node:fs'
export async function logged(task, flood) {
  const begun = Date.now()
  const { startedAt, duration, environment: { otherFloods } } = await flood()
  const from = Date.parse(startedAt)
  const { name, file: { projectName, name: file } } = task
  const entry = { file: projectName + ' ' + file, name, begun, from, to: from + duration, otherFloods }
  appendFileSync('log', JSON.stringify(entry) + '\\n')
}`

  interface Logged {
    readonly file: string
    readonly name: string
    /** Milliseconds: when its test began, and when it was measured. */
    readonly begun: number
    readonly from: number
    readonly to: number
    readonly otherFloods: number
  }

  async function logOf(cwd: string): Promise<Logged[]> {
    const lines = (await readFile(join(cwd, 'log'), 'utf8')).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as Logged).toSorted((one, other) => one.from - other.from)
  }

  /** Floods that were measured while the next one was, or while its test had begun. */
  function overlapping(floods: readonly Logged[], since: 'begun' | 'from'): string[] {
    return floods.slice(1).flatMap((flood, nth) => (flood[since] < floods[nth]!.to ? [flood.file] : []))
  }

  test('wait for each other, whatever the pool and whoever crashes, before their tests begin', async () => {
    const files: Files = {
      'vitest.config.js': config(`
        project('forks', ['alone', 'another', 'crashing']),
        project('threads', ['alone', 'concurrent', 'purpose']),
        project('vmThreads', ['alone']),
        project('shared', ['alone', 'another'], { pool: 'forks', isolate: false }),
      `),
      'log.js': log,
      'alone.test.js': `
import { test } from 'vitest-ws-load'
import { logged } from './log.js'
test('floods', async ({ task, wsLoad }) => { await logged(task, wsLoad) })`,
      'another.test.js': `
import { beforeAll, test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'
import { logged } from './log.js'
beforeAll(async () => { await logged({ name: 'hook', file: { projectName: '', name: 'another' } }, wsLoad) })
test('floods', async ({ task }) => { await logged(task, wsLoad) })`,
      'concurrent.test.js': `
import { test, wsLoad as plain } from 'vitest-ws-load'
import { logged } from './log.js'
test.concurrent('floods', async ({ task, wsLoad }) => { await logged(task, wsLoad) })
test.concurrent('floods as well', async ({ task, wsLoad }) => { await logged(task, wsLoad) })
test.concurrent('floods by the plain function', async ({ task }) => { await logged(task, plain) })`,
      'purpose.test.js': `
import { test } from 'vitest-ws-load'
import { logged } from './log.js'
test('floods twice at once', async ({ task, wsLoad }) => {
  const long = () => wsLoad({ duration: 1_000 })
  await Promise.all([logged(task, long), logged(task, long)])
})`,
      'crashing.test.js': `
import { test } from 'vitest-ws-load'
test('is killed while it floods', async ({ wsLoad }) => {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)
  await wsLoad({ duration: '20s' })
})`,
    }
    const run = await consumer.run(files)
    expect(run.output).toContain('Worker exited unexpectedly')
    expect(run.output).toMatch(/Test Files +8 passed/)
    const floods = await logOf(run.cwd)
    const together = floods.filter(({ name }) => name === 'floods twice at once')
    const others = floods.filter((flood) => !together.includes(flood))
    const ofOtherTests = others.filter(({ file }) => !file.endsWith('concurrent.test.js'))
    expect(others).toHaveLength(11)
    expect(overlapping(others, 'from')).toEqual([])
    expect(overlapping(ofOtherTests, 'begun')).toEqual([])
    expect(new Set(others.map(({ otherFloods }) => otherFloods))).toEqual(new Set([0]))
    expect(together.map(({ otherFloods }) => otherFloods)).toEqual([1, 1])
  })

  test('wait before their hooks begin, though these run at the same time', async () => {
    const longerThanHooks = `
import { beforeAll, test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'
beforeAll(async () => { await wsLoad() })
test('takes longer than a hook may', async () => { await new Promise((resolve) => setTimeout(resolve, 6_000)) })`
    const run = await consumer.run({
      'vitest.config.js': config(
        `project('forks', ['one', 'other'], { sequence: { hooks: 'parallel' }, hookTimeout: 5_000 })`,
      ),
      'one.test.js': longerThanHooks,
      'other.test.js': longerThanHooks,
    })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/Test Files +2 passed/)
  })

  test('run at the same time where that is wanted or nobody prevents it, and say so', async () => {
    const flooding = (own: string, other: string): string => `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest-ws-load'
test('floods beside the other one', { timeout: 30_000 }, async ({ wsLoad }) => {
  const end = new AbortController()
  const flooding = wsLoad({ url: '${server.url}', duration: '25s', warmup: 0, signal: end.signal })
  await sleep(1_000)
  writeFileSync('${own}', '')
  while (!existsSync('${other}')) await sleep(10)
  await sleep(1_000)
  end.abort()
  const summary = await flooding
  expect(summary.environment.otherFloods).toBe(1)
  console.log('${own}: ' + summary)
})`
    const run = await consumer.run({
      'vitest.config.js': config(`
        project('forks', ['parallel'], {}, [plugin({ floodParallelism: true })]),
        project('threads', ['without'], {}, []),
      `),
      'parallel.test.js': flooding('parallel', 'without'),
      'without.test.js': flooding('without', 'parallel'),
    })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    const notice = /Another flood ran on this machine at the same time, and may have slowed this one\n {2}down\./g
    expect(run.stdout.match(notice)).toHaveLength(2)
  })
})

describe('a flood that its test does not wait for', () => {
  test('is ended before a retry begins, with servers that take longer for that than a hook', async () => {
    const run = await consumer.run({
      'vitest.config.js': config(`project('forks', ['retried'])`),
      'server.js': `
import { writeFileSync } from 'node:fs'
import { WebSocketServer } from 'ws'
const [port, lingering] = process.argv.slice(2).map(Number)
const server = new WebSocketServer({ host: '127.0.0.1', port })
server.on('connection', (socket) => socket.on('ping', () => writeFileSync('flooded', '')))
process.on('SIGTERM', () => setTimeout(() => process.exit(), lingering))`,
      'retried.test.js': `
import { existsSync } from 'node:fs'
import { test } from 'vitest-ws-load'
const side = (port, lingering) => {
  return { command: 'exec node server.js ' + port + ' ' + lingering, url: 'ws://127.0.0.1:' + port, stopTimeout: '40s' }
}
test('compares', { retry: 1 }, async ({ task, wsLoad }) => {
  const isFirst = task.result.retryCount === 0
  const base = side(${await freePort()}, isFirst ? 15_000 : 0)
  const compared = wsLoad.compare({ base, head: side(${await freePort()}, 0), maxDuration: '1s' })
  if (!isFirst) return void (await compared)
  compared.catch(() => {})
  while (!existsSync('flooded')) await new Promise((resolve) => setTimeout(resolve, 20))
  throw new Error('on purpose')
})`,
    })
    expect(run.output).not.toContain('Hook timed out')
    expect(run.exitCode).toBe(0)
  })

  test('fails it, or its file where no test is known, and is ended; so does one that waited too long', async () => {
    const run = await consumer.run({
      'vitest.config.js': config(
        `project('forks', ['void', 'hook', 'waiting']), project('threads', ['plugless'], {}, [])`,
      ),
      'void.test.js': `
import { afterEach, beforeEach, describe, test as base } from 'vitest'
import { expect, test, wsLoad as plain } from 'vitest-ws-load'
const endless = { pings: 1e9 }
const sides = { base: { url: '${server.url}' }, head: { url: '${server.url}' } }
test('fixture', ({ wsLoad }) => { void wsLoad(endless) })
base('plain', () => { void plain(endless) })
test('comparison', ({ wsLoad }) => { void wsLoad.compare(sides) })
test('assertion', ({ wsLoad }) => {
  wsLoad(endless).then((summary) => expect(summary).toMeetSLO('p99 < 1s'))
})
test.concurrent('concurrent', ({ wsLoad }) => { void wsLoad(endless) })
describe('a hook', () => {
  beforeEach(() => { void plain(endless) })
  test('before each', () => {})
})
test('too late', ({ wsLoad }) => { setTimeout(() => void wsLoad(), 500) })
test('awaited in a hook', ({ wsLoad, task }) => { task.flood = wsLoad() })
test('awaited', async ({ wsLoad }) => {
  const flood = wsLoad()
  await flood
})
afterEach(async ({ task }) => { await task.flood })
test('failed otherwise', async ({ wsLoad }) => {
  await Promise.all([wsLoad(endless), Promise.reject(new Error('on purpose'))])
})
test('timed out', { timeout: 300 }, async ({ wsLoad }) => { await wsLoad(endless) })
test('skipped', async ({ skip, wsLoad }) => {
  void wsLoad(endless)
  skip()
})
test('waits for what comes too late', async () => { await new Promise((resolve) => setTimeout(resolve, 700)) })`,
      'hook.test.js': `
import { beforeAll, test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'
beforeAll(() => { void wsLoad({ pings: 1e9 }) })
test('passes', () => {})`,
      'waiting.test.js': `
import { test } from 'vitest-ws-load'
test.concurrent('long', async ({ wsLoad }) => { await wsLoad({ duration: 2_000 }) })
test.concurrent('short', { timeout: 1_000 }, async ({ wsLoad }) => { await wsLoad({ warmup: 100 }) })
test.concurrent('hangs after its flood', { timeout: 12_000 }, async ({ wsLoad }) => {
  await wsLoad({ duration: 100 })
  await new Promise(() => {})
})`,
      'plugless.test.js': `
import { beforeAll, test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'
beforeAll(() => { void wsLoad({ url: '${server.url}', pings: 1e9 }) })
test('passes', () => {})`,
    })
    expect(run.exitCode).toBe(1)
    const failures = run.stderr.split(/^(?= FAIL )/m).slice(1)
    const blame = failures.map((text) => [
      / FAIL +\|\w+\| (.*?)(?: \[.*)?\n/.exec(text)?.[1],
      /^\w*Error: [^,\n]*/m.exec(text)?.[0],
      / ❯ (\w+\.test\.js:\d+):\d+\n/.exec(text)?.[1],
    ])
    expect(blame.toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))).toMatchInlineSnapshot(`
      [
        [
          "hook.test.js",
          "WsLoadError: wsLoad: a flood was still running when its test file ended",
          "hook.test.js:4",
        ],
        [
          "plugless.test.js",
          "WsLoadError: wsLoad: a flood was still running when its test file ended",
          "plugless.test.js:4",
        ],
        [
          "void.test.js > a hook > before each",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:14",
        ],
        [
          "void.test.js > assertion",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:10",
        ],
        [
          "void.test.js > comparison",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:8",
        ],
        [
          "void.test.js > concurrent",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:12",
        ],
        [
          "void.test.js > failed otherwise",
          "Error: on purpose",
          "void.test.js:25",
        ],
        [
          "void.test.js > fixture",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:6",
        ],
        [
          "void.test.js > plain",
          "WsLoadError: wsLoad: a flood was still running when its test ended",
          "void.test.js:7",
        ],
        [
          "void.test.js > timed out",
          "TestTimeoutError: Test timed out in 300ms.",
          "void.test.js:27",
        ],
        [
          "waiting.test.js > hangs after its flood",
          "TestTimeoutError: Test timed out in 12000ms.",
          "waiting.test.js:5",
        ],
        [
          "waiting.test.js > short",
          "WsLoadError: wsLoad: of the test's timeout of 1 s",
          "waiting.test.js:4",
        ],
      ]
    `)
    expect(run.stderr).toContain('Unhandled Rejection')
    expect(run.stderr).toContain('a flood began after its test had ended')
  })
})
