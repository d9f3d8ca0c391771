import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

  describe('in one run of several projects', () => {
    const pools = ['forks', 'threads', 'vmForks', 'vmThreads']
    let run: VitestRun

    beforeAll(async () => {
      const projects = [...pools.map((pool) => ({ test: { name: pool, pool } })), './set-up']
      const files = Object.entries(setUp).map(([path, text]) => [`set-up/${path}`, text])
      run = await consumer.run(
        {
          ...(Object.fromEntries(files) as Files),
          'vitest.config.js': `export default ${JSON.stringify({ test: { include: ['slo.test.js'], projects } })}`,
          'slo.test.js': `${imports}
test('floods with the fixture', async ({ signal, wsLoad }) => {
  expect(await wsLoad({ ...${load}, signal })).toMeetSLO({ max: '< 5s' })
})
test('floods with the plain function', async () => {
  expect(await plain({ ...${load}, url: new URL('ws://127.0.0.1:9') })).not.toBeNull()
})`,
        },
        patient,
      )
    })

    test('fake timers of a setup file', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(run.stdout).toMatch(/^ ✓ \|set-up\| set-up\.test\.js \(\d+ tests?\)/m)
    })

    test('every pool', () => {
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      for (const pool of pools) expect(run.stdout).toContain(` ✓ |${pool}| slo.test.js (2 tests)`)
    })
  })
})

describe('the defaults', () => {
  const tells = `${imports}
test('tells its defaults', ({ task, wsLoadDefaults }) => {
  console.log(task.file.projectName, JSON.stringify(wsLoadDefaults), task.timeout)
})`

  async function configured(config: string, args: readonly string[] = [], files: Files = {}): Promise<VitestRun> {
    const text = `import { rootCertificates } from 'node:tls'
import wsLoad from 'vitest-ws-load/plugin'
export default ${config}`
    const run = await consumer.run({ 'vitest.config.js': text, 'one.test.js': tells, ...files }, args)
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    return run
  }

  function toldIn({ stdout }: VitestRun): string[] {
    return (stdout.match(/^.*\{.*\} \d+$/gm) ?? []).map((line) => line.trim()).toSorted()
  }

  /** Two projects, each with a plugin of its own. */
  const ownPlugins = [3, 4].map(
    (n) => `{ extends: false, plugins: [wsLoad({ defaults: { connections: ${n} } })], test: { name: 'p${n}' } }`,
  )

  test('are those of the plugin', async () => {
    const config = `{ plugins: [wsLoad({ defaults: { connections: 5, duration: '20s' } })] }`
    expect(toldIn(await configured(config))).toEqual(['{"connections":5,"duration":"20s"} 91000'])
  })

  describe('in one run of several projects', () => {
    let run: VitestRun
    const toldBy = (names: RegExp): string[] => toldIn(run).filter((line) => names.test(line))

    beforeAll(async () => {
      const one = `{ extends: true, test: { name: 'one', provide: { wsLoadDefaults: { connections: 6 } } } }`
      const two = `{ extends: true, test: { name: 'two', testTimeout: 7000 } }`
      const holds = `{
        extends: false,
        plugins: [wsLoad({ defaults: {
          url: new URL('ws://127.0.0.1:9'),
          tls: { ca: Buffer.from(rootCertificates[0]) },
          probe: { request: (id) => String(id), reply: (message) => Number(message) },
        } })],
        test: { name: 'holds', include: ['holds.js'] },
      }`
      const config = `{
        plugins: [wsLoad({ defaults: { connections: 5, pings: 100 } })],
        test: { projects: [${[one, two, ...ownPlugins, holds].join()}] },
      }`
      const floods = `${imports}
test('floods', async ({ wsLoad }) => {
  const summary = await wsLoad(${load})
  expect(summary.options).toMatchObject({ url: 'ws://127.0.0.1:9/', tls: { ca: '[masked]' } })
})`
      run = await configured(config, [], { 'holds.js': floods })
    })

    test('are those of the project over those of the plugin that it inherits', () => {
      expect(toldBy(/^(one|two) /)).toEqual([
        'one {"connections":6,"pings":100} 60000',
        'two {"connections":5,"pings":100} 7000',
      ])
    })

    test("are those of the project's own plugin", () => {
      expect(toldBy(/^p\d /)).toEqual(['p3 {"connections":3} 81000', 'p4 {"connections":4} 81000'])
    })

    test('may hold functions and buffers', () => {
      expect(run.stdout).toContain('✓ |holds| holds.js (1 test)')
    })
  })

  test('are those of the project in a worker that is not isolated', async () => {
    const config = `{ test: { projects: [${ownPlugins.join()}] } }`
    const run = await configured(config, ['--no-isolate', '--max-workers=1', '--pool=threads'])
    expect(toldIn(run)).toEqual(['p3 {"connections":3} 81000', 'p4 {"connections":4} 81000'])
  })

  test('leave a timeout from the command line alone', async () => {
    const config = `{ plugins: [wsLoad({ defaults: { connections: 5 } })] }`
    expect(toldIn(await configured(config, ['--test-timeout=3000']))).toEqual(['{"connections":5} 3000'])
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

/** How long a test took, in milliseconds. */
function durationIn(report: string, title: string): number | undefined {
  const { testResults } = JSON.parse(report) as {
    testResults: { assertionResults: { title: string; duration: number }[] }[]
  }
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  return all.find((result) => result.title === title)?.duration
}

describe('a red run', () => {
  const floods = (name: string, body: string): string => `${imports}
test('${name}', async ({ wsLoad }) => {
${body}
})`
  let run: VitestRun
  /** What stderr says of each file, without how many there are. */
  let sections: string[]
  const failureOf = (file: string): string | undefined => sections.find((text) => text.includes(` FAIL  ${file} `))

  beforeAll(async () => {
    const missed = `  expect(await wsLoad(${load})).toMeetSLO({ opened: '>= 3', errorRate: '<= 0' })`
    const soft = `  const summary = await wsLoad(${load})
  expect.soft(summary).toMeetSLO({ opened: '>= 3' })
  expect.soft(summary).toMeetSLO({ opened: '>= 4' })`
    run = await consumer.run(
      {
        'slo.test.js': floods('misses its SLO', missed),
        'soft.test.js': floods('misses its SLO', soft),
        'short.test.js': floods('is short', '  await wsLoad()'),
        'mistakes.test.js': floods('has mistakes', "  await wsLoad({ conections: 3, duration: 'long' })"),
      },
      ['--no-isolate', '--max-workers=1', '--reporter=default', '--reporter=json', '--outputFile.json=report.json'],
    )
    sections = anonymous(run.stderr).split(/^⎯+(?: Failed Tests \d+ ⎯+|\[\d+\/\d+\]⎯+)$/m)
  })

  test('says on stderr what failed, and nothing else', () => {
    expect(
      sections
        .filter((text) => !text.includes(' FAIL '))
        .join('')
        .trim(),
    ).toBe('')
  })

  test('exits with 1 and shows the missed objectives as a table', () => {
    expect(run.exitCode).toBe(1)
    expect(failureOf('slo.test.js')).toMatchInlineSnapshot(`
      "

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
         ↳ FIGURES, errors 0 %, 2 connections to ws://127.0.0.1:PORT/ (embedded server)

      "
    `)
  })

  test('lists every soft failure', () => {
    expect(run.exitCode).toBe(1)
    const failures = sections.filter((text) => text.includes(' FAIL  soft.test.js ')).join('')
    expect(failures).toMatch(/SLO missed: opened is 2, the limit is >= 3[^]*SLO missed: opened is 2, the limit is >= 4/)
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
    expect(run.exitCode).toBe(1)
    expect(failureOf('short.test.js')).toMatchInlineSnapshot(`
      "

       FAIL  short.test.js > is short
      WsLoadError: wsLoad: the flood takes at least 11 s (warmup 1 s + duration 10 s), but the test's timeout is 5 s; raise the test's timeout (third argument of test, or test.testTimeout in vitest.config) or take a shorter duration
       ❯ wsLoad ../node_modules/vitest-ws-load/dist/vitest/ws-load.js
       ❯ short.test.js:4:9
            2|
            3| test('is short', async ({ wsLoad }) => {
            4|   await wsLoad()
             |         ^
            5| })

      "
    `)
    const report = await readFile(join(run.cwd, 'report.json'), 'utf8')
    expect(durationIn(report, 'is short')).toBeLessThan(5_000)
  })

  test('says every mistake in the options, and where', () => {
    expect(run.exitCode).toBe(1)
    expect(failureOf('mistakes.test.js')).toMatchInlineSnapshot(`
      "

       FAIL  mistakes.test.js > has mistakes
      WsLoadError: wsLoad: 2 options are wrong
        duration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "long"
        conections: no such option, did you mean "connections"?
       ❯ wsLoad ../node_modules/vitest-ws-load/dist/vitest/ws-load.js
       ❯ mistakes.test.js:4:9
            2|
            3| test('has mistakes', async ({ wsLoad }) => {
            4|   await wsLoad({ conections: 3, duration: 'long' })
             |         ^
            5| })

      "
    `)
  })

  test('ends the floods of other files when it bails out', async () => {
    await using server = await echoing()
    const flooded = join(consumer.directory, 'flooded')
    const running = await consumer.start(
      {
        'fails.test.js': `import { existsSync } from 'node:fs'
import { test } from 'vitest'
test('fails', { timeout: 60_000 }, async () => {
  while (!existsSync('${flooded}')) await new Promise((resolve) => setTimeout(resolve, 10))
  throw new Error('on purpose')
})`,
        'floods.test.js': `${imports}
test('floods', { timeout: 90_000 }, async ({ wsLoad }) => {
  console.log((await wsLoad({ url: '${server.url}', duration: '1m', warmup: 0 })).ended)
})`,
      },
      ['--bail=1', '--max-workers=2'],
    )
    await expect.poll(() => server.pings).toBeGreaterThan(0)
    await writeFile(flooded, '')
    const run = await running.finished
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toContain('\naborted\n')
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

test('a project that is lenient is warned of a lack of evidence, and of nothing else', async () => {
  const run = await consumer.run({
    'vitest.config.js': `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ inconclusive: 'warn' })] }`,
    'lenient.test.js': `${imports}
const short = { connections: 1, rate: 100, duration: 200, warmup: 0 }
const slo = { 'p99.9': '< 5s' }
test('is undecided', async ({ wsLoad }) => {
  expect(await wsLoad(short)).toMeetSLO(slo)
})
test('is strict itself', async ({ wsLoad }) => {
  const summary = await wsLoad(short)
  expect(() => expect(summary).toMeetSLO(slo, { inconclusive: 'fail' })).toThrow('SLO inconclusive')
})
test('misses', async ({ wsLoad }) => {
  const summary = await wsLoad(short)
  expect(() => expect(summary).toMeetSLO({ max: '< 1ns' })).toThrow('SLO missed')
})
test('floods nobody', async ({ wsLoad }) => {
  const summary = await wsLoad({ ...short, url: 'ws://127.0.0.1:9' })
  expect(() => expect(summary).toMeetSLO(slo)).toThrow('0 of 1 connections opened')
})`,
  })
  expect(run.stdout).toContain('4 passed')
  expect(run.exitCode).toBe(0)
  expect(run.stderr).toMatch(/^SLO inconclusive: /m)
})
