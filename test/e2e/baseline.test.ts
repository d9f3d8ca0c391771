/** A run is no baseline if other test files kept its generator from its work, so this one has the machine to itself. */
import { afterAll, describe, expect, test } from 'vitest'
import { delaying } from '../support/servers.ts'
import { linkedConsumer } from './support/consumer.ts'
import { startVitest } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())
/** One that leaves its generator time to spare. */
const server = await delaying(20)
afterAll(() => server[Symbol.asyncDispose]())

describe('a baseline', () => {
  const files = {
    'vitest.config.js': `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ defaults: { connections: 5, duration: 1_000, warmup: 100 } })] }`,
    'kept.test.js': `
import { WebSocketServer } from 'ws'
import { expect, test } from 'vitest-ws-load'
// A saturated run is neither kept nor compared.
test('is as fast as before', { retry: 3 }, async ({ wsLoad }) => {
  const server = new WebSocketServer({ port: 0, autoPong: false })
  server.on('connection', (socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), 20)))
  const url = 'ws://127.0.0.1:' + server.address().port
  expect(await wsLoad({ url })).toMatchBaseline('gateway', { p50: '100%', min: '200ms' }, { inconclusive: 'warn' })
})`,
  }

  test('is written when Vitest is told to update, and then compared with', async () => {
    const project = await consumer.project(files)
    const run = (args: string[], env: Record<string, string> = {}) =>
      startVitest(consumer.directory, project, args, env).finished
    const missing = await run([])
    expect(missing.exitCode).toBe(1)
    expect(missing.stderr).toContain('Unclear: there is no baseline .ws-load/baselines/gateway.json')
    expect(missing.stdout).toMatch(/^ {3}\? is as fast as before +unclear/m)
    const written = await run(['-u'])
    expect(written).toMatchObject({ exitCode: 0, stderr: '' })
    expect(written.stdout).toContain('baseline written: .ws-load/baselines/gateway.json')
    expect(await run([])).toMatchObject({ exitCode: 0 })
    const renewed = await run([], { WS_LOAD_UPDATE: '1' })
    expect(renewed.stdout).toContain('baseline written: ')
  })
})

describe('a baseline that two tests keep', () => {
  test("is the first one's in a run, whatever the pool; the second one is told of it", async () => {
    const keeping = (name: string, baseline: string): string => `
import { expect, test } from 'vitest-ws-load'
const light = { connections: 2, warmup: 300, duration: 300 }
let kept = 0
test('${name}', { retry: 5 }, async ({ wsLoad }) => {
  expect(await wsLoad({ url: '${server.url}', ...light })).toMatchBaseline('${baseline}')
  if (++kept === 1) throw new Error('once more')
})`
    const files = {
      // One at a time: a saturated run is no baseline.
      'vitest.config.js': `
import wsLoad from 'vitest-ws-load/plugin'
const project = (name, pool, files, plugins) => ({ plugins, test: { name, pool, include: files.map((file) => file + '.test.js') } })
export default {
  test: {
    maxWorkers: 1,
    projects: [
      project('forks', 'forks', ['one', 'own'], [wsLoad()]),
      project('threads', 'threads', ['other', 'own-thread'], [wsLoad()]),
      project('plugless', 'threads', ['third', 'own-plugless']),
      project('pluglessForks', 'forks', ['fourth']),
    ],
  },
}`,
      'one.test.js': keeping('keeps it', 'gateway'),
      'other.test.js': keeping('keeps it too', 'gateway'),
      'own.test.js': keeping('keeps its own', 'own'),
      'own-thread.test.js': keeping('keeps its own', 'own thread'),
      'third.test.js': keeping('keeps it', 'plugless'),
      'fourth.test.js': keeping('keeps it too', 'plugless'),
      'own-plugless.test.js': keeping('keeps its own', 'own plugless'),
    }
    const run = await consumer.run(files, [], { env: { WS_LOAD_UPDATE: '1' } })
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toMatch(/Tests +2 failed \| 5 passed/)
    const tests: Readonly<Record<string, readonly [string, string]>> = {
      gateway: ['forks: one.test.js > keeps it', 'threads: other.test.js > keeps it too'],
      plugless: ['plugless: third.test.js > keeps it', 'pluglessForks: fourth.test.js > keeps it too'],
    }
    for (const [baseline, [one, other]] of Object.entries(tests)) {
      const told = (first: string, second: string): string =>
        `"${baseline}" was written in this run of Vitest already, by "${first}"; "${second}" would overwrite it`
      expect([told(one, other), told(other, one)].filter((text) => run.stderr.includes(text))).toHaveLength(1)
    }
  })
})
