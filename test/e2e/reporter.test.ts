import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { parseXml } from '@rgrove/parse-xml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toExponential } from '../../src/export/exponential-histogram.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { findProgram } from '../support/child.ts'
import { hostileTexts } from '../support/hostile.ts'
import { otlpCollector } from '../support/otlp-collector.ts'
import { freePort } from '../support/processes.ts'
import { pushgateway, pushgatewayMissing } from '../support/pushgateway.ts'
import { linkedConsumer } from './support/consumer.ts'
import { startCommand, type VitestRun } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())
const noGateway = pushgatewayMissing()

const config = (plugin = ''): string => `
import wsLoad from 'vitest-ws-load/plugin'
export default {
  plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0 }, ${plugin} })],
}`

/** Floods that leave the generator time to spare, so that no verdict is withheld because it was saturated. */
const tests = `import { WebSocketServer } from 'ws'
import { expect, test } from 'vitest-ws-load'
const server = new WebSocketServer({ port: 0, autoPong: false })
server.on('connection', (socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), 5)))
const url = 'ws://127.0.0.1:' + server.address().port
test('meets its SLO', async ({ wsLoad }) => {
  expect(await wsLoad({ url })).toMeetSLO({ max: '< 5s', errorRate: '<= 0' })
})
test('misses its SLO', async ({ wsLoad }) => {
  const summary = await wsLoad({ url })
  expect(summary).toMeetSLO({ max: '< 1ns' })
})
test('asserts a number', async ({ wsLoad }) => {
  expect((await wsLoad({ url })).latency.max).toBeGreaterThan(0)
})
test('is right the second time', { retry: 1 }, async ({ wsLoad, task }) => {
  expect(await wsLoad({ url })).toMeetSLO({ max: task.result.retryCount === 0 ? '< 1ns' : '< 5s' })
})
test('compares', async ({ wsLoad }) => {
  const { head } = await wsLoad.compare({ base: { url }, head: { url }, maxDuration: '1s' })
  expect(head.pings.answered).toBeGreaterThan(0)
})
test('floods nothing', () => {})
`
const longer = `import { test } from 'vitest-ws-load'
test('floods for two seconds', async ({ wsLoad }) => {
  await wsLoad({ duration: 2000 })
})`
const sound = `import { test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => void (await wsLoad()))`
const files = { 'vitest.config.js': config(), 'gateway.test.js': tests }
/** Behind a verdict where the machine was busy. */
const busy = String.raw`(?: \(saturated\))?`
const figures = String.raw`\d\S* [nµm]s +\d\S* [nµm]s`
/** What the table says of these tests. */
const rows = [
  new RegExp(String.raw`^   ✓ meets its SLO +pass${busy} +${figures} +max < 5s, \+1 +\S+/s +0 %$`, 'm'),
  new RegExp(String.raw`^   ✗ misses its SLO +fail${busy} +${figures} +max < 1ns +\S+/s +0 %$`, 'm'),
  new RegExp(String.raw`^   · asserts a number +no SLO${busy} +${figures} +- +\S+/s +0 %$`, 'm'),
  new RegExp(String.raw`^   ✗ is right the second time +fail .*max < 1ns`, 'm'),
  new RegExp(String.raw`^   ✓ is right the second time \(attempt 2\) +pass .*max < 5s`, 'm'),
  new RegExp(String.raw`^   · compares › base +-${busy} `, 'm'),
  new RegExp(String.raw`^   · compares › head +no SLO${busy} `, 'm'),
]

function metasIn(json: string): readonly object[] {
  const { testResults } = JSON.parse(json) as { testResults: { assertionResults: { meta: object }[] }[] }
  return testResults.flatMap(({ assertionResults }) => assertionResults.map(({ meta }) => meta))
}

describe('the reporter', () => {
  describe('of one run', () => {
    let run: VitestRun
    let merged: VitestRun
    const read = (file: string): Promise<string> => readFile(join(run.cwd, file), 'utf8')

    beforeAll(async () => {
      const exported = `export: { bmf: 'to/bmf.json', githubBenchmark: 'to/figures.json', openMetrics: 'to/metrics.txt' }`
      const asked = { ...files, 'vitest.config.js': config(`report: { html: 'pages/load.html' }, ${exported}`) }
      const reporters = ['default', 'json', 'junit', 'github-actions', 'blob'].map((name) => `--reporter=${name}`)
      const outputs = ['json=out.json', 'junit=out.xml', 'blob=blobs/one.json'].map(
        (output) => `--outputFile.${output}`,
      )
      const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'job.md' }
      run = await consumer.run(asked, [...reporters, ...outputs, '--testTimeout=60000'], { env })
      await rename(join(run.cwd, 'pages/load.html'), join(run.cwd, 'load.html'))
      merged = await consumer.rerun(run.cwd, ['--merge-reports=blobs'])
    })

    test('shows all floods in the terminal, and leaves their figures in every report', async () => {
      expect(run.exitCode).toBe(1)
      for (const row of rows) expect(run.stdout).toMatch(row)
      expect(run.stdout).toContain('Test Files')
      expect(run.stdout).not.toMatch(/floods nothing +(?:no SLO|pass|fail)/)
      expect(run.stdout).toMatch(/::notice file=\S+gateway\.test\.js,line=10,column=\d+,title=vitest-ws-load::p50 /)

      const metas = metasIn(await read('out.json'))
      expect(metas[0]).toMatchObject({
        wsLoad: [
          {
            attempt: 1,
            url: expect.stringMatching(/^ws:/),
            latency: { count: expect.any(Number), p99: expect.any(Number) },
            pings: { lost: 0 },
            verdicts: [
              {
                type: 'slo',
                verdict: 'pass',
                limits: ['max < 5s', 'errorRate <= 0'],
                objectives: [
                  { indicator: 'max', kind: 'duration', bound: '< 5s', limit: 5_000, level: 'fail', verdict: 'pass' },
                  { indicator: 'errorRate', bound: '<= 0', limit: 0 },
                ],
              },
            ],
          },
        ],
      })
      expect(metas[0]).not.toHaveProperty('wsLoad[0].latency.histogram')
      expect(metas[3]).toMatchObject({ wsLoad: [{ attempt: 1 }, { attempt: 2 }] })
      expect(metas[4]).toMatchObject({
        wsLoad: [
          { name: 'base', comparison: { side: 'base', other: 1 } },
          { name: 'head', comparison: { side: 'head', other: 0 } },
        ],
      })
      expect(metas[5]).toEqual({})

      expect(await read('out.xml')).toMatch(/<property name="vitest-ws-load" value="p50 .*, p99 .*, errors 0 %, 2 conn/)
      const summary = await read('job.md')
      expect(summary).toMatch(
        /^\| ✅ \| gateway\.test\.js › meets its SLO \| pass\b.* \| max &#60; 5s, errorRate &#60;= 0 \|/m,
      )
      expect(summary).toMatch(/^\| ➖ \| gateway\.test\.js › asserts a number \| no SLO\b/m)
      expect(summary).toMatch(/^\| ❌ \| gateway\.test\.js › misses its SLO \| fail\b/m)
    })

    test('shows the floods of merged reports', () => {
      expect(merged.exitCode).toBe(1)
      for (const row of rows) expect(merged.stdout).toMatch(row)
    })

    test('writes them for other tools if it is asked to, under names that stay', async () => {
      const names = [
        'meets its SLO',
        'misses its SLO',
        'asserts a number',
        'is right the second time',
        'compares › base',
        'compares › head',
      ].map((name) => `gateway.test.js › ${name}`)
      const bmf = JSON.parse(await read('to/bmf.json')) as Record<string, Record<string, { value: number }>>
      expect(Object.keys(bmf)).toEqual(names)
      const [meta] = metasIn(await read('out.json')) as [{ wsLoad: [{ latency: { p50: number } }] }]
      // A server that takes 5 ms, in nanoseconds.
      expect(bmf[names[0]!]!['latency']!.value / 1e6).toBeCloseTo(meta.wsLoad[0].latency.p50, 1)
      const entries = JSON.parse(await read('to/figures.json')) as { name: string }[]
      expect(entries.map(({ name }) => name)).toContain(`${names[5]} › p90`)
      const metrics = await read('to/metrics.txt')
      const runs = [...metrics.matchAll(/^ws_load_latency_seconds_count\{run="(.*?)"\}/gm)].map(([, run]) => run)
      expect(runs).toEqual(names)
    })

    test('writes a page of all floods if it is asked to, of merged reports as well', async () => {
      expect(run.stdout).toMatch(/Page written to .*pages\/load\.html/)
      const page = await read('load.html')
      expect(page).toContain('>gateway.test.js › meets its SLO <strong class="badge good">✓ pass</strong></h2>')
      expect(page).toContain('>gateway.test.js › misses its SLO <strong class="badge bad">✗ fail</strong></h2>')
      expect(page).toMatch(
        />gateway\.test\.js › compares <strong class="badge muted">· no SLO<\/strong><\/h2><p class="muted">base: /,
      )
      expect(page.match(/<section /g)).toHaveLength(6)
      expect(page).toMatch(/<h3>SLO missed: max is .+?, the limit is &lt; 1ns<\/h3>/)
      expect(page).toMatch(
        /<caption>Objectives<\/caption>.*?<th scope="row">max<\/th><td>&lt; 1ns<\/td><td>.+?<td>fail<\/td>/,
      )
      expect(await read('pages/load.html')).toBe(page)
    })
  })

  describe('of benchmarks', () => {
    const bench = `import { WebSocketServer } from 'ws'
import { test } from 'vitest-ws-load'
const server = new WebSocketServer({ port: 0 })
const url = 'ws://127.0.0.1:' + server.address().port
test('gateway', async ({ bench, wsLoad }) => {
  await bench.compare(bench('base', wsLoad.flood()), bench('head', wsLoad.flood()))
})
test('twice', async ({ wsLoad }) => {
  const sides = { base: { url }, head: { url }, maxDuration: '1s' }
  await Promise.all([wsLoad.compare(sides), wsLoad.compare(sides)])
})
test('cache', async ({ bench, wsLoad }) => {
  await bench.compare(bench('slow', wsLoad.flood()), bench('quick', wsLoad.flood()))
})`
    let run: VitestRun

    beforeAll(async () => {
      const asked = { 'vitest.config.js': config(`report: { html: 'load.html' }`), 'gateway.bench.js': bench }
      run = await consumer.bench(asked)
    })

    test('takes floods for a comparison because they are one, not because of their names', async () => {
      expect(run).toMatchObject({ exitCode: 0 })
      const page = await readFile(join(run.cwd, 'load.html'), 'utf8')
      expect([...page.matchAll(/<h2>([^<]*?) ?</g)].map(([, title]) => title)).toEqual([
        'gateway.bench.js › gateway › base (embedded server)',
        'gateway.bench.js › gateway › head (embedded server)',
        'gateway.bench.js › twice',
        'gateway.bench.js › twice',
        'gateway.bench.js › cache › slow (embedded server)',
        'gateway.bench.js › cache › quick (embedded server)',
      ])
    })

    test('names the floods of a benchmark after it', () => {
      expect(run.stdout).toMatch(/· cache › slow +no SLO\b/)
      expect(run.stdout).toMatch(/· cache › quick +no SLO\b/)
    })
  })

  test.concurrent('has nothing that a server says taken for more than text', async () => {
    const reasons = hostileTexts.map((text) => Buffer.from(text).subarray(0, 120).toString('utf8'))
    const nasty = `import { WebSocketServer } from 'ws'
import { expect, test } from 'vitest-ws-load'
const reasons = ${JSON.stringify(reasons)}
test.for(reasons.map((_, nth) => nth))('reason %i', async (nth, { wsLoad }) => {
  const server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => setTimeout(() => socket.close(4000, reasons[nth]), 20))
  const summary = await wsLoad({ url: 'ws://127.0.0.1:' + server.address().port })
  expect(summary).toMeetSLO({ closedEarly: '<= 0' })
})`
    const run = await consumer.run(
      { 'vitest.config.js': config(), 'nasty.test.js': nasty },
      ['default', 'junit', 'json', 'github-actions']
        .map((name) => `--reporter=${name}`)
        .concat('--outputFile.json=out.json', '--outputFile.junit=out.xml'),
      { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'job.md' } },
    )
    const read = (file: string): Promise<string> => readFile(join(run.cwd, file), 'utf8')

    expect(run.exitCode).toBe(1)
    const commands = /^::(?:error|notice|warning|group|endgroup)\b/
    for (const line of run.output.split('\n').filter((line) => !commands.test(line))) {
      expect(line).not.toMatch(/[^\t\P{C}]|^\s*::|##\[|##vso\[/u)
    }
    const xml = await read('out.xml')
    expect(() => parseXml(xml)).not.toThrow()
    expect(xml.match(/<testcase /g)).toHaveLength(reasons.length)
    expect(xml.match(/CLOSE_4000 × 2/g)?.length).toBeGreaterThanOrEqual(reasons.length - 1)
    expect(metasIn(await read('out.json'))).toHaveLength(reasons.length)
    const [, ours = ''] = (await read('job.md')).split('### WebSocket latency')
    expect(ours.match(/^\| . \| nasty/gmu)).toHaveLength(reasons.length)
    expect(ours).not.toMatch(/[<>`@]|\*\*|[^\n\P{Cc}]/u)
  })

  test.concurrent('says every ten seconds how far a flood is', async () => {
    const long = `import { test } from 'vitest-ws-load'
test('floods for long', async ({ wsLoad }) => {
  await wsLoad({ duration: 13_000, rate: 100 })
})`
    const compared = `import { WebSocketServer } from 'ws'
import { test } from 'vitest-ws-load'
test('compares for long', async ({ wsLoad }) => {
  const server = new WebSocketServer({ port: 0 })
  const url = 'ws://127.0.0.1:' + server.address().port
  const tolerance = { p50: '0.0001%', min: 0.000001 }
  const undecided = { tolerance, confidence: 0.99999, maxDuration: '13s' }
  await wsLoad.compare({ base: { url }, head: { url }, rate: 100, ...undecided })
})`
    const files = {
      'vitest.config.js': config('floodParallelism: true'),
      'long.test.js': long,
      'compared.test.js': compared,
    }
    const run = await consumer.run(files, ['--max-workers=2'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^ floods for long: measuring, 2 connections, \S+\/s, p50 .*, p99 .*, \d s left$/m)
    expect(run.stdout).toMatch(
      /^ compares for long: measuring, 4 connections, \S+\/s → \S+\/s, p50 .* → .*, \d s left$/m,
    )
  })

  test('marks a flood of the embedded server wherever it shows it', async () => {
    const asked = { 'vitest.config.js': config(`report: { html: 'load.html' }`), 'a.test.js': sound }
    const run = await consumer.run(asked, [], { env: { GITHUB_STEP_SUMMARY: 'job.md' } })
    const read = (file: string): Promise<string> => readFile(join(run.cwd, file), 'utf8')
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^ +· floods +no SLO .*\(embedded server\)/m)
    expect(await read('job.md')).toMatch(/^\| ➖ \| a\.test\.js › floods \| no SLO .*&#40;embedded server&#41; \|/m)
    expect(await read('load.html')).toContain('>a.test.js › floods (embedded server) <strong ')
  })

  describe('of a flood that a later test judges', () => {
    const later = `import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { expect, test } from 'vitest-ws-load'
let summary
test('floods', async ({ wsLoad }) => {
  summary = await wsLoad()
  expect(summary).toMeetSLO({ opened: '>= 1' })
})
test('judges', async () => {
  // Vitest sends what a test has left within a tenth of a second.
  await sleep(500)
  expect(summary).toMeetSLO({ opened: '>= 1000' })
})
afterAll(() => expect(summary).toMeetSLO({ opened: '>= 2' }))`
    const row = /^ {3}✗ floods +fail .*opened >= 1000/m
    let run: VitestRun
    let merged: VitestRun

    beforeAll(async () => {
      const asked = { 'vitest.config.js': config(`report: { html: 'load.html' }`), 'later.test.js': later }
      const reporters = ['default', 'json', 'blob'].map((name) => `--reporter=${name}`)
      const outputs = ['json=out.json', 'blob=blobs/one.json'].map((output) => `--outputFile.${output}`)
      run = await consumer.run(asked, [...reporters, ...outputs])
      merged = await consumer.rerun(run.cwd, ['--merge-reports=blobs'])
    })

    test('shows the worst verdict', () => {
      expect(run.exitCode).toBe(1)
      expect(run.stdout).toMatch(row)
    })

    test('leaves each verdict once with the test that flooded', async () => {
      const [floods, judges] = metasIn(await readFile(join(run.cwd, 'out.json'), 'utf8'))
      const verdicts = ['>= 1', '>= 1000', '>= 2'].map((bound) => ({ limits: [`opened ${bound}`] }))
      expect(floods).toMatchObject({ wsLoad: [{ verdicts }] })
      expect(judges).toEqual({})
    })

    test('shows it in merged reports', () => {
      expect(merged.exitCode).toBe(1)
      expect(merged.stdout).toMatch(row)
    })

    test('shows each verdict once on the page of merged reports', async () => {
      const page = await readFile(join(merged.cwd, 'load.html'), 'utf8')
      expect(page.match(/<h3>SLO (?:met|missed)\b/g)).toHaveLength(3)
    })
  })

  test('gives the UI and the HTML report a picture of each flood', async () => {
    const run = await consumer.run({ ...files, 'ten.test.js': longer }, [
      'ten',
      '--reporter=json',
      '--reporter=blob',
      '--outputFile.blob=b.json',
    ])
    expect(run.exitCode).toBe(0)
    expect(await readFile(join(run.cwd, 'b.json'), 'utf8')).toMatch(
      /image\/svg\+xml[^]*<title>Latency by percentile<\/title>[^]*<title>Latency over time<\/title>/,
    )
  })

  test.skipIf(findProgram('script') === undefined)(
    'the table has whole names in a terminal that tells no width',
    async () => {
      const name = 'answers all of its clients'
      const project = await consumer.project({
        'vitest.config.js': config(),
        'a.test.js': sound.replace(`'floods'`, `'${name}'`),
      })
      const vitest = `"${process.execPath}" "${join(consumer.directory, 'node_modules/vitest/vitest.mjs')}" run`
      const { output } = await startCommand(['script', '-qec', vitest, '/dev/null'], project).finished
      expect(output).toContain(`· ${name}  no SLO`)
    },
  )

  describe('of a run whose standard output is not for people', () => {
    const own = `export default class {
  onTestRunEnd(modules) {
    console.log(JSON.stringify({ files: modules.length }))
  }
}`
    const project = { 'vitest.config.js': config(), 'a.test.js': sound, 'own-reporter.js': own }

    test("leaves it to someone's own reporter, and prints the table on the standard error", async () => {
      const run = await consumer.run(project, ['--reporter=./own-reporter.js'])
      expect(run).toMatchObject({ exitCode: 0, stdout: '{"files":1}\n' })
      expect(run.stderr).toContain('· floods  no SLO')
    })

    test.each(['junit', 'json', 'tap'])('prints the table on the standard error beside %s', async (name) => {
      const run = await consumer.run(project, [`--reporter=${name}`])
      expect(run.exitCode).toBe(0)
      expect(run.stdout).not.toContain('no SLO')
      expect(run.stderr).toContain('· floods  no SLO')
    })
  })

  test('prints no table where none is wanted, and writes the page all the same', async () => {
    const options = `report: { table: false, html: 'load.html' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': sound }, [])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).not.toContain('no SLO')
    expect(await readFile(join(run.cwd, 'load.html'), 'utf8')).toContain('a.test.js › floods')
  })

  test('shows how each run of a repeated test ended, and exports the last one', async () => {
    const repeated = `import { test } from 'vitest-ws-load'
test('floods', { repeats: 2 }, async ({ task, wsLoad }) => {
  const { repeatCount } = task.result
  await wsLoad({ connections: 1 + repeatCount })
  if (repeatCount === 1) throw new Error('on purpose')
})`
    const options = `export: { openMetrics: 'metrics.txt' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': repeated }, [])
    const rows = run.stdout.matchAll(/^ {3}(\S) (floods(?: \(attempt \d\))?) +no SLO/gm)
    const marks = Array.from(rows, ([, mark, flood]) => `${mark} ${flood}`)
    expect(marks).toEqual(['· floods', '✗ floods (attempt 2)', '· floods (attempt 3)'])
    const metrics = await readFile(join(run.cwd, 'metrics.txt'), 'utf8')
    expect(metrics).toMatch(/^ws_load_connections\{run="a\.test\.js › floods",state="opened"\} 3$/m)
  })

  test('has no fault to find with the flood of a test that skips itself afterwards', async () => {
    const skipping = `import { test } from 'vitest-ws-load'
test('floods', async ({ skip, wsLoad }) => {
  await wsLoad()
  skip('a busy runner')
})`
    const run = await consumer.run({ 'vitest.config.js': config('report: {}'), 'a.test.js': skipping }, [])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/^ {3}· floods +no SLO/m)
  })

  test('has the floods after a soft assertion that failed, each verdict once', async () => {
    const soft = `import { expect, test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => {
  const first = await wsLoad()
  expect.soft(first).toMeetSLO({ opened: '>= 1000' })
  const second = await wsLoad()
  await expect(expect.poll(() => second, { timeout: 200, interval: 20 }).toMeetSLO({ opened: '>= 1000' })).rejects.toThrow()
})`
    const options = `report: { html: 'load.html' }, export: { bmf: 'bmf.json' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': soft }, [])
    expect(run.stdout.match(/^ {3}✗ floods/gm)).toHaveLength(2)
    const page = await readFile(join(run.cwd, 'load.html'), 'utf8')
    expect(page.match(/<section /g)).toHaveLength(2)
    expect(page.match(/SLO missed: opened is/g)).toHaveLength(2)
    expect(Object.keys(JSON.parse(await readFile(join(run.cwd, 'bmf.json'), 'utf8')) as object)).toHaveLength(2)
  })

  test('has what the plugins of several projects ask for, of all of them', async () => {
    const one = `import { test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => void (await wsLoad()))`
    const projects = `import wsLoad from 'vitest-ws-load/plugin'
const defaults = { connections: 1, duration: 500, warmup: 0 }
const project = (name, options) => ({ plugins: [wsLoad({ defaults, ...options })], test: { name, include: [name + '.test.js'] } })
export default { test: { projects: [
  project('a', { export: { openMetrics: 'a.txt' } }),
  project('b', { export: { bmf: 'b.json', openMetrics: 'other.txt' } }),
] } }`
    const run = await consumer.run({ 'vitest.config.js': projects, 'a.test.js': one, 'b.test.js': one }, [])
    const names = ['a: a.test.js › floods', 'b: b.test.js › floods']
    expect(Object.keys(JSON.parse(await readFile(join(run.cwd, 'b.json'), 'utf8')) as object).toSorted()).toEqual(names)
    expect(await readFile(join(run.cwd, 'a.txt'), 'utf8')).toContain(names[1]!)
    expect(run.stderr).toContain('warning: openMetrics is what another project asks for ("a.txt"), and not "other.txt"')
  })

  test('leaves out a flood that it cannot read, and says which', async () => {
    const unreadable = `import { recordArtifact } from 'vitest'
import { test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => void (await wsLoad()))
test('floods for another version', async ({ task, wsLoad }) => {
  await wsLoad()
  await recordArtifact(task, { type: 'vitest-ws-load:flood', index: 0, summary: { schemaVersion: 2 } })
})`
    const options = `report: { html: 'load.html', table: false }, export: { bmf: 'bmf.json' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': unreadable }, [])
    expect(run.exitCode).toBe(0)
    expect(run.stderr).toMatch(
      /^\nvitest-ws-load: warning: a flood of a\.test\.js › floods for another version is left out .*: schemaVersion: expected 1, got 2\n$/,
    )
    const page = await readFile(join(run.cwd, 'load.html'), 'utf8')
    expect(page.match(/<section /g)).toHaveLength(2)
    expect(Object.keys(JSON.parse(await readFile(join(run.cwd, 'bmf.json'), 'utf8')) as object)).toEqual([
      'a.test.js › floods',
      'a.test.js › floods for another version',
    ])
  })

  test('pushes all floods to a Pushgateway, each under its name', async ({ skip }) => {
    skip(noGateway !== undefined, noGateway)
    await using gateway = await pushgateway()
    const options = `export: { pushGateway: '${gateway.url}' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': sound }, [])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toMatch(
      /^ws_load_latency_seconds_count\{instance="",job="ws-load",run="a\.test\.js › floods"\} [1-9]/m,
    )
  })

  test('says that a Pushgateway does not answer, and Vitest ends as it would have', async () => {
    const options = `export: { pushGateway: 'http://someone:hunter2@127.0.0.1:${await freePort()}' }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': sound }, [])
    expect(run.exitCode).toBe(0)
    expect(run.stderr).toMatch(
      /^\nvitest-ws-load: warning: export\.pushGateway: http:\/\/masked:masked@\S+ does not answer/,
    )
    expect(run.output).not.toContain('hunter2')
  })

  test('sends all floods to an OpenTelemetry collector at once, each under its name', async () => {
    await using collector = await otlpCollector()
    const tests = `import { writeFileSync } from 'node:fs'
import { WebSocketServer } from 'ws'
import { test } from 'vitest-ws-load'
const server = new WebSocketServer({ port: 0 })
const url = 'ws://127.0.0.1:' + server.address().port
test('floods', async ({ wsLoad }) => {
  writeFileSync('flood.json', JSON.stringify(await wsLoad({ url, rate: 500 })))
})
test('compares', async ({ wsLoad }) => {
  await wsLoad.compare({ base: { url }, head: { url }, rate: 200, maxDuration: '1s' })
})
test('searches', async ({ wsLoad }) => {
  const load = { rate: undefined, duration: undefined, from: '50/s', to: '100/s', precision: '50%' }
  const { low, high } = await wsLoad.capacity({ url, ...load, slo: { p50: '< 10s' }, maxDuration: '10s' })
  writeFileSync('capacity.json', JSON.stringify([['kept', low], ['missed', high]]))
})`
    const options = `export: { otlp: { url: '${collector.url}', headers: { 'x-token': 'hunter2' } } }`
    const run = await consumer.run({ 'vitest.config.js': config(options), 'a.test.js': tests }, [])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.output).not.toContain('hunter2')
    expect(collector.requests).toHaveLength(1)
    expect(collector.requests[0]!.headers).toMatchObject({ 'x-token': 'hunter2' })
    const latencies = collector.metric('ws_load.latency').points
    expect(latencies.map(({ attributes }) => attributes['run'])).toEqual([
      'a.test.js › floods',
      'a.test.js › compares › base',
      'a.test.js › compares › head',
      'a.test.js › searches › capacity',
    ])
    const { latency } = LoadSummary.fromJSON(JSON.parse(await readFile(join(run.cwd, 'flood.json'), 'utf8')))
    expect(latencies[0]!.histogram).toMatchObject(toExponential(latency))
    for (const { histogram } of latencies) {
      expect(histogram.count).toBeGreaterThan(0)
      expect(histogram.counts.reduce((sum, count) => sum + count, histogram.zeroCount)).toBe(histogram.count)
    }
    const loads = collector.metric('ws_load.capacity').points
    const sent = loads.map(({ attributes, value }) => [attributes['end'], value])
    // JSON knows no infinity.
    expect(JSON.parse(JSON.stringify(sent))).toEqual(JSON.parse(await readFile(join(run.cwd, 'capacity.json'), 'utf8')))
  })

  test.each([
    ['is not there', undefined, 'does not answer: '],
    ['is not ready', 503, 'refused: HTTP 503'],
    ['lets nobody in', 401, 'refused: HTTP 401'],
  ])('says that a collector %s, and Vitest ends as it would have', async (_, status, why) => {
    await using collector = await otlpCollector(() => ({ status: status! }))
    const address = status === undefined ? `127.0.0.1:${await freePort()}` : new URL(collector.url).host
    const options = `export: { otlp: 'http://someone:hunter2@${address}' }`
    const files = { 'vitest.config.js': config(options), 'a.test.js': sound }
    const run = await consumer.run(files, [], { env: { OTEL_EXPORTER_OTLP_TIMEOUT: '3000' } })
    expect(run.exitCode).toBe(0)
    const warning = `\nvitest-ws-load: warning: export.otlp: http://masked:masked@${address}/v1/metrics ${why}`
    expect(run.stderr.slice(0, warning.length)).toBe(warning)
    expect(run.output).not.toContain('hunter2')
  })

  describe('of what an earlier run has written', () => {
    const options = `report: { html: 'load.html' }, export: { bmf: 'bmf.json', openMetrics: 'metrics.txt' }`
    const written = { 'load.html': 'earlier', 'bmf.json': 'earlier', 'metrics.txt': 'earlier' }
    const broken = `import './missing.js'\n${sound}`
    const other = `import { test } from 'vitest'\ntest('adds', () => {})`
    const project = { ...written, 'vitest.config.js': config(options), 'a.test.js': broken, 'other.test.js': other }
    const leftIn = (cwd: string): string[] => Object.keys(written).filter((file) => existsSync(join(cwd, file)))

    test('leaves nothing where a file that floods cannot be loaded', async () => {
      const run = await consumer.run(project)
      expect(run.exitCode).toBe(1)
      expect(leftIn(run.cwd)).toEqual([])
    })

    test('leaves nothing where the server does not start', async () => {
      const target = `target: { command: 'false', url: 'ws://127.0.0.1:${await freePort()}' }`
      const run = await consumer.run({ ...project, 'vitest.config.js': config(`${target}, ${options}`) })
      expect(run.exitCode).toBe(1)
      expect(leftIn(run.cwd)).toEqual([])
    })

    test('leaves all of it in a run of files that do not flood', async () => {
      const run = await consumer.run(project, ['other'])
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(leftIn(run.cwd)).toEqual(Object.keys(written))
    })
  })

  describe('a report that cannot be written', () => {
    const project = (html: string) => ({
      'vitest.config.js': config(`report: { html: '${html}' }`),
      'a.test.js': sound,
    })

    test.each([
      ['in no folder', 'none/job.md', 'ENOENT'],
      ['on a full disk', '/dev/full', 'ENOSPC'],
    ])('%s is said, and neither fails the run nor keeps the page from being written', async (_, job, why) => {
      const run = await consumer.run(project('pages/load.html'), [], { env: { GITHUB_STEP_SUMMARY: job } })
      expect(run.exitCode).toBe(0)
      expect(run.stderr).toMatch(
        new RegExp(
          `^\nvitest-ws-load: warning: the job summary was not written to ${job}: ${why}: .*; set GITHUB_STEP_SUMMARY to a file that can be written\n$`,
        ),
      )
      expect(await readFile(join(run.cwd, 'pages/load.html'), 'utf8')).toContain('a.test.js › floods')
    })

    test('as a page is said, and keeps nothing else from being written', async () => {
      const options = { env: { GITHUB_STEP_SUMMARY: 'job.md' } }
      const run = await consumer.run(project('package.json/load.html'), [], options)
      expect(run.exitCode).toBe(0)
      expect(run.stderr).toMatch(
        /^\nvitest-ws-load: warning: the page was not written to .*load\.html: E\w+: .*; set report\.html /,
      )
      expect(run.stdout).not.toContain('Page written')
      expect(run.stdout).toContain('· floods  no SLO')
      expect(await readFile(join(run.cwd, 'job.md'), 'utf8')).toContain('a.test.js › floods')
    })

    test.each(['2>/dev/full', '2>&-'])('and said to nobody is no error either: %s', async (redirection) => {
      const cwd = await consumer.project(project('package.json/load.html'))
      const vitest = join(consumer.directory, 'node_modules/vitest/vitest.mjs')
      const shell = ['bash', '-c', `exec "$@" ${redirection}`, 'bash', process.execPath, vitest, 'run']
      const run = await startCommand(shell, cwd, { GITHUB_STEP_SUMMARY: 'none/job.md' }).finished
      expect(run.exitCode).toBe(0)
      expect(run.stdout).toContain('· floods  no SLO')
    })
  })

  test('is told when the test process may start no thread, and blames no server', async () => {
    const permitted = `
import wsLoad from 'vitest-ws-load/plugin'
export default {
  test: { execArgv: ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons'] },
  plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0 } })],
}`
    const test = `import { expect, test } from 'vitest-ws-load'
test('floods', async ({ wsLoad }) => {
  expect(await wsLoad({ url: 'ws://127.0.0.1:9' })).toMeetSLO({ p99: '< 1s' })
})
test('rejects', async ({ wsLoad }) => {
  for (const options of [{}, { url: 'ws://127.0.0.1:9' }]) {
    await expect(wsLoad(options)).rejects.toMatchObject({ code: 'WSLOAD_ERR_NOT_PERMITTED' })
  }
})`
    const run = await consumer.run({ 'vitest.config.js': permitted, 'a.test.js': test })
    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('WsLoadError: wsLoad: expected to be allowed to start load threads')
    expect(run.output).toContain('add --allow-worker and --allow-child-process')
    expect(run.output).toMatch(/Tests {2}1 failed \| 1 passed/)
    expect(run.output).not.toMatch(/missed|ERR_ACCESS_DENIED|Caused by|vitest-ws-load\/dist/)
  })

  test('says nothing where nothing was flooded', async () => {
    const nothing = `import { test } from 'vitest'\ntest('adds', () => {})`
    const run = await consumer.run({ 'vitest.config.js': config(), 'sum.test.js': nothing })
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).not.toContain('WebSocket')
  })
})
