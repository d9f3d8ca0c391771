import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/processes.ts'
import { copiedExample, linkedConsumer } from './support/consumer.ts'
import { startVitest, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

/** A run of the example, whose server takes so many milliseconds for a message. On a busy machine its search takes longer. */
async function run(work: number): Promise<VitestRun> {
  const project = await copiedExample('capacity', join(consumer.directory, `work-${work}`), await freePort())
  const file = join(project, 'capacity.test.ts')
  const test = await readFile(file, 'utf8')
  await writeFile(file, test.replace("'30s'", "'75s'").replace('90_000', '120_000'))
  return startVitest(consumer.directory, project, [], { WORK: String(work) }).finished
}

describe('the example of a capacity', { timeout: 150_000 }, () => {
  test('is green where the load is sustained, with the target and the defaults of the plugin', async () => {
    const { exitCode, stdout, output } = await run(2)
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    expect(stdout).toContain('1 passed')
    expect(stdout).toMatch(/✓ quotes are given at 200 a second › capacity .* pass\b.*>= 200\/s /)
  })

  test('is red where it is too much, and shows each load', async () => {
    const { exitCode, stderr } = await run(20)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^Error: Not sustained: 200\/s is not sustained with p95 < 100ms/m)
    expect(stderr).toMatch(/^ +✗ 100\/s /m)
    expect(stderr).toMatch(/❯ capacity\.test\.ts:9:20/)
  })
})

describe('a head whose capacity is lower than its base', { timeout: 150_000 }, () => {
  const config = `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ report: { html: 'load.html' }, export: { bmf: 'bmf.json' } })] }`
  const gate = `import { WebSocketServer } from 'ws'
import { expect, test } from 'vitest-ws-load'
function answering(after) {
  const server = new WebSocketServer({ port: 0, autoPong: false })
  server.on('connection', (socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), after)))
  return { url: 'ws://127.0.0.1:' + server.address().port }
}
const search = { connections: 2, from: '50/s', to: '100/s', slo: { p50: '< 1s' }, tolerance: '20%', maxDuration: '60s' }
test('gate', { timeout: 120_000 }, async ({ wsLoad }) => {
  const compared = await wsLoad.compareCapacity({ base: answering(0), head: answering(2_000), ...search })
  expect(compared).toShowNoRegression()
})`
  let run: VitestRun
  const read = (file: string): Promise<string> => readFile(join(run.cwd, file), 'utf8')

  beforeAll(async () => {
    const outputs = ['--reporter=default', '--reporter=json', '--outputFile.json=out.json']
    const env = { GITHUB_STEP_SUMMARY: 'job.md' }
    run = await consumer.run({ 'vitest.config.js': config, 'gate.test.js': gate }, outputs, { env })
  })

  test('is slower in the table, beside a base that nothing had to be asked of', () => {
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toMatch(/^ {3}· gate › base, capacity at least 100\/s +- /m)
    expect(run.stdout).toMatch(/^ {3}✗ gate › head, capacity below 50\/s +slower .* capacity -20 % /m)
  })

  test("is slower in the job's summary", async () => {
    const summary = await read('job.md')
    expect(summary).toMatch(/^\| ➖ \| gate\.test\.js › gate › base, capacity at least 100\/s \| - /m)
    expect(summary).toMatch(/^\| ❌ \| gate\.test\.js › gate › head, capacity below 50\/s \| slower /m)
  })

  test('is slower on the page, with the reason, in a section of its own', async () => {
    const page = await read('load.html')
    expect(page).toContain('<p>2 floods: 1 missed, 1 as a base</p>')
    expect(page).toMatch(/<h2>[^<]*› base, capacity at least 100\/s <strong class="badge muted">· base</)
    expect(page).toMatch(/<h2>[^<]*› head, capacity below 50\/s <strong class="badge bad">✗ slower</)
    expect(page).toContain(
      '<h3>Slower: the capacity changed (from at least 100/s to below 50/s); 20 % less is allowed</h3>',
    )
  })

  test('is slower in what the test leaves', async () => {
    const { testResults } = JSON.parse(await read('out.json')) as {
      testResults: { assertionResults: { meta: object }[] }[]
    }
    expect(testResults[0]!.assertionResults[0]!.meta).toMatchObject({
      wsLoad: [
        { comparison: { side: 'base', other: 1 }, verdicts: [] },
        {
          comparison: { side: 'head', other: 0 },
          verdicts: [{ type: 'capacity comparison', verdict: 'slower', tolerance: 0.2 }],
        },
      ],
    })
  })

  test('is told from its base in other tools', async () => {
    const names = Object.keys(JSON.parse(await read('bmf.json')) as object)
    expect(names).toEqual(['gate.test.js › gate › base capacity', 'gate.test.js › gate › head capacity'])
  })
})
