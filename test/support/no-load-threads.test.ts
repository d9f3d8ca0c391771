import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { repository, temporaryDirectory } from '../e2e/support/consumer.ts'
import { startVitest, type VitestRun } from '../e2e/support/vitest-run.ts'

async function runBesideOthers(body: string): Promise<VitestRun> {
  const directory = await temporaryDirectory()
  onTestFinished(() => rm(directory, { recursive: true }))
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'))
  const setupFiles = [join(import.meta.dirname, 'no-load-threads.ts')]
  await writeFile(join(directory, 'vitest.config.mjs'), `export default ${JSON.stringify({ test: { setupFiles } })}`)
  await writeFile(
    join(directory, 'a.test.js'),
    `import { test } from 'vitest'
import { run } from '${join(import.meta.dirname, 'run.ts')}'
test('a', async () => {
  ${body}
})`,
  )
  return startVitest(directory, directory, []).finished
}

test('a test that floods fails where files run side by side', async () => {
  const { exitCode, stderr } = await runBesideOthers('await run({ duration: 50, warmup: 0, threads: 2 })')
  expect(exitCode).toBe(1)
  expect(stderr).toContain('Error: This test started 2 threads, and its file runs beside others')
})

test('a test that does not flood passes there', async () => {
  expect(await runBesideOthers('await import("node:worker_threads")')).toMatchObject({ exitCode: 0, stderr: '' })
})
