import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Files, repository } from './support/consumer.ts'
import { features, patient } from './support/features.ts'
import { installed, installTimeout, newest, protocols, runCopy, versions } from './support/installed.ts'
import { startCommand, startVitest } from './support/vitest-run.ts'

// Nothing is judged of these floods but a delay far beyond the limit, so they need not wait for each other.
describe.concurrent.for(versions)('the packed example under $name', ({ version, benchmarks }) => {
  let example: string
  beforeAll(async () => {
    example = await installed(version)
  }, installTimeout)

  test('is red when the server is slow', { timeout: 150_000 }, async () => {
    const { exitCode, stderr } = await runCopy(version, 'basic', { DELAY: '400' })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^Error: SLO missed: p95/m)
    expect(stderr).toMatch(/^ +✗ p95 +< 200ms/m)
  })

  test('has a command line', async () => {
    const program = join(example, 'node_modules/.bin/ws-load')
    const flags = ['--duration', '300ms', '--warmup', '0', '--slo', 'max < 5s']
    const { exitCode, stdout, stderr } = await startCommand([process.execPath, program, ...flags], example).finished
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('SLO met')
  })

  test('says which package MQTT needs besides', async () => {
    const program = `import { mqtt } from 'vitest-ws-load/protocols'\nmqtt({ topic: 'a' })`
    const words = [process.execPath, '--input-type=module', '--eval', program]
    const { exitCode, stderr } = await startCommand(words, example).finished
    expect(exitCode).toBe(1)
    expect(stderr).toContain('expected the package mqtt-packet to be installed; try npm i -D mqtt-packet')
  })

  test('says which packages OTLP needs besides, before it floods', async () => {
    const packages = ['api', 'exporter-metrics-otlp-proto', 'resources', 'sdk-metrics'].map(
      (name) => `@opentelemetry/${name}`,
    )
    const said = `expected the packages ${packages.join(', ')} to be installed; try npm i -D ${packages.join(' ')}`
    const program = join(example, 'node_modules/.bin/ws-load')
    const flood = await startCommand([process.execPath, program, '--otlp', 'http://127.0.0.1:1'], example).finished
    expect(flood).toMatchObject({ exitCode: 2, stdout: '', stderr: `error: --otlp: ${said}\n` })
    const plugin = `import wsLoad from 'vitest-ws-load/plugin'\nwsLoad({ export: { otlp: true } })`
    const words = [process.execPath, '--input-type=module', '--eval', plugin]
    const { exitCode, stderr } = await startCommand(words, example).finished
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`export.otlp: ${said}`)
  })

  test('has types that a strict project accepts', async () => {
    await writeFile(join(example, 'types.ts'), typed)
    await writeFile(join(example, 'tsconfig.json'), JSON.stringify({ compilerOptions: strictest, include: ['*.ts'] }))
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)(process.execPath, [tsc], { cwd: example }).catch((error: unknown) => ({
      stdout: (error as { stdout: string }).stdout || String(error),
    }))
    await rm(join(example, 'types.ts'))
    expect(stdout).toBe('')
  })

  test.skipIf(benchmarks)(
    'has a fixture that supports the same as under the newest',
    { timeout: 150_000 },
    async () => {
      const { 'fake timers of a setup file': _, ...others } = features
      const files: Files = Object.assign({ 'package.json': '{ "type": "module" }' }, ...Object.values(others))
      const project = join(example, 'copy-features')
      await mkdir(project)
      for (const [path, text] of Object.entries(files)) await writeFile(join(project, path), text)
      const tests = Object.keys(files).filter((path) => path.endsWith('.test.js'))
      const { exitCode, stdout, stderr } = await startVitest(example, project, patient).finished
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toContain(`Test Files  ${tests.length} passed`)
    },
  )
})

describe.concurrent.for(protocols)('the example $name', { timeout: 150_000 }, ({ name, tests }) => {
  beforeAll(() => installed(newest), installTimeout)

  test('is red when the server is slow', async () => {
    const { exitCode, stderr } = await runCopy(newest, name, { DELAY: '400' })
    expect(exitCode).toBe(1)
    expect([...stderr.matchAll(/^Error: SLO missed: (?:delivery\.)?p9[05]/gm)]).toHaveLength(tests)
  })

  test('is red for who is not let in', async () => {
    const { exitCode, stderr } = await runCopy(newest, name, { TOKEN: 'guess' })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/SESSION_FAILED × \d+ \([^]*(?:wrong token|Forbidden)/)
    expect(stderr).not.toContain('guess')
  })
})

const strictest = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024'],
  types: ['node'],
  noEmit: true,
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
}

const typed = `
import { describe, expectTypeOf, test as base } from 'vitest'
import { expect, test, withWsLoad, wsLoad as plain } from 'vitest-ws-load'
import type { LoadComparison, LoadSummary, SLO, WsLoad, WsLoadFixtures, WsLoadOptions } from 'vitest-ws-load'
import { defineProtocol } from 'vitest-ws-load/protocol'
import * as protocols from 'vitest-ws-load/protocols'
import wsLoadPlugin, { type WsLoadPluginOptions } from 'vitest-ws-load/plugin'
import { defineConfig } from 'vitest/config'

test('the fixture', async ({ signal, task, wsLoad, wsLoadDefaults, wsLoadTarget }) => {
  expectTypeOf(wsLoad).toEqualTypeOf<WsLoad>()
  expectTypeOf(await wsLoad()).toEqualTypeOf<LoadSummary>()
  expectTypeOf(wsLoadDefaults).toEqualTypeOf<WsLoadOptions>()
  expectTypeOf(wsLoadTarget).toEqualTypeOf<string | null>()
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(task.name).toEqualTypeOf<string>()
  // @ts-expect-error no such option
  await wsLoad({ connection: 3 })
})

test('a comparison', async ({ wsLoad }) => {
  const comparison = await wsLoad.compare({ base: { url: 'ws://a' }, head: { command: 'b', url: 'ws://b' } })
  expectTypeOf(comparison).toEqualTypeOf<LoadComparison>()
  expect(comparison).toShowNoRegression({ p50: '10%', 'p99.9': 0.2, min: '1ms' })
  // @ts-expect-error a comparison has no duration
  await wsLoad.compare({ base: { url: 'ws://a' }, head: { url: 'ws://b' }, duration: '1s' })
})

test('ready-made protocols', async ({ wsLoad }) => {
  await wsLoad({ probe: protocols.socketIO({ event: 'echo', args: ['hi', new Uint8Array(3)] }) })
  await wsLoad({ probe: protocols.graphqlWS({ query: '{ hello }', variables: { a: [1] } }) })
  await wsLoad({ probe: protocols.jsonRPC({ method: 'echo', params: { a: 1 } }) })
  // @ts-expect-error no such option
  protocols.jsonRPC({ method: 'echo', parms: [] })
  // @ts-expect-error no event
  protocols.socketIO({ args: [] })
})
export const ofTheirOwn = [
  defineProtocol({
    ...protocols.socketIOProtocol,
    data: (index) => protocols.socketIO({ event: 'echo', auth: { user: index } }).data,
  }),
  defineProtocol({
    ...protocols.graphqlWSProtocol,
    data: (index) => protocols.graphqlWS({ query: '{ hello }', connectionParams: { user: index } }).data,
  }),
  defineProtocol({
    ...protocols.jsonRPCProtocol,
    headers: (index) => ({ 'x-user': String(index) }),
  }),
]

test('the matcher', async ({ wsLoad }) => {
  const summary = await wsLoad({ connections: 3, duration: '3s' })
  expect(summary).toMeetSLO({ p99: '< 20ms', 'p99.9': ['< 1s', '<= 900ms'] })
  expect(summary).not.toMeetSLO({ p99: '< 20ms' })
  expect.soft(summary).toMeetSLO({ errorRate: '< 0.1%' })
  expect({ summary }).toEqual({ summary: expect.toMeetSLO({ throughput: '> 1k/s' }) })
  await expect(wsLoad()).resolves.toMeetSLO({ p99: '< 1s' })
  expect(summary.latency.percentile(99.9)).toBeLessThan(20)
  // @ts-expect-error no such indicator
  expect(summary).toMeetSLO({ q99: '< 20ms' })
})

const own = withWsLoad(base.extend('db', async () => ({ id: 1 })).extend('user', ({ db }) => String(db.id)))
own('fixtures beside those of an own test', async ({ db, user, wsLoad }) => {
  expectTypeOf(db).toEqualTypeOf<{ id: number }>()
  expectTypeOf(user).toEqualTypeOf<string>()
  await wsLoad()
})

const older = withWsLoad(base.extend<{ token: string }>({ token: 'secret' }))
older('fixtures given as an object', async ({ token, wsLoad }) => {
  expectTypeOf(token).toEqualTypeOf<string>()
  await wsLoad()
})

test.extend('rate', async ({ wsLoad }) => (await wsLoad()).throughput)('a fixture that floods', ({ rate }) => {
  expectTypeOf(rate).toEqualTypeOf<number>()
})

describe('overrides', () => {
  test.override('wsLoadDefaults', { connections: 2 })
  own.override('wsLoadDefaults', ({ wsLoadDefaults }) => ({ ...wsLoadDefaults, connections: 2 }))
  test.override('wsLoadTarget', 'ws://127.0.0.1:3001')
  // @ts-expect-error not a number
  test.override('wsLoadDefaults', { connections: 'many' })
})

test.concurrent('forms of test', async ({ expect: ownExpect, wsLoad }) => {
  ownExpect(await wsLoad()).toMeetSLO({ p99: '< 1s' })
})
test.for([1, 2])('with %s connections', { timeout: 1_000, retry: 2 }, async (connections, { wsLoad }) => {
  await wsLoad({ connections })
})

const options: WsLoadPluginOptions = {
  defaults: { connections: 3, rate: '1k/s' },
  target: { command: 'node server.js', url: 'ws://127.0.0.1:3001', env: { A: 'b' }, timeout: '20s' },
}
export const config = defineConfig({
  plugins: [wsLoadPlugin(options), wsLoadPlugin()],
  test: { provide: { wsLoadDefaults: { connections: 5 } } },
})
export const asserted = [plain satisfies WsLoadFixtures['wsLoad'], { p99: '< 1s' } satisfies SLO]
`
