import { writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findProgram } from '../support/child.ts'
import { freePort } from '../support/processes.ts'
import { echoing } from '../support/servers.ts'
import { Consumer, type Files, linkedConsumer } from './support/consumer.ts'
import { installed, installTimeout } from './support/installed.ts'
import { type RunningVitest, startCommand } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

/** How long a pong may wait, in a test that no busy machine turns red; a slow server takes longer. */
const slo = { max: '< 5s' }
const slowMs = 6_000

/** A server that answers after a delay. Each one adds its process id to a file beside it, and says how it ends. */
function serverProgram(delay: number): string {
  return `
import { appendFileSync } from 'node:fs'
import { WebSocketServer } from 'ws'

appendFileSync(process.env.STARTED, process.pid + ' ')
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT), autoPong: false })
server.on('connection', (socket) => {
  socket.on('ping', (payload) => setTimeout(() => socket.pong(payload), ${delay}))
  socket.on('message', () => process.exit(7))
})`
}

/** A test file that tells when it runs. */
function floods(name: string): string {
  return `
import { expect, test } from 'vitest-ws-load'
console.log('${name} floods')
test('meets its SLO', async ({ wsLoad }) => {
  expect(await wsLoad()).toMeetSLO(${JSON.stringify(slo)})
})`
}

const floodsAnother = (url: string): string => `
import { expect, test } from 'vitest-ws-load'
console.log('another is flooded')
test('meets its SLO', async ({ wsLoad }) => {
  expect(await wsLoad({ url: '${url}' })).toMeetSLO(${JSON.stringify(slo)})
})`

const benchmark = `
import { test } from 'vitest-ws-load'
test('floods', async ({ bench, wsLoad }) => {
  await bench('a flood', wsLoad.flood()).run()
})`

const kills = `
import { test } from 'vitest-ws-load'
test('kills its target', async ({ wsLoad, wsLoadTarget }) => {
  await wsLoad()
  const socket = new WebSocket(wsLoadTarget)
  socket.onopen = () => socket.send('die')
  await new Promise((resolve) => (socket.onclose = resolve))
})`

const floodsNothing = `
import { test } from 'vitest'
console.log('nothing is flooded')
test('passes', () => {})`

async function targetOf(name: string): Promise<object> {
  const port = String(await freePort())
  return {
    command: `exec "${process.execPath}" ${name}.js`,
    url: `ws://127.0.0.1:${port}`,
    env: { PORT: port, STARTED: `started-${name}` },
  }
}

async function plugin(name: string, settings: object = {}): Promise<string> {
  const target = { ...(await targetOf(name)), ...settings }
  const defaults = { connections: 2, pings: 4, warmup: 0, timeout: slowMs * 5 }
  return `wsLoad(${JSON.stringify({ target, defaults })})`
}

function config(text: string): Files {
  const imports = `import wsLoad from 'vitest-ws-load/plugin'\nimport { defineConfig } from 'vitest/config'\n`
  return { 'vitest.config.js': `${imports}export default defineConfig(${text})` }
}

/** A Vitest that watches a project. */
class Watching {
  readonly project: string
  readonly run: RunningVitest

  constructor(project: string, command: readonly string[]) {
    this.project = project
    // What is said on either stream comes in the order in which it was said.
    this.run = startCommand(['sh', '-c', 'exec "$@" 2>&1', 'sh', ...command], project)
  }

  /** What Vitest has shown of the runs until this one has ended, of which it says whether it passed. */
  async ends(how: 'PASS' | 'FAIL'): Promise<string> {
    const output = await this.run.showsNext('for file changes...')
    if (!output.includes(how === 'PASS' ? 'PASS  Waiting' : 'FAIL  Tests failed')) throw new Error(output)
    return output
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(join(this.project, path, '..'), { recursive: true })
    // At once: a watcher may see the file before its text is there.
    writeFileSync(join(this.project, path), text)
  }

  /** Process ids of the servers that were started, the last one last. */
  async started(name: string): Promise<string[]> {
    const text = await readFile(join(this.project, `started-${name}`), 'utf8')
    return text.trim().split(' ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run.process.kill('SIGTERM')
    await this.run.finished
  }
}

async function watch(files: Files, args: readonly string[] = []): Promise<Watching> {
  return new Watching(await consumer.project(files), [...vitestOf(consumer.directory), ...args, '--watch'])
}

function vitestOf(directory: string): string[] {
  return [process.execPath, join(directory, 'node_modules/vitest/vitest.mjs')]
}

async function filesOfOneTarget(settings: object = {}, files: Files = {}): Promise<Files> {
  return {
    'server.js': serverProgram(0),
    'slo.test.js': floods('slo'),
    ...config(`{ plugins: [${await plugin('server', settings)}] }`),
    ...files,
  }
}

async function oneTarget(settings: object = {}, files: Files = {}): Promise<Watching> {
  return watch(await filesOfOneTarget(settings, files))
}

describe('in watch mode', { timeout: 300_000 }, () => {
  test('a target is started anew when its file changes, and what floods it runs again, and nothing else', async () => {
    await using another = await echoing()
    await using watching = await oneTarget(
      {},
      { 'another.test.js': floodsAnother(another.url), 'nothing.test.js': floodsNothing },
    )
    const first = await watching.ends('PASS')
    for (const text of ['slo floods', 'another is flooded', 'nothing is flooded']) expect(first).toContain(text)

    await watching.write('server.js', serverProgram(slowMs))
    const second = await watching.ends('FAIL')
    expect(second).toContain('SLO missed')
    for (const text of ['another is flooded', 'nothing is flooded']) expect(second).not.toContain(text)

    await watching.write('server.js', serverProgram(0))
    await watching.ends('PASS')
    const pids = await watching.started('server')
    expect(new Set(pids).size).toBe(3)
  })

  test('a target that does not start is why its tests fail, until it is mended', async () => {
    await using watching = await oneTarget({}, { 'server.js': 'const = 1' })
    const first = await watching.ends('FAIL')
    expect(first).toContain('Error: wsLoad: the server under test did not start.')
    expect(first).toContain('SyntaxError')

    await watching.write('server.js', serverProgram(0))
    await watching.ends('PASS')

    await watching.write('server.js', `${serverProgram(0)}\nlisten(`)
    const third = await watching.ends('FAIL')
    expect(third).toContain('Error: wsLoad: the server under test did not start.')
    expect(third).toContain('SyntaxError')

    await watching.write('server.js', serverProgram(0))
    await watching.ends('PASS')
  })

  test('a target that is down is tried again by any run of what floods it', async () => {
    await using watching = await oneTarget({}, { 'slo.test.js': kills })
    await watching.ends('PASS')
    await watching.run.shows('exited with code 7')
    await watching.write('slo.test.js', floods('slo'))
    await watching.ends('PASS')
    expect(await watching.started('server')).toHaveLength(2)
  })

  test('a target of benchmarks is started anew when its file changes, and what floods it runs again', async () => {
    const files = await filesOfOneTarget({}, { 'slo.bench.js': benchmark })
    await using watching = await watch(files, ['bench'])
    await watching.ends('PASS')
    await watching.write('server.js', 'const = 1')
    expect(await watching.ends('FAIL')).toContain('Error: wsLoad: the server under test did not start.')
    await watching.write('server.js', serverProgram(0))
    expect(await watching.ends('PASS')).toContain('a flood')
  })

  test('of several targets, that one is started anew whose file has changed', async () => {
    const projects = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const test = JSON.stringify({ name, include: [`${name}.test.js`] })
        return `{ extends: false, plugins: [${await plugin(name)}], test: ${test} }`
      }),
    )
    await using watching = await watch({
      ...config(`{ test: { projects: [${projects.join()}] } }`),
      'one.js': serverProgram(0),
      'two.js': serverProgram(0),
      'one.test.js': floods('one'),
      'two.test.js': floods('two'),
    })
    await watching.ends('PASS')
    await watching.write('two.js', serverProgram(slowMs))
    const second = await watching.ends('FAIL')
    expect(second).toContain('two floods')
    expect(second).not.toContain('one floods')
    expect(await watching.started('one')).toHaveLength(1)
    expect(await watching.started('two')).toHaveLength(2)
  })

  test('a target and the order of floods are there again after a change of the configuration', async () => {
    const alone = `
import { expect, test } from 'vitest-ws-load'
test('floods alone', async ({ wsLoad }) => {
  const { environment } = await wsLoad({ pings: undefined, rate: 10, duration: '2s' })
  expect(environment.otherFloods).toBe(0)
})`
    const files = await filesOfOneTarget({}, { 'slo.test.js': alone, 'second.test.js': alone })
    await using watching = await watch(files, ['--max-workers=2'])
    await watching.ends('PASS')
    await watching.write('vitest.config.js', `${files['vitest.config.js']}\n`)
    await watching.ends('PASS')
    await watching.write('server.js', serverProgram(1))
    expect(await watching.ends('PASS')).toContain('2 passed (2)')
    expect(await watching.started('server')).toHaveLength(3)
  })

  test('a side of a comparison is, by the test that starts it', async () => {
    const [base, head] = [await targetOf('base'), await targetOf('head')]
    await using watching = await watch({
      ...config(`{ plugins: [wsLoad()] }`),
      'base.js': serverProgram(0),
      'head.js': serverProgram(0),
      'sides.test.js': `
import { expect, test } from 'vitest-ws-load'
test('compares', { timeout: 60_000 }, async ({ wsLoad }) => {
  const sides = ${JSON.stringify({ base, head })}
  const { head } = await wsLoad.compare({ ...sides, connections: 1, warmup: 0, maxDuration: '1s' })
  expect(head.connections.failed).toBe(0)
})`,
      'nothing.test.js': floodsNothing,
    })
    await watching.ends('PASS')
    await watching.write('head.js', 'const = 1')
    const second = await watching.ends('FAIL')
    expect(second).toContain('(head.command) exited with code 1')
    expect(second).not.toContain('nothing is flooded')
    await watching.write('head.js', serverProgram(0))
    await watching.ends('PASS')
    expect(await watching.started('head')).toHaveLength(2)
  })

  test('a file that a test imports as well is one run, of the new server', async () => {
    await using watching = await oneTarget(
      { watch: 'lib' },
      {
        'lib/delay.js': 'export const delay = 0',
        'server.js': `import { delay } from './lib/delay.js'\n${serverProgram(0).replace(', 0)', ', delay)')}`,
        'slo.test.js': `import './lib/delay.js'\n${floods('slo')}`,
        'unit.test.js': `import './lib/delay.js'\n${floodsNothing}`,
      },
    )
    await watching.ends('PASS')
    await watching.write('lib/delay.js', `export const delay = ${slowMs}`)
    const second = await watching.ends('FAIL')
    expect(second).toContain('SLO missed')
    expect(second).toContain('nothing is flooded')
    // Whatever else would have run because of it has done so before this.
    await watching.write('slo.test.js', floodsNothing.replace('nothing', 'still nothing'))
    const third = await watching.ends('PASS')
    expect(third).toContain('still nothing is flooded')
    expect(third).not.toContain('slo floods')
    expect(await watching.started('server')).toHaveLength(2)
  })

  test('changes while the tests run are one start, after them', async () => {
    await using watching = await oneTarget({}, { 'server.js': serverProgram(slowMs) })
    await watching.run.showsNext('slo floods')
    for (const delay of [1, 2, 3]) await watching.write('server.js', serverProgram(delay))
    expect(await watching.ends('FAIL')).toContain('SLO missed')
    await watching.ends('PASS')
    expect(await watching.started('server')).toHaveLength(2)
  })

  test('a server that writes among its own files is started anew for ever no more', async () => {
    const writing = `${serverProgram(0)}\nserver.on('connection', () => appendFileSync('data/log', 'connected '))`
    await using watching = await oneTarget({ watch: ['server.js', 'data'] }, { 'server.js': writing, 'data/log': '' })
    await watching.run.shows(`${join(watching.project, 'data/log')} changed while the server under test was in use`)
    const { length } = await watching.started('server')
    await watching.write('server.js', `${writing}\nconsole.log('edited')`)
    await expect.poll(() => watching.started('server')).toHaveLength(length + 1)
  })

  test('a target that was running before is left as it is', async () => {
    await using server = await echoing()
    await using watching = await oneTarget({ url: server.url, reuseExistingServer: true })
    await watching.ends('PASS')
    await watching.write('server.js', serverProgram(slowMs))
    await watching.write('slo.test.js', floods('slo again'))
    const second = await watching.ends('PASS')
    expect(second).toContain('slo again floods')
    await expect(watching.started('server')).rejects.toThrow('ENOENT')
  })
})

describe('a target that was started anew is gone', { timeout: 300_000 }, () => {
  test.for(['SIGINT', 'SIGTERM'] as const)('after %s', async (signal) => {
    const watching = await oneTarget()
    await watching.ends('PASS')
    await watching.write('server.js', serverProgram(1))
    await watching.ends('PASS')
    const { run } = watching
    // Vitest, the server, and the process that watches over it.
    expect(run.processes().length).toBeGreaterThanOrEqual(3)
    process.kill(signal === 'SIGINT' ? -run.process.pid! : run.process.pid!, signal)
    await run.finished
    expect(run.processes()).toEqual([])
  })

  test('after q, while it is still starting', async ({ skip }) => {
    skip(findProgram('script') === undefined, 'needs script(1)')
    const project = await consumer.project(await filesOfOneTarget())
    const vitest = [...vitestOf(consumer.directory), '--watch'].map((word) => `"${word}"`).join(' ')
    const watching = new Watching(project, ['script', '-qec', vitest, '/dev/null'])
    await watching.ends('PASS')
    await watching.write(
      'server.js',
      serverProgram(0).replace('const server', 'await new Promise(() => setInterval(() => {}, 1e6))\nconst server'),
    )
    await expect.poll(() => watching.started('server')).toHaveLength(2)
    watching.run.process.stdin!.write('q')
    const { exitCode, survivors } = await watching.run.finished
    expect({ exitCode, survivors }).toEqual({ exitCode: 0, survivors: 0 })
  })
})

test('under Vitest 4.1, a target is started anew too', { timeout: 2 * installTimeout }, async () => {
  const example = new Consumer(join(await installed('4.1.12'), 'copy-watch'))
  const command = [...vitestOf(join(example.directory, '..')), '--watch']
  await using watching = new Watching(await example.project(await filesOfOneTarget()), command)
  await watching.ends('PASS')
  await watching.write('server.js', serverProgram(slowMs))
  expect(await watching.ends('FAIL')).toContain('SLO missed')
  await watching.write('server.js', 'const = 1')
  expect(await watching.ends('FAIL')).toContain('Error: wsLoad: the server under test did not start.')
  await watching.write('server.js', serverProgram(0))
  await watching.ends('PASS')
  expect(await watching.started('server')).toHaveLength(3)
})
