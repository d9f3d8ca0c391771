import { expect, test } from 'vitest'
import { formatPage } from '../../src/page/page.ts'
import { formatPicture } from '../../src/page/picture.ts'
import { recordedSLO } from '../../src/report/flood-record.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { FanOutSummary } from '../../src/summary/fan-out-summary.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult } from '../support/result.ts'

const summary = new FanOutSummary(fanOutResult({ missed: 20, duplicates: 3, outOfOrder: 2 }))

test('a summary of a fan-out names what its figures are', () => {
  expect(summary).toMatchObject({
    expected: 20_000,
    delivered: 19_980,
    missed: 20,
    reach: 0.999,
    duplicates: 3,
    outOfOrder: 2,
  })
  expect(summary.published).toMatchObject({ sent: 200, answered: 180 })
  expect(summary.delivery).toBe(summary.latency)
  expect(summary.completion.count).toBe(180)
})

test('a summary of a fan-out is read from its JSON as it was', () => {
  const read = FanOutSummary.fromJSON(JSON.parse(JSON.stringify(summary)))
  expect(String(read)).toBe(String(summary))
  expect(JSON.stringify(FanOutSummary.fromJSON(JSON.parse(JSON.stringify(read))))).toBe(JSON.stringify(read))
  expect(LoadSummary.fromJSON(JSON.parse(JSON.stringify(summary))).fanOut?.duplicates).toBe(3)
})

test('a run of pings is no fan-out', () => {
  const json: unknown = JSON.parse(JSON.stringify(new LoadSummary(loadResult())))
  expect(() => FanOutSummary.fromJSON(json)).toThrow('expected a fan-out, got a run of pings')
})

test('a summary of a fan-out prints what became of its messages', () => {
  const text = String(summary)
  for (const words of [
    '100 subscribers, 1 publisher',
    '200 published, 40/s',
    '180 reached everybody',
    '20 missed',
    '99.9 %',
  ]) {
    expect(text).toContain(words)
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('a summary of a fan-out has a page and a picture', () => {
  expect(
    formatPage('fan-out', [{ title: 'rooms', runs: [{ name: 'latency', result: summary }], verdicts: [] }]),
  ).toContain('<svg')
  expect(formatPicture(summary, 'rooms')).toContain('<svg')
})

test('the page of a fan-out draws limits of deliveries, not of messages', () => {
  const verdict = evaluateSLO(summary, ['delivery.p50 < 20ms', 'completion.p50 < 30ms'])
  const page = formatPage('fan-out', [
    { title: 'rooms', runs: [{ name: 'latency', result: summary }], verdicts: [recordedSLO(verdict)] },
  ])
  const chart = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'))
  expect(chart).toContain('delivery.p50 &lt; 20ms')
  expect(chart).not.toContain('completion')
})
