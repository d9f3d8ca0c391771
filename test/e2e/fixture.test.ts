import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoing } from '../support/servers.ts'
import { type Files, linkedConsumer } from './support/consumer.ts'
import { features, patient } from './support/features.ts'
import { anonymous, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

const imports = `import { expect, test, wsLoad as plain } from 'vitest-ws-load'\n`
const isTest = (path: string): boolean => path.endsWith('.test.js')
const load = `{ connections: 2, pings: 20, warmup: 0 }`

describe('the fixture supports', () => {
  const { 'fake timers of a setup file': setUp, ...others } = features
  const testFiles = Object.values(others).flatMap((files) => Object.keys(files).filter(isTest))

  describe('in one run', () => {
    let run: VitestRun

    beforeAll(async () => {
      run = await consumer.run(Object.assign({}, ...Object.values(others)) as Files, patient)
    })

    test.for(Object.entries(others))('%s', ([, files]) => {
      const file = Object.keys(files).find(isTest)
      expect(run.stdout).toMatch(new RegExp(String.raw`^ ✓ ${file} \(\d+ tests?\)`, 'm'))
    })

    test('all of that without a word on stderr', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(run.stdout).toContain(`Test Files  ${testFiles.length} passed`)
    })
  })

  test('fake timers of a setup file', async () => {
    expect(await consumer.run(setUp, patient)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('every pool', async () => {
    const pools = ['forks', 'threads', 'vmForks', 'vmThreads']
    const projects = pools.map((pool) => ({ test: { name: pool, pool } }))
    const run = await consumer.run({
      'vitest.config.js': `export default ${JSON.stringify({ test: { projects } })}`,
      'slo.test.js': `${imports}
test('floods with the fixture', async ({ signal, wsLoad }) => {
  expect(await wsLoad({ ...${load}, signal })).toMeetSLO({ max: '< 5s' })
})
test('floods with the plain function', async () => {
  expect(await plain({ ...${load}, url: new URL('ws://127.0.0.1:9') })).not.toBeNull()
})`,
    })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    for (const pool of pools) expect(run.stdout).toContain(` ✓ |${pool}| slo.test.js (2 tests)`)
  })
})

describe('the defaults', () => {
  const tells = `${imports}
test('tells its defaults', ({ task, wsLoadDefaults }) => {
  console.log(task.file.projectName, JSON.stringify(wsLoadDefaults), task.timeout)
})`

  async function told(config: string, args: readonly string[] = []): Promise<string[]> {
    const files = {
      'vitest.config.js': `import wsLoad from 'vitest-ws-load/plugin'\nexport default ${config}`,
      'one.test.js': tells,
    }
    const run = await consumer.run(files, args)
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    return (run.stdout.match(/^.*\{.*\} \d+$/gm) ?? []).map((line) => line.trim()).toSorted()
  }

  test('are those of the plugin', async () => {
    const config = `{ plugins: [wsLoad({ defaults: { connections: 5, duration: '20s' } })] }`
    expect(await told(config)).toEqual(['{"connections":5,"duration":"20s"} 81000'])
  })

  test('are those of the project over those of the plugin that it inherits', async () => {
    const one = `{ extends: true, test: { name: 'one', provide: { wsLoadDefaults: { connections: 6 } } } }`
    const two = `{ extends: true, test: { name: 'two', testTimeout: 7000 } }`
    const config = `{
      plugins: [wsLoad({ defaults: { connections: 5, pings: 100 } })],
      test: { projects: [${one}, ${two}] }
    }`
    expect(await told(config)).toEqual([
      'one {"connections":6,"pings":100} 60000',
      'two {"connections":5,"pings":100} 7000',
    ])
  })

  test("are those of the project's own plugin", async () => {
    const [three, four] = [3, 4].map(
      (n) => `{ plugins: [wsLoad({ defaults: { connections: ${n} } })], test: { name: 'p${n}' } }`,
    )
    expect(await told(`{ test: { projects: [${three}, ${four}] } }`)).toEqual([
      'p3 {"connections":3} 71000',
      'p4 {"connections":4} 71000',
    ])
  })

  test('are those of the project in a worker that is not isolated', async () => {
    const [three, four] = [3, 4].map(
      (n) => `{ plugins: [wsLoad({ defaults: { connections: ${n} } })], test: { name: 'p${n}', isolate: false } }`,
    )
    const config = `{ test: { projects: [${three}, ${four}] } }`
    expect(await told(config, ['--no-isolate', '--max-workers=1', '--pool=threads'])).toEqual([
      'p3 {"connections":3} 71000',
      'p4 {"connections":4} 71000',
    ])
  })

  test('leave a timeout from the command line alone', async () => {
    const config = `{ plugins: [wsLoad({ defaults: { connections: 5 } })] }`
    expect(await told(config, ['--test-timeout=3000'])).toEqual(['{"connections":5} 3000'])
  })

  test('may hold functions and buffers', async () => {
    const config = `{ plugins: [wsLoad({ defaults: {
      url: new URL('ws://127.0.0.1:9'),
      tls: { ca: Buffer.from(rootCertificates[0]) },
      probe: { request: (id) => String(id), reply: (message) => Number(message) },
    } })] }`
    const files = {
      'vitest.config.js': `import { rootCertificates } from 'node:tls'
import wsLoad from 'vitest-ws-load/plugin'
export default ${config}`,
      'slo.test.js': `${imports}
test('floods', async ({ wsLoad }) => {
  const summary = await wsLoad(${load})
  expect(summary.options).toMatchObject({ url: 'ws://127.0.0.1:9/', tls: { ca: '[masked]' } })
})`,
    }
    expect(await consumer.run(files)).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('with mistakes are one error at the start, which lists all of them', async () => {
    const run = await consumer.run({
      'vitest.config.js': `import wsLoad from 'vitest-ws-load/plugin'
        export default { plugins: [wsLoad({ taget: {}, target: { url: 'http://a', command: 'a' }, defaults: { conections: 3 } })] }`,
      'one.test.js': tells,
    })
    expect(run.exitCode).toBe(1)
    expect(anonymous(run.output)).toMatchInlineSnapshot(`
      "failed to load config from PROJECT/vitest.config.js

      ⎯⎯⎯⎯⎯⎯⎯ Startup Error ⎯⎯⎯⎯⎯⎯⎯⎯
      [WsLoadError: vitest-ws-load plugin: 3 options are wrong
        taget: no such option, did you mean "target"?
        defaults.conections: no such option, did you mean "connections"?
        target.url: expected a ws:// or wss:// URL, got "http://a"] {
        code: 'WSLOAD_ERR_INVALID_OPTIONS'
      }



      "
    `)
  })
})

describe('a red run', () => {
  test('exits with 1 and shows the missed objectives as a table', async () => {
    const run = await consumer.run({
      'slo.test.js': `${imports}
test('misses its SLO', async ({ wsLoad }) => {
  expect(await wsLoad(${load})).toMeetSLO({ opened: '>= 3', errorRate: '<= 0' })
})`,
    })
    expect(run.exitCode).toBe(1)
    expect(anonymous(run.stderr)).toMatchInlineSnapshot(`
      "
      ⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

       FAIL  slo.test.js > misses its SLO
      Error: SLO missed: opened is 2, the limit is >= 3
          objective  limit  measured  by how much
        ✗ opened     >= 3   2         1 short (33 %)
        ✓ errorRate  <= 0   0 %       0 % to spare
       ❯ slo.test.js:4:66
            2|
            3| test('misses its SLO', async ({ wsLoad }) => {
            4|   expect(await wsLoad({ connections: 2, pings: 20, warmup: 0 })).toMee…
             |                                                                  ^
            5| })

       ❯ slo.test.js:4:10 vitest-ws-load
         ↳ FIGURES, errors 0 %, 2 connections to ws://127.0.0.1:PORT/

      ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

      "
    `)
  })

  test('lists every soft failure', async () => {
    const run = await consumer.run({
      'slo.test.js': `${imports}
test('misses its SLO', async ({ wsLoad }) => {
  const summary = await wsLoad(${load})
  expect.soft(summary).toMeetSLO({ opened: '>= 3' })
  expect.soft(summary).toMeetSLO({ opened: '>= 4' })
})`,
    })
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toMatch(
      /SLO missed: opened is 2, the limit is >= 3[^]*SLO missed: opened is 2, the limit is >= 4/,
    )
  })

  test('shows the table in colours on a terminal', async () => {
    const run = await consumer.run(
      {
        'slo.test.js': `${imports}
test('misses its SLO', async ({ wsLoad }) => {
  expect(await wsLoad(${load})).toMeetSLO({ opened: '>= 3' })
})`,
      },
      [],
      { env: { FORCE_COLOR: '1' } },
    )
    expect(run.stderr).toContain('\u001B[31mSLO missed: opened is ')
  })

  test('says at once that a flood does not fit into its test', async () => {
    const run = await consumer.run({
      'slo.test.js': `${imports}\ntest('is short', async ({ wsLoad }) => {\n  await wsLoad()\n})`,
    })
    expect(run.exitCode).toBe(1)
    expect(anonymous(run.stderr)).toMatchInlineSnapshot(`
      "
      ⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

       FAIL  slo.test.js > is short
      WsLoadError: wsLoad: the flood takes at least 11 s (warmup 1 s + duration 10 s), but the test's timeout is 5 s; raise the test's timeout (third argument of test, or test.testTimeout in vitest.config) or take a shorter duration
       ❯ wsLoad ../node_modules/vitest-ws-load/dist/vitest/ws-load.js
       ❯ slo.test.js:4:9
            2|
            3| test('is short', async ({ wsLoad }) => {
            4|   await wsLoad()
             |         ^
            5| })

      ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

      "
    `)
    expect(run.took).toBeLessThan(5_000)
  })

  test('says every mistake in the options, and where', async () => {
    const run = await consumer.run({
      'slo.test.js': `${imports}
test('has mistakes', async ({ wsLoad }) => {
  await wsLoad({ conections: 3, duration: 'long' })
})`,
    })
    expect(run.exitCode).toBe(1)
    expect(anonymous(run.stderr)).toMatchInlineSnapshot(`
      "
      ⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

       FAIL  slo.test.js > has mistakes
      WsLoadError: wsLoad: 2 options are wrong
        duration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "long"
        conections: no such option, did you mean "connections"?
       ❯ wsLoad ../node_modules/vitest-ws-load/dist/vitest/ws-load.js
       ❯ slo.test.js:4:9
            2|
            3| test('has mistakes', async ({ wsLoad }) => {
            4|   await wsLoad({ conections: 3, duration: 'long' })
             |         ^
            5| })

      ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

      "
    `)
  })

  test('ends the floods of other files when it bails out', async () => {
    await using server = await echoing()
    const run = await consumer.run(
      {
        'fails.test.js': `import { test } from 'vitest'
test('fails', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1500))
  throw new Error('on purpose')
})`,
        'floods.test.js': `${imports}
test('floods', { timeout: 90_000 }, async ({ wsLoad }) => {
  console.log((await wsLoad({ url: '${server.url}', duration: '1m', warmup: 0 })).ended)
})`,
      },
      ['--bail=1', '--max-workers=2'],
    )
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain('\naborted\n')
    expect(run.took).toBeLessThan(30_000)
  })
})

test('modules are replaced by the vi of Vitest alone, which says so of another', async () => {
  const replaces = (own: string, ours: string): string => `
    ${own}
    import { expect, test${ours} } from 'vitest-ws-load'
    import { word } from './word.js'
    vi.mock('./word.js', () => ({ word: 'replaced' }))
    test('replaces a module', () => expect(word).toBe('replaced'))`
  const run = await consumer.run({
    'word.js': "export const word = 'real'",
    'own.test.js': replaces("import { vi } from 'vitest'", ''),
    'ours.test.js': replaces('', ', vi'),
  })
  expect(run.exitCode).toBe(1)
  expect(run.stdout).toMatch(/^ ✓ own\.test\.js \(1 test\)/m)
  expect(run.stderr).toContain("import the mocks API directly from 'vitest'")
})
