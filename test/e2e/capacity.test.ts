import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/processes.ts'
import { copiedExample, linkedConsumer } from './support/consumer.ts'
import { startVitest, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

/** A run of the example, whose server takes so many milliseconds for a message. */
async function run(work: number): Promise<VitestRun> {
  const project = await copiedExample('capacity', join(consumer.directory, `work-${work}`), await freePort())
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
