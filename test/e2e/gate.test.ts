import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/processes.ts'
import { linkedConsumer, repository } from './support/consumer.ts'
import { git } from './support/git.ts'
import { type RunningVitest, startCommand, type VitestRun } from './support/vitest-run.ts'

const example = join(repository, 'examples/gate')
const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

test.each(['latency.gate.ts', 'vitest.gate.config.mts', 'gate.sh'])('docs/ci.md shows %s as it is', async (name) => {
  const [documented, file] = await Promise.all([
    readFile(join(repository, 'docs/ci.md'), 'utf8'),
    readFile(join(example, name), 'utf8'),
  ])
  expect(documented).toContain(file)
})

describe('the gate of the example', () => {
  /** A repository whose head answers `slower` milliseconds later than its first commit. */
  async function repositoryWith(slower: number): Promise<string> {
    const directory = await consumer.project({})
    await cp(example, directory, { recursive: true })
    const gate = join(directory, 'latency.gate.ts')
    const test = await readFile(gate, 'utf8')
    const ports: Readonly<Record<string, number>> = { 3001: await freePort(), 3002: await freePort() }
    const ported = test.replaceAll(/3001|3002/g, (port) => String(ports[port]))
    // What is not slower stays so on a busy machine too.
    const lenient = ported.replace(
      "{ p50: '10%', p99: '50%', min: '0.2ms' }",
      "{ p50: '100%', p99: '400%', min: '20ms' }",
    )
    await writeFile(gate, slower > 0 ? ported : lenient)
    await mkdir(join(directory, 'node_modules/.bin'), { recursive: true })
    await symlink(
      join(consumer.directory, 'node_modules/vitest/vitest.mjs'),
      join(directory, 'node_modules/.bin/vitest'),
    )
    await git(directory, 'init', '--quiet', '--initial-branch=main')
    await git(directory, 'add', '.')
    await git(directory, 'commit', '--quiet', '-m', 'Add a gateway')
    const server = await readFile(join(directory, 'server.js'), 'utf8')
    await writeFile(join(directory, 'server.js'), server.replace('work = 2', `work = ${2 + slower}`))
    await git(directory, 'commit', '--quiet', '--allow-empty', '-am', 'Change the gateway')
    return directory
  }

  function startGate(directory: string, env: Record<string, string> = {}): RunningVitest {
    return startCommand(['bash', 'gate.sh', 'HEAD~1'], directory, { INSTALL: 'true', ...env })
  }
  function gate(directory: string, env?: Record<string, string>): Promise<VitestRun> {
    return startGate(directory, env).finished
  }

  test('goes red on a pull request that makes the server slower', { timeout: 90_000 }, async () => {
    const directory = await repositoryWith(4)
    const summary = join(directory, 'summary.md')
    const { exitCode, stderr } = await gate(directory, { GITHUB_STEP_SUMMARY: summary })
    expect(stderr).toMatch(/Error: Slower: p50 changed by /)
    expect(exitCode).toBe(1)
    expect(await readFile(summary, 'utf8')).toMatch(/^### ❌ Slower\n/)
    expect(await readdir(join(directory, '.gate'))).toEqual([])
  })

  test('stays green on one that does not', { timeout: 90_000 }, async () => {
    const { exitCode, output } = await gate(await repositoryWith(0))
    expect(output).toContain('1 passed')
    expect(exitCode).toBe(0)
  })

  test('removes the base when nothing uses it any more, ended alone', { timeout: 90_000 }, async () => {
    const directory = await repositoryWith(0)
    const script = startGate(directory)
    await script.shows('RUN')
    script.process.kill('SIGTERM')
    const { exitCode, output } = await script.finished
    expect(output).toContain('1 passed')
    expect(exitCode).toBe(143)
    expect(await readdir(join(directory, '.gate'))).toEqual([])
  })
})
