import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatSummary } from '../../src/report/text.ts'
import { formatVerdict } from '../../src/report/verdict.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { repository } from '../e2e/support/consumer.ts'
import { loadResult, repeated } from '../support/result.ts'
import { documents, page, placeOf } from './support/documents.ts'

/** What verdicts.md shows, by its heading. */
const messages: Readonly<Record<string, readonly [LoadResult, SLO]>> = {
  Pass: [loadResult(repeated(20_000, 2)), { p99: { warn: '< 1ms', fail: '< 20ms' }, errorRate: '< 0.1%' }],
  Fail: [
    loadResult([...repeated(19_400, 2), ...repeated(600, 24)], {
      pings: { timedOut: 40 },
      errors: { PROBE_REPLY_FAILED: { count: 40, samples: ['SyntaxError: Unexpected end of JSON input'] } },
    }),
    { p99: '< 20ms', errorRate: '< 0.1%', p50: '< 5ms' },
  ],
  'Not enough evidence': [loadResult([...repeated(4_070, 2), ...repeated(30, 24)]), { p99: '< 20ms' }],
  'The generator cannot tell': [
    loadResult(repeated(20_000, [12, 25] as const), {
      generator: {
        saturated: true,
        reasons: [
          'its event loop was busy 97 % of the time: take fewer connections a thread, a lower rate or more threads',
        ],
      },
    }),
    { p99: '< 20ms', errorRate: '< 0.1%' },
  ],
  'Nothing was measured': [
    loadResult([], {
      connections: { opened: 0, failed: 10 },
      errors: { ECONNREFUSED: { count: 10, samples: ['connect ECONNREFUSED 127.0.0.1:3001'] } },
    }),
    { p99: '< 20ms' },
  ],
}

/** What server.md shows: a run whose server waited for a processor. */
const waiting = loadResult([...repeated(19_200, 2), ...repeated(800, 18)], {
  server: {
    source: 'port',
    processes: 1,
    cpuPerPing: 0.063,
    cores: 0.126,
    waiting: 0.41,
    rss: { start: 66.4 * 2 ** 20, max: 68.7 * 2 ** 20, end: 68.7 * 2 ** 20 },
    blocks: [],
  },
  machine: { cores: 2, busy: 0.956, foreign: 0.45, steal: 0 },
})

test('docs/server.md shows where the time went, and what server and machine did', () => {
  const [verdict, figures] = page('docs/server.md')
    .text.split('\n```\n')
    .filter((_, nth) => nth % 2 === 1)
  expect(formatVerdict(waiting, evaluateSLO(waiting, { p99: '< 10ms' }))).toBe(verdict)
  expect(formatSummary(waiting)).toContain(figures)
})

test.for(Object.keys(messages))('docs/verdicts.md shows what is said of "%s"', (heading) => {
  const [result, slo] = messages[heading]!
  const [, shown] = new RegExp(`^### ${heading}\n\n\`\`\`\n([\\s\\S]*?)\n\`\`\`$`, 'm').exec(
    page('docs/verdicts.md').text,
  )!
  expect(formatVerdict(result, evaluateSLO(result, slo))).toBe(shown)
})

test('every example that asserts an SLO ends when that is decided', () => {
  const examples = globSync('examples/*/*.test.ts', { cwd: repository }).map((file) =>
    readFileSync(join(repository, file), 'utf8'),
  )
  const codes = documents.flatMap(({ blocks }) => blocks).map(({ code }) => code)
  const asserting = [...codes, ...examples].filter(
    (code) => /wsLoad(?:\.flood)?\(/.test(code) && code.includes('.toMeetSLO('),
  )
  expect(asserting.length).toBeGreaterThan(5)
  expect(asserting.filter((code) => !code.includes('until'))).toEqual([])
})

test('every other output is that of a command which stands above it', () => {
  const outputs = documents.flatMap(({ blocks }) => blocks).filter(({ language }) => language === '')
  const unmarked = outputs
    .filter(({ before }) => !/^<!-- node \S+\.[jt]s.* -->$/.test(before))
    .filter(({ document }) => !['docs/verdicts.md', 'docs/reports.md', 'docs/server.md'].includes(document))
  expect(unmarked.map(placeOf)).toEqual([])
})

test('every command that prints a part of a document exists', () => {
  const commands = documents.flatMap(({ text }) => [...text.matchAll(/<!-- node (\S+) ?(.*?) -->/g)])
  const programs = new Set(commands.map(([, program]) => program!.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')))
  expect([...programs].filter((program) => !existsSync(join(repository, program)))).toEqual([])
})

test('bench:publish finds every document that has such a part', () => {
  const [, published = ''] = /^const documents = \[([^\]]*)\]$/m.exec(
    readFileSync(join(repository, 'bench/publish.ts'), 'utf8'),
  )!
  const marked = documents.filter(({ text }) => text.includes('\n<!-- node ')).map(({ path }) => path)
  expect([...published.matchAll(/'(.*)'/g)].map(([, path]) => path)).toEqual(marked)
})

test('figures that README quotes stand in docs/verdicts.md', () => {
  const [, section] = /^## How sure is a verdict\?\n\n([\s\S]*?)\n\n## /m.exec(page('README.md').text)!
  const published = page('docs/verdicts.md').text
  const shares = [...section!.matchAll(/\b([\d.]+) %/g)].map(([, share]) => `${share} %`)
  expect(shares.filter((share) => share !== '99 %' && !published.includes(` ${share}`))).toEqual([])
  const commands = [...section!.matchAll(/`(node [^`]+)`/g)].map(([, command]) => `<!-- ${command} -->`)
  expect(commands.length).toBe(3)
  expect(commands.filter((command) => !published.includes(command))).toEqual([])
})

test('capacities that README quotes stand in docs/capacity.md', () => {
  const [sentence = ''] = /^How much do two backends [\s\S]*?\n$/m.exec(page('README.md').text)!
  const { prose } = page('docs/capacity.md')
  const [, command] = /`(node [^`]+)`/.exec(sentence)!
  expect(page('docs/capacity.md').text).toContain(`<!-- ${command} -->`)
  const cells = new Set(prose.split('|').map((cell) => cell.trim()))
  const rates = [...sentence.matchAll(/\b([\d.]+k)\b/g)].map(([, rate]) => `${rate}/s`)
  expect(rates).toHaveLength(4)
  expect(rates.filter((rate) => !cells.has(rate))).toEqual([])
})

test("README's table of wrong verdicts is that of docs/verdicts.md", () => {
  const published = new Map(
    page('docs/verdicts.md')
      .table('pings are, judged by')
      .map(([name, ...cells]) => [name, cells]),
  )
  const rows = page('README.md').table('pings are')
  expect(rows.length).toBe(published.size / 3)
  for (const [stream, ...cells] of rows) {
    const ours = published.get(`${stream}, vitest-ws-load`)!
    const naive = published.get(`${stream}, all pings independent`)!
    expect([stream, ...cells]).toEqual([stream, ours[0], ours[1], naive[0], naive[1]])
  }
})

test('verdicts on two servers that README quotes are those of docs/verdicts.md', () => {
  const [sentence = ''] = /^Of \d+ comparisons of two servers that were the same, [\s\S]*?\n$/m.exec(
    page('README.md').text,
  )!
  const outcomes = ['runs', 'slower', 'faster', 'same', 'unclear'] as const
  const rows = new Map(
    page('docs/verdicts.md')
      .table('gate')
      .map(([gate, head, ...cells]) => [
        `${gate}: ${head}`,
        Object.fromEntries(outcomes.map((outcome, nth) => [outcome, cells[nth]])),
      ]),
  )
  const hog = ', a core taken now and then'
  const ofBoth = (gate: string, head: string, outcome: (typeof outcomes)[number]): string[] =>
    [head, `${head}${hog}`].map((one) => rows.get(`${gate}: ${one}`)![outcome]!)
  const [runs] = ofBoth('wsLoad.compare', 'the same', 'runs')
  expect(ofBoth('wsLoad.compare', 'the same', 'runs')).toEqual([runs, runs])
  expect(ofBoth('one after the other', 'the same', 'runs')).toEqual([runs, runs])
  expect(ofBoth('wsLoad.compare', 'the same', 'slower')).toEqual(['0', '0'])
  expect(ofBoth('wsLoad.compare', '20 % more sleep', 'slower')).toEqual([runs, runs])
  const numbers = sentence.replaceAll(/`[^`]*`|\d+ %/g, '').match(/\b\d+\b/g)
  expect(numbers).toEqual([
    runs,
    ...ofBoth('wsLoad.compare', 'the same', 'same'),
    runs,
    ...ofBoth('one after the other', 'the same', 'same'),
  ])
})

test('verdicts on real runs that README quotes are those of docs/verdicts.md', () => {
  const quoted =
    /(\d+) of (\d+) passed\nand (\d+) of (\d+) were inconclusive; at 1\.25 of it, (\d+) of (\d+) failed/.exec(
      page('README.md').text,
    )!
  const [passed, , undecided, , failed, runs] = quoted.slice(1)
  expect(new Set([quoted[2], quoted[4], quoted[6]])).toEqual(new Set([runs]))
  expect(page('docs/verdicts.md').prose).toContain(`\n${runs} runs each of up to 30 s at 5,000 pings a second`)
  const rows = new Map(
    page('docs/verdicts.md')
      .table('true p99 ÷ limit')
      .map(([ratio, ...cells]) => [ratio, cells]),
  )
  expect(rows.get('0.8')!.slice(0, 2)).toEqual([passed, undecided])
  expect(rows.get('1.25')![2]).toBe(failed)
})

test('README is short, and begins with a command', () => {
  const lines = page('README.md').text.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(150)
  expect(lines.indexOf('npm i -D vitest vitest-ws-load')).toBeLessThan(12)
})
