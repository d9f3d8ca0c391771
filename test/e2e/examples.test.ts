import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { copiesPattern, installed, installTimeout, newest, protocols, runCopy, versions } from './support/installed.ts'
import { startCommand, startVitest, type VitestRun } from './support/vitest-run.ts'

describe.for(versions)('the packed example under $name', ({ version, benchmarks }) => {
  let example: string
  beforeAll(async () => {
    example = await installed(version)
  }, installTimeout)

  function run(): Promise<VitestRun> {
    return startVitest(example, example, [`--exclude=${copiesPattern}`]).finished
  }

  test('is green', async () => {
    const { exitCode, stdout, stderr } = await run()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`RUN  v${version}`)
    expect(stdout).toContain('1 passed')
  })

  test.runIf(benchmarks)('has floods that are benchmarks', async () => {
    await writeFile(join(example, 'gateway.bench.ts'), benchmark)
    const vitest = join(example, 'node_modules/vitest/vitest.mjs')
    const { exitCode, stdout, stderr } = await startCommand([process.execPath, vitest, 'bench', '--run'], example)
      .finished
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^ +gateway +\d/m)
  })
})

// Each flood lasts until it is decided: on a busy machine, up to a minute.
describe.for(protocols)('the example $name', { timeout: 150_000 }, ({ name, tests }) => {
  beforeAll(() => installed(newest), installTimeout)

  test('is green', async () => {
    const { exitCode, stdout, stderr } = await runCopy(newest, name)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`${tests} passed`)
  })
})

const benchmark = `
import { expect, test } from 'vitest-ws-load'
test('gateway', async ({ bench, wsLoad }) => {
  const result = await bench('gateway', wsLoad.flood({ duration: 300, warmup: 0 })).run()
  expect(result).toMeetSLO({ max: '< 5s' })
})`
