import { afterAll, describe, expect, test } from 'vitest'
import { echoing } from '../support/servers.ts'
import { linkedConsumer } from './support/consumer.ts'

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
  test: { name, include: include.map((file) => file + '.test.js'), pool: name, ...test },
})
export default { test: { maxWorkers: 4, projects: [${projects}] } }`

describe('a baseline that two tests keep', () => {
  test("is the first one's in a run, whatever the pool; the second one is told of it", async () => {
    const keeping = (name: string, baseline: string): string => `
import { expect, test } from 'vitest-ws-load'
test('${name}', { retry: 1 }, async ({ task, wsLoad }) => {
  expect(await wsLoad({ url: '${server.url}', connections: 2, duration: 300, warmup: 0 })).toMatchBaseline('${baseline}')
  if (task.result.retryCount === 0) throw new Error('once more')
})`
    const files = {
      'vitest.config.js': config(`
        project('forks', ['one', 'own']), project('threads', ['other', 'own-thread']),
        project('plugless', ['third', 'own-plugless'], { pool: 'threads' }, []), project('pluglessForks', ['fourth'], { pool: 'forks' }, []),
      `),
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
