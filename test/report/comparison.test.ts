import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { formatComparison } from '../../src/report/comparison.ts'
import { reportComparison } from '../../src/report/verdict-report.ts'
import { width } from '../../src/report/layout.ts'
import { comparison, steady } from '../support/comparison.ts'

test('prints a regression', () => {
  expect(comparison(steady(2), steady(3)).toString()).toMatchInlineSnapshot(`
    "Slower: p50 changed by +50 %, from 2.06 ms to 3.08 ms; 4 % is allowed
        figure     base     head     change   99 % sure            allowed
      ✗ p50        2.06 ms  3.08 ms  +50 %    +49.9 … +50.1 %      4 %
      ✗ p99        6.96 ms  10.4 ms  +49.9 %  +49.6 … +50.2 %      25 %
      ✓ errorRate  0 %      0 %      0 pp     -0.032 … +0.0265 pp  1 pp
      p99 changed by +49.9 %, from 6.96 ms to 10.4 ms; 25 % is allowed
      base against itself (A/A): p50 -1.89 … +2.4 %
      base: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p50
        2.04 ms
      head: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p50
        3.07 ms"
  `)
})

test('prints that there is none', () => {
  expect(comparison(steady(2), steady(2.01)).toString()).toMatchInlineSnapshot(`
    "No regression: 3 figures
        figure     base     head     change    99 % sure            allowed
      ✓ p50        2.04 ms  2.05 ms  +0.536 %  +0.482 … +0.581 %    4 %
      ✓ p99        6.96 ms  7 ms     +0.501 %  +0.138 … +0.805 %    25 %
      ✓ errorRate  0 %      0 %      0 pp      -0.032 … +0.0265 pp  1 pp
      base against itself (A/A): p50 -1.89 … +2.4 %
      base: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s
      head: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p50
        2.06 ms"
  `)
})

test('leaves out what passed where there are more figures than lines', () => {
  const compared = comparison(steady(2), steady(3))
  const [slower] = compared.changes
  const passed = ['p50', 'p75', 'p90', 'p95', 'p99', 'mean'].map((indicator) => {
    return { ...slower!, indicator, verdict: 'same' as const }
  })
  const text = formatComparison(Object.assign(compared, { changes: [...passed, { ...slower!, indicator: 'max' }] }))
  expect(text).toMatch(/^ {2}✗ max /m)
  expect(text).toContain('… and 1 more')
})

test('says how often servers were started, where that was more than once', () => {
  const once = comparison(steady(2), steady(2))
  expect(once.toString()).not.toContain('started')
  const compared = Object.assign(once, { starts: 16 })
  const told = 'both servers were started 16 times: the interval of a time is that of 16 pairs'
  expect(compared.toString().replaceAll(/\n */g, ' ')).toContain(told)
  expect(compared.toMarkdown()).toContain(`\n\n${told}\n\n`)
  expect(reportComparison(compared).remarks[0]).toBe(told)
})

test('says where the time went, below the figures', () => {
  const bottlenecks = [
    'head: the server waited for a processor 41 % of the time that it wanted one: other processes took 0.9 of 2 processors',
    'processor time per answer: base 50 µs, head 60 µs (+20 %)',
  ]
  const told = Object.assign(comparison(steady(2), steady(3)), { bottlenecks })
  const text = told.toString().replaceAll(/\n +/g, ' ')
  expect(text).toContain(`25 % is allowed ${bottlenecks.join(' ')} base against itself`)
  expect(told.toMarkdown()).toContain('- head&#58; the server waited for a processor 41 % of the time')
})

test('says beside which side other floods ran', () => {
  const [base, head] = [steady(2, { environment: { otherFloods: 3 } }), steady(2)]
  const lines = comparison(base, head).toString().split('\n').slice(-4)
  expect(lines).toEqual([
    expect.stringMatching(/^ {2}base: /),
    '    3 other floods ran on this machine at the same time, and may have slowed',
    '      this one down.',
    expect.stringMatching(/^ {2}head: /),
  ])
})

test('prints an improvement', () => {
  expect(comparison(steady(3), steady(2)).toString()).toMatchInlineSnapshot(`
    "Faster: p50 changed by -33.3 %, from 3.08 ms to 2.06 ms; 4 % is allowed
        figure     base     head     change   99 % sure            allowed
      ✓ p50        3.08 ms  2.06 ms  -33.3 %  -33.4 … -33.3 %      4 %
      ✓ p99        10.4 ms  6.96 ms  -33.3 %  -33.4 … -33.2 %      25 %
      ✓ errorRate  0 %      0 %      0 pp     -0.032 … +0.0265 pp  1 pp
      p99 changed by -33.3 %, from 10.4 ms to 6.96 ms; 25 % is allowed
      base against itself (A/A): p50 -1.85 … +2.46 %
      base: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p50
        3.07 ms
      head: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p50
        2.04 ms"
  `)
})

test('prints why it is unclear', () => {
  const gone = steady(2, { ended: 'disconnected', errors: { CLOSE_1011: { count: 10, samples: ['\u001b[2Jbye'] } } })
  expect(comparison(steady(2), gone).toString()).toMatchInlineSnapshot(`
    "Unclear: head: every connection was gone before the run ended
        figure     base     head     change  99 % sure            allowed
      ✓ p50        2.04 ms  2.04 ms  0 %     0 … 0 %              4 %
      ✓ p99        6.96 ms  6.96 ms  0 %     0 … 0 %              25 %
      ✓ errorRate  0 %      0 %      0 pp    -0.032 … +0.0265 pp  1 pp
      base against itself (A/A): p50 -1.89 … +2.4 %
      base: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s
      head: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s
        CLOSE_1011 × 10 ([2Jbye)"
  `)
})

test('has no line that is too long', () => {
  const [base, head] = [steady(2), steady(2, { connections: { opened: 9, failed: 1 } })]
  const long = comparison(base, head, {
    p50: '1%',
    p75: '1%',
    p90: '1%',
    p95: '1%',
    p99: '1%',
    'p99.9': '1%',
    mean: '1%',
  })
  expect(
    Math.max(
      ...long
        .toString()
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(width)
})

test('has no line that is too long where the least change that counts is what is allowed', () => {
  const lossy = steady(0.03, { pings: { timedOut: 21 } })
  const lines = comparison(steady(0.02), lossy, { p50: '10%' }).toString().split('\n')
  expect(lines.find((line) => line.includes('p50  '))).toMatch(/ {2}10 % or 20 µs$/)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width)
})

test('colours verdicts', () => {
  const mark = (open: string) => (text: string) => `<${open}>${text}</${open}>`
  const paint = { red: mark('red'), green: mark('green'), yellow: mark('yellow'), bold: mark('b'), dim: mark('dim') }
  expect(formatComparison(comparison(steady(2), steady(3)), paint)).toContain('<red>✗</red> p50')
})

test('prints itself when it is inspected, and is plain data as JSON', () => {
  const compared = comparison(steady(2), steady(3))
  expect(inspect(compared)).toBe(compared.toString())
  expect(JSON.parse(JSON.stringify(compared))).toMatchObject({
    schemaVersion: 1,
    verdict: 'slower',
    changes: [{ indicator: 'p50' }, { indicator: 'p99' }, { indicator: 'errorRate' }],
    base: { schemaVersion: 1, pings: { answered: 20_000 } },
  })
})
