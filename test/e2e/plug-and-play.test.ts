/** Yarn Plug'n'Play: no `node_modules`, packages in archives that only Yarn's own loader finds. */
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/processes.ts'
import { pack, repository, temporaryDirectory } from './support/consumer.ts'
import { startCommand, type VitestRun } from './support/vitest-run.ts'

const require = createRequire(import.meta.url)
const yarn = require.resolve('@yarnpkg/cli-dist/bin/yarn.js')
const directory = await temporaryDirectory()
afterAll(() => rm(directory, { recursive: true, maxRetries: 5 }))

const server = `import { WebSocketServer } from 'ws'
new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) })`
const tests = `import { describe, expect, test } from 'vitest-ws-load'
const flood = async ({ wsLoad }) => expect((await wsLoad()).pings.answered).toBeGreaterThan(0)
test('floods the target', flood)
describe('without a target', () => {
  test.override('wsLoadTarget', null)
  test('floods an embedded server', flood)
})`

async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(repository, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function registry(): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], { cwd: directory })
  return stdout.trim()
}

const run = (...args: string[]): Promise<VitestRun> =>
  startCommand([process.execPath, yarn, ...args], directory).finished

beforeAll(async () => {
  const tarball = await pack(directory)
  const names = ['vite', 'vitest', 'ws']
  const versions = await Promise.all(names.map(async (name) => [name, await versionOf(name)] as const))
  const port = await freePort()
  const files = {
    'package.json': JSON.stringify({
      name: 'plug-and-play',
      type: 'module',
      devDependencies: { ...Object.fromEntries(versions), 'vitest-ws-load': `file:${tarball}` },
    }),
    'yarn.lock': '',
    '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\nenableGlobalCache: false\n',
    'server.js': server,
    'a.test.js': tests,
    'vitest.config.js': `import wsLoad from 'vitest-ws-load/plugin'
const target = { command: 'node server.js ${port}', url: 'ws://127.0.0.1:${port}' }
export default { plugins: [wsLoad({ target, defaults: { connections: 2, duration: 300, warmup: 0 } })] }`,
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  // With this machine's own settings, of proxies and certificates for example.
  await promisify(execFile)(process.execPath, [yarn, 'install', '--no-immutable'], {
    cwd: directory,
    env: { ...process.env, YARN_NPM_REGISTRY_SERVER: await registry() },
  })
}, 120_000)

test("a target and an embedded server start under Yarn Plug'n'Play, and load threads too", async () => {
  const { exitCode, output } = await run('vitest', 'run', '--testTimeout=60000')
  expect(output).toMatch(/Tests +2 passed/)
  expect(exitCode).toBe(0)
})

test("ws-load floods under Yarn Plug'n'Play", async () => {
  const { exitCode, output } = await run('ws-load', '-d', '300ms', '--warmup', '0', '-v', 'error')
  expect(output).toMatch(/\d answered/)
  expect(exitCode).toBe(0)
})
