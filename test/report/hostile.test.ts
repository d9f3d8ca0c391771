import { describe, expect, test } from 'vitest'
import { recordedSLO, recordOf } from '../../src/report/flood-record.ts'
import { describeFlood, floodTableToMarkdown, formatFloodTable } from '../../src/report/flood-table.ts'
import { LoadComparison } from '../../src/summary/load-comparison.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { steady } from '../support/comparison.ts'
import { formatSummary } from '../../src/report/text.ts'
import { formatVerdict } from '../../src/report/verdict.ts'
import { compareRuns, compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { hostileTexts } from '../support/hostile.ts'
import { loadResult } from '../support/result.ts'

/** Texts of a file that have a form, which is checked when it is read. */
const formed = new Set(['ended', 'histogram', 'floors', 'slices'])

/** A run as a file may tell it: every text in it is this one. */
function tampered(text: string): LoadSummary {
  const saturated = steady(2, { generator: { saturated: true } })
  const json: unknown = JSON.parse(JSON.stringify(saturated), (key, value: unknown) => {
    if (key === 'reasons') return [text, text]
    return typeof value === 'string' && !formed.has(key) ? text : value
  })
  return LoadSummary.fromJSON(json)
}

describe.for(hostileTexts)('what a file says, %j,', (text) => {
  const run = tampered(text)
  const other = tampered(`other ${text}`)
  const verdict = evaluateSLO(run, { p99: '< 1ms' })
  const comparison = new LoadComparison(run, other, compareRuns(run, other, parseTolerance(), 0.99))

  test.for([
    ['the summary', formatSummary(run, { verdict })],
    ['the verdict', formatVerdict(run, verdict)],
    ['the comparison', String(comparison)],
    ['the Markdown', comparison.toMarkdown()],
    ['the annotation', describeFlood(recordOf(run, { attempt: 1 }))],
  ] as const)('is neither a control sequence nor a command in %s', ([, output]) => {
    expect(output).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
    for (const line of output.split('\n')) expect(line).not.toMatch(/^\s*::|##(?:vso|teamcity)?\[/)
  })
})

describe.for(hostileTexts)('what a server says, %j,', (text) => {
  const result = loadResult(undefined, {
    errors: { [text]: { count: 1, samples: [text] } },
    connections: { closedEarly: 1 },
    options: { url: `ws://127.0.0.1/${text}`, probe: text },
  })
  const verdict = evaluateSLO(result, { p99: '< 1ms' })
  const comparison = new LoadComparison(result, result, compareSideBySide(result, result, parseTolerance(), 0.99))
  const flood = { ...recordOf(result, { attempt: 1, name: text }), verdicts: [recordedSLO(verdict)] }
  const files = [{ file: text, floods: [{ test: text, failed: false, flood }] }]

  test.for([
    ['the summary', formatSummary(result)],
    ['the summary with a verdict', formatSummary(result, { verdict })],
    ['the verdict', formatVerdict(result, verdict)],
    ['the comparison', String(comparison)],
    ['the table of floods', formatFloodTable(files, 80)],
  ] as const)('is neither a control sequence nor a command in %s', ([, output]) => {
    expect(output).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u)
    for (const line of output.split('\n')) {
      expect(line).not.toMatch(/^\s*::|##(?:vso|teamcity)?\[/)
      expect(line.length).toBeLessThanOrEqual(80)
    }
  })

  test('stays on the line of an annotation', () => {
    expect(describeFlood(flood)).not.toMatch(/\p{C}|[\u2028\u2029]|^\s*::|##(?:vso|teamcity)?\[/u)
  })

  test.for([
    ['a comparison', comparison.toMarkdown()],
    ['the table of floods', floodTableToMarkdown(files)],
  ] as const)('is no markup in the Markdown of %s', ([, markdown]) => {
    const cells = markdown.split('\n').filter((line) => /^[|-] /.test(line))
    expect(cells.join('')).not.toMatch(/[<>`@[\]]|\*\*|\p{Cc}/u)
    expect(new Set(cells.filter((line) => line.startsWith('| ')).map((line) => line.split('|').length)).size).toBe(1)
  })
})
