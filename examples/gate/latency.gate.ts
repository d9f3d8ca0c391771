import { appendFile } from 'node:fs/promises'
import { expect, test } from 'vitest-ws-load'

const { BASE_DIR, GITHUB_STEP_SUMMARY } = process.env

test('is no slower than the base', async ({ wsLoad }) => {
  if (BASE_DIR === undefined) throw new Error('BASE_DIR: expected the directory of the base, run ./gate.sh')
  const comparison = await wsLoad.compare({
    base: { command: 'node server.js', cwd: BASE_DIR, env: { PORT: '3001' }, url: 'ws://127.0.0.1:3001' },
    head: { command: 'node server.js', env: { PORT: '3002' }, url: 'ws://127.0.0.1:3002' },
    tolerance: { p50: '10%', p99: '50%', min: '0.2ms' },
  })
  if (GITHUB_STEP_SUMMARY !== undefined) await appendFile(GITHUB_STEP_SUMMARY, `${comparison.toMarkdown()}\n`)
  expect(comparison).toShowNoRegression()
})
