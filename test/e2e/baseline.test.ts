/** A run is no baseline if other test files kept its generator from its work, so this one has the machine to itself. */
import { afterAll, describe, expect, test } from 'vitest'
import { linkedConsumer } from './support/consumer.ts'
import { startVitest } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

describe('a baseline', () => {
  const files = {
    'vitest.config.js': `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ defaults: { connections: 5, duration: 1_000, warmup: 100 } })] }`,
    'kept.test.js': `
import { WebSocketServer } from 'ws'
import { expect, test } from 'vitest-ws-load'
test('is as fast as before', async ({ wsLoad }) => {
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
    const written = await run(['-u'])
    expect(written).toMatchObject({ exitCode: 0, stderr: '' })
    expect(written.stdout).toContain('baseline written: .ws-load/baselines/gateway.json')
    expect(await run([])).toMatchObject({ exitCode: 0 })
    const renewed = await run([], { WS_LOAD_UPDATE: '1' })
    expect(renewed.stdout).toContain('baseline written: ')
  })
})
