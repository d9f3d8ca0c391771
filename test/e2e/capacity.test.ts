import { afterAll, describe, expect, test } from 'vitest'
import { queueing } from '../support/queueing.ts'
import { linkedConsumer } from './support/consumer.ts'
import { startVitest, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

const head = `
import { expect, test, wsLoad } from 'vitest-ws-load'
const quick = { slo: { p50: '< 200ms' }, warmup: '100ms', confidence: 0.9, from: '20/s', to: '40/s' }
`

async function run(tests: string, config = ''): Promise<VitestRun> {
  const files = { 'capacity.test.ts': head + tests, ...(config !== '' && { 'vitest.config.ts': config }) }
  const project = await consumer.project(files)
  return startVitest(consumer.directory, project, []).finished
}

describe.concurrent('a capacity in a test', () => {
  test('is green where the load is sustained, with the defaults of the plugin', async () => {
    await using server = await queueing({ service: 0.1 })
    const { exitCode, stdout, output } = await run(
      `
test('takes thirty a second', { timeout: 90_000 }, async ({ wsLoad }) => {
  const capacity = await wsLoad.capacity(quick)
  expect(capacity).toSustain('30/s')
  expect(capacity.steps[0].summary.options).toMatchObject({ connections: 4, rate: 40 })
})
`,
      configFor(server.url),
    )
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    expect(stdout).toContain('1 passed')
    expect(stdout).toMatch(/✓ takes thirty a second › capacity at least 40\/s +pass .*>= 30\/s /)
  })

  test('is red where it is too much, and shows each load', async () => {
    await using server = await queueing({ service: 50 })
    const { exitCode, stderr } = await run(`
test('takes a hundred a second', { timeout: 90_000 }, async () => {
  const capacity = await wsLoad.capacity({ ...quick, url: '${server.url}', from: '100/s', to: '200/s' })
  expect(capacity).not.toSustain('100/s')
  expect(capacity).toSustain('100/s')
})`)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^Error: Not sustained: 100\/s is not sustained with p50 < 200ms/m)
    expect(stderr).toMatch(/^ +✗ 100\/s /m)
    expect(stderr).toMatch(/❯ capacity\.test\.ts:8:20/)
  })
})

function configFor(url: string): string {
  return `
import wsLoad from 'vitest-ws-load/plugin'
import { defineConfig } from 'vitest/config'
export default defineConfig({
  plugins: [wsLoad({ defaults: { url: '${url}', connections: 4, rate: '5/s', duration: '1s' } })],
})`
}
