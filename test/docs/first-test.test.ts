/** Beside other test files a flood may stay undecided, so this one has the machine to itself. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { linkedConsumer } from '../e2e/support/consumer.ts'
import { pages } from './support/documents.ts'
import { localized } from './support/projects.ts'
import { startEcho } from './support/shell.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

describe("the README's first test", () => {
  /** @param limit in place of the README's */
  async function run(delay: number, limit = '100ms') {
    const echo = await startEcho(consumer.directory, delay)
    onTestFinished(() => echo.stop())
    const block = pages[0]!.blocks.find(({ file }) => file === 'gateway.test.ts')!
    const code = block.code.replace('< 100ms', `< ${limit}`)
    return consumer.run({ 'gateway.test.ts': localized(code, [echo.port, echo.port]) })
  }

  test('is green against a server that answers at once', { timeout: 90_000 }, async () => {
    const { exitCode, output } = await run(0, '1s')
    expect(output).toContain('Tests  1 passed')
    expect(exitCode).toBe(0)
  })

  test('is red against a slow one', { timeout: 90_000 }, async () => {
    const { exitCode, stderr } = await run(150)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/SLO (?:missed|inconclusive)/)
  })
})
