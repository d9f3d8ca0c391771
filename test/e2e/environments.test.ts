import { afterAll, describe, expect, test } from 'vitest'
import { echoing } from '../support/servers.ts'
import { linkedConsumer } from './support/consumer.ts'

const server = await echoing()
const consumer = await linkedConsumer()
afterAll(async () => {
  await consumer[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const config = `
import wsLoad from 'vitest-ws-load/plugin'
export default {
  plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0 } })],
}`
/** What a test has of its environment: classes of another realm than those of the load generator's modules. */
const tests = `import { URL as URLOfNode } from 'node:url'
import { expect, test } from 'vitest-ws-load'
const url = process.env.SERVER_URL
const slo = { max: '< 5s', errorRate: '<= 0' }
test('floods a URL', async ({ wsLoad }) => {
  expect(await wsLoad({ url: new URL(url) })).toMeetSLO(slo)
})
test('floods a URL of Node', async ({ wsLoad }) => {
  expect(await wsLoad({ url: new URLOfNode(url) })).toMeetSLO(slo)
})
test('floods with bytes', async ({ wsLoad }) => {
  const bytes = new TextEncoder().encode('PING')
  expect(await wsLoad({ url, probe: { binary: bytes, answer: bytes } })).toMeetSLO(slo)
})
test('ends by a signal', async ({ wsLoad }) => {
  const end = new AbortController()
  setTimeout(() => end.abort(), 300)
  expect(await wsLoad({ url, duration: 30_000, signal: end.signal })).toMatchObject({ ended: 'aborted' })
})
`

describe('a test floods', () => {
  test.each([
    ['jsdom', 'forks'],
    ['jsdom', 'vmThreads'],
    ['happy-dom', 'forks'],
    ['edge-runtime', 'forks'],
    ['node', 'vmForks'],
  ])('in the environment %s, in the pool %s', async (environment, pool) => {
    const files = { 'vitest.config.js': config, 'realm.test.js': tests }
    const args = [`--environment=${environment}`, `--pool=${pool}`, '--testTimeout=60000']
    // Node 26 says that it has no file for localStorage, of which Vitest's environments ask whether it is there.
    const env = { SERVER_URL: server.url, NODE_OPTIONS: '--no-experimental-webstorage' }
    const run = await consumer.run(files, args, { env })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toContain('4 passed')
  })
})

test('a project of CommonJS requires the plugin, the test and the engine', async () => {
  const required = `const wsLoad = require('vitest-ws-load/plugin').default
module.exports = { plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0 } })] }`
  const requiring = `const { expect, test } = require('vitest-ws-load')
const engine = require('vitest-ws-load/engine')
test('floods', async ({ wsLoad }) => {
  for (const flood of [wsLoad, engine.wsLoad]) {
    expect((await flood({ url: process.env.SERVER_URL, duration: 500, warmup: 0 })).pings.answered).toBeGreaterThan(0)
  }
})`
  const files = { 'package.json': '{}', 'vitest.config.cjs': required, 'required.test.cjs': requiring }
  const args = ['--config=vitest.config.cjs', '--testTimeout=60000']
  const run = await consumer.run(files, args, { env: { SERVER_URL: server.url } })
  expect(run).toMatchObject({ exitCode: 0, stderr: '' })
  expect(run.stdout).toContain('1 passed')
})
