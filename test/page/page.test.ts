import { describe, expect, test } from 'vitest'
import { compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { formatPage } from '../../src/page/page.ts'
import { formatPicture } from '../../src/page/picture.ts'
import { recordedComparison, recordedSLO } from '../../src/report/flood-record.ts'
import { intervalOf } from '../../src/report/verdict.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { hostileTexts } from '../support/hostile.ts'
import { loadResult } from '../support/result.ts'

const second = { duration: 1_000, sent: 4_000, answered: 4_000, timedOut: 0, lost: 0, dropped: 0, throughput: 4_000 }
const intervals = [
  { ...second, start: 0, p50: 2, p99: 18, max: 18 },
  { ...second, start: 1_000, p50: NaN, p99: NaN, max: NaN, answered: 0, throughput: 0, timedOut: 4_000 },
  { ...second, start: 2_000, p50: 2, p99: 18, max: 18 },
]
const result = loadResult(undefined, { intervals })
const slo = ['p99 < 20ms', 'p50 < 1ms', 'warn: p90 < 1ms']

function pageOf(runs = [{ name: 'latency', result }]): string {
  return formatPage('Gateway', [{ title: 'answers', runs, verdicts: [recordedSLO(evaluateSLO(result, slo))] }])
}

test.each([
  ['incomplete', 'incomplete'],
  ['disconnected', 'disconnected early'],
] as const)('a page of a run that was %s says that it was %s', (ended, said) => {
  expect(pageOf([{ name: 'latency', result: loadResult(undefined, { ended }) }])).toContain(`.000Z, ${said}</p>`)
})

test('a page counts the coalesced pings among those that percentiles are of', () => {
  const coalescing = loadResult(undefined, { pings: { coalesced: 15_000, lost: 3 } })
  const page = pageOf([{ name: 'latency', result: coalescing }])
  expect(page).toContain('of 20,003 pings.</desc>')
  expect(page).toContain('<th scope="row">pings coalesced</th><td>15,000</td>')
})

test('a page of a fan-out says who was reached, and when messages had reached everybody', () => {
  const fanOut = fanOutResult({ messages: 1_000, missed: 500, duplicates: 7, outOfOrder: 3 })
  const ofMessages = { ...fanOut.fanOut.completion, intervals: intervals.map((one) => ({ ...one, sent: 40 })) }
  const run = { ...fanOut, intervals, fanOut: { ...fanOut.fanOut, completion: ofMessages } }
  const verdicts = [recordedSLO(evaluateSLO(run, ['delivery.p99 < 20ms', 'reach >= 100%']))]
  const page = formatPage('Rooms', [{ title: 'chat', runs: [{ name: 'chat', result: run }], verdicts }])
  expect(page).toContain('<figcaption>Delivery by percentile</figcaption>')
  expect(page).toContain('<figcaption>Delivery over time</figcaption>')
  expect(page).toContain('<figcaption>Completion over time</figcaption>')
  expect(page).toContain('<dt>reach</dt><dd>99.5 %</dd>')
  expect(page).toContain('<dt>completion p99</dt>')
  expect(page).toContain('of 100,000 deliveries.</desc>')
  expect(page).toContain('<th scope="row">published sent</th><td>1,000</td>')
  expect(page).toContain('<th scope="row">duplicates</th><td>7</td>')
  expect(page).not.toMatch(/\b[Pp]ings\b/)
  expect(formatPicture(run)).toContain('Completion over time')
})

test('a page shows what the processors did in each second, and says where the time went', () => {
  const server = { source: 'port', processes: 2, cpuPerPing: 0.05, cores: 0.5, waiting: 0.41, blocks: [] } as const
  const rss = { start: 2 ** 26, max: 2 ** 27, end: 2 ** 26 }
  const machine = { cores: 2, busy: 0.95, foreign: 0.45, steal: 0.01, pressure: { cpu: 0.3 } }
  const each = intervals.map((one) => ({
    ...one,
    server: { cores: 0.5, waiting: 0.41, cpuPerPing: 0.05, rss: 2 ** 26 },
    machine,
  }))
  const run = loadResult(undefined, { intervals: each, server: { ...server, rss }, machine })
  const page = formatPage('Gateway', [
    { title: 'slow', runs: [{ name: 'latency', result: run }], verdicts: [recordedSLO(evaluateSLO(run, slo))] },
  ])
  expect(page).toContain('processors in use, of 2: server solid, all dotted, other processes dashed')
  expect(page).toContain(
    'the server waited for a processor 41 % of the time that it wanted one: other processes took 0.9 of 2 processors',
  )
  expect(page).toContain(
    'server 0.5 processors\n50 µs CPU per answer\nwaited for one 41 % of the time\nmachine 95 % busy\n45 % by other processes',
  )
  expect(page).toContain('<th scope="row">CPU per ping</th><td>50 µs</td>')
  expect(page).toContain('64 MiB at first, 128 MiB at most, 64 MiB at last')
  expect(page).toContain('<th scope="row">given to other machines</th><td>1 %</td>')
  expect(pageOf()).not.toContain('processors in use')
})

test('a page shows no processors of a run whose machine was not watched all the time', () => {
  const machine = { cores: 2, busy: 0.95, pressure: {} }
  const each = intervals.map((one) => ({ ...one, machine }))
  expect(formatPicture(loadResult(undefined, { intervals: each }))).not.toContain('processors in use')
})

test('a page says the verdict, its objectives and the figures in words', () => {
  const page = pageOf()
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page).toContain('<strong class="badge bad">✗ fail</strong>')
  expect(page).toContain('SLO missed: p50 is 2 ms, the limit is &lt; 1ms')
  expect(page).toContain('<th scope="row">p99</th><td>&lt; 20ms</td><td>18 ms</td>')
  expect(page).toContain('<desc>latency: p50 2 ms, p99 18 ms, maximum 18 ms of 20,000 pings.</desc>')
})

test('a page has a line for each limit of a percentile', () => {
  expect(pageOf().match(/<line class="limit (?:fail|warn)"/g)).toHaveLength(3)
})

test('a second without answers breaks the lines, and what failed is a bar', () => {
  const page = pageOf()
  expect(page.match(/<rect class="bar bad"/g)).toHaveLength(1)
  expect(page).not.toMatch(/NaN|Infinity|undefined|null/)
})

test('base and head share the charts', () => {
  const head = loadResult(
    Array.from({ length: 20_000 }, (_, nth) => (nth % 25 === 0 ? 25 : 3)),
    { intervals },
  )
  const comparison = compareSideBySide(result, head, parseTolerance(), 0.99)
  const runs = Object.entries({ base: result, head }).map(([name, one]) => ({ name, result: one }))
  const page = formatPage('Base against head', [
    { title: 'gateway', runs, verdicts: [recordedComparison({ ...comparison, base: result, head })] },
  ])
  expect(page.match(/class="chart"/g)).toHaveLength(4)
  expect(page).toContain('<text class="legend" x="104" y="16">base</text>')
  expect(page).toContain('<caption>Changes</caption>')
})

test('the percentiles in the table are as sure as a verdict on them', () => {
  const { objectives } = evaluateSLO(result, { p50: '< 1h', p90: '< 1h', p99: '< 1h' })
  const rows = objectives.map((objective) => [objective.indicator, intervalOf(objective)])
  for (const [name, interval] of rows) {
    expect(interval).toMatch(/ms$/)
    expect(pageOf()).toMatch(new RegExp(`<th scope="row">${name}</th><td>[^<]*</td><td>${interval}</td>`))
  }
  const aborted = { ...result, ended: 'aborted' as const }
  expect(pageOf([{ name: 'latency', result: aborted }])).toContain('<th scope="row">p99</th><td>18 ms</td><td></td>')
})

test('numbers carry their units, of the generator and of the options too', () => {
  const page = pageOf()
  for (const [name, value] of [
    ['CPU per ping', '5 µs'],
    ['event loop busy', '40 %'],
    ['saturated', 'no'],
    ['duration', '5 s'],
    ['timeout', '5 s'],
    ['payloadBytes', '8'],
  ]) {
    expect(page).toContain(`<th scope="row">${name}</th><td>${value}</td>`)
  }
})

test('a run that nobody judged has no SLO', () => {
  const page = formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts: [] }])
  expect(page).toContain('<h2>answers <strong class="badge muted">· no SLO</strong></h2>')
})

describe('the base of a comparison that has a section of its own', () => {
  const base = { title: 'base', runs: [{ name: 'base', result }], verdicts: [], isBase: true }

  test('is no run without an SLO', () => {
    expect(formatPage('Gateway', [base])).toContain('<h2>base <strong class="badge muted">· base</strong></h2>')
  })

  test('is counted as a base', () => {
    const verdicts = [recordedSLO(evaluateSLO(result, { p99: '< 20ms' }))]
    const head = { title: 'head', runs: [{ name: 'head', result }], verdicts }
    expect(formatPage('Gateway', [base, head])).toContain('<p>2 floods: 1 met, 1 as a base</p>')
  })

  test('has the verdict that was asked of it', () => {
    const verdicts = [recordedSLO(evaluateSLO(result, { p99: '< 20ms' }))]
    expect(formatPage('Gateway', [{ ...base, verdicts }])).toContain('✓ pass</strong></h2>')
  })
})

test('other floods on the machine come before all figures', () => {
  const beside = loadResult(undefined, { environment: { otherFloods: 2 } })
  expect(pageOf([{ name: 'latency', result: beside }])).toMatch(
    /<p class="caution">2 other floods ran on this machine at the same time, .*<\/p><dl class="figures">/,
  )
})

test('what kept the generator from running is there, as far as the system told', () => {
  const starved = loadResult(undefined, { generator: { starvation: { waiting: 0.05, stopped: 0 } } })
  const page = pageOf([{ name: 'latency', result: starved }])
  expect(page).toContain('<th scope="row">waited for a processor</th><td>5 % of the time</td>')
  expect(page).toContain('<th scope="row">stopped otherwise</th><td>0 % of the time</td>')
  expect(page).not.toContain('stopped by a quota')
})

test('what the generator may have caused itself is there if it happened', () => {
  const afterSilence = { timedOut: 3, lost: 0, dropped: 0, failed: 0, closedEarly: 1, failedReconnects: 0 }
  const page = pageOf([
    { name: 'latency', result: loadResult(undefined, { generator: { afterSilence, heldBack: 7 } }) },
  ])
  expect(page).toContain('<th scope="row">pings held back</th><td>7</td>')
  expect(page).toContain('<th scope="row">pings timed out after a silence of its own</th><td>3</td>')
  expect(page).toContain('<th scope="row">connections closed early after a silence of its own</th><td>1</td>')
  expect(page).not.toContain('pings lost after a silence')
})

test('a saturated generator comes before all figures', () => {
  const doubtful = loadResult(undefined, { generator: { saturated: true, reasons: ['it was busy'] } })
  const page = pageOf([{ name: 'latency', result: doubtful }])
  expect(page).toMatch(/<p class="caution">Load generator saturated: it was busy<\/p><dl class="figures">/)
})

test('several floods have a table of contents', () => {
  const section = { title: 'answers', runs: [{ name: 'latency', result }], verdicts: [] }
  expect(formatPage('All', [section, section])).toContain('<a href="#flood-2">answers</a>')
})

test('connections that failed are told apart from pings that did', () => {
  const failing = loadResult([], { connections: { opened: 0, failed: 10 } })
  const page = pageOf([{ name: 'latency', result: failing }])
  expect(page).toContain('<dt>errors</dt><dd>-</dd>')
  expect(page).toContain('<dt>connect errors</dt><dd>100 %</dd>')
  expect(pageOf()).not.toContain('connect errors')
})

test('a run that measured nothing has a page', () => {
  const nothing = loadResult([], { errors: { ECONNREFUSED: { count: 10, samples: ['refused'] } } })
  const page = pageOf([{ name: 'latency', result: nothing }])
  expect(page).toContain('ECONNREFUSED')
  expect(page).not.toMatch(/NaN|Infinity|undefined|null/)
  expect(formatPicture(nothing)).toBeNull()
})

test('a page runs no scripts and loads nothing', () => {
  const page = pageOf()
  expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;;')
  expect(page).not.toMatch(/<script|<link|src=|url\(|@import|href="(?!#)/)
})

test.for(hostileTexts)('is text in a page and in a picture: %j', (hostile) => {
  const nasty = loadResult(undefined, {
    errors: { [hostile]: { count: 1, samples: [hostile] } },
    options: { url: hostile, protocols: [hostile] },
    environment: { cpu: hostile },
    generator: { saturated: true, reasons: [hostile] },
    intervals,
  })
  const runs = [{ name: hostile, result: nasty }]
  const verdicts = [recordedSLO(evaluateSLO(nasty, slo))]
  const elements = (page: string): string[] => page.match(/<\/?[a-z]+/gi) ?? []
  const plain = formatPage('x', [{ title: 'x', runs: [{ name: 'x', result: nasty }], verdicts }])
  expect(elements(formatPage(hostile, [{ title: hostile, runs, verdicts }]))).toEqual(elements(plain))
  expect(elements(formatPicture(nasty, hostile)!)).toEqual(elements(formatPicture(result)!))
})

test('messages that answered nothing come before all figures', () => {
  const messages = { received: 30_000, unsolicited: 10_000, surplus: 1_200, afterLastAnswer: 200 }
  const page = formatPage('Floods', [
    { title: 'one', runs: [{ name: 'one', result: loadResult(undefined, { messages }) }], verdicts: [] },
  ])
  expect(page.indexOf('1,200 messages came when no ping was unanswered')).toBeLessThan(page.indexOf('<dl'))
  expect(page).toMatch(/messages after last answer<\/th><td[^>]*>200/)
})

test('a page says at its top how many floods met their SLO, and on which machine they ran', () => {
  const runs = [{ name: 'latency', result }]
  const section = { title: 'answers', runs, verdicts: [] }
  const judged = (asked: SLO) => [recordedSLO(evaluateSLO(result, asked))]
  const page = formatPage('All', [
    { ...section, verdicts: judged(slo) },
    { ...section, verdicts: judged('p99 < 20ms') },
    { ...section, verdicts: judged('p99.99 < 19ms') },
    { title: 'base against head', runs: [...runs, ...runs], verdicts: judged('p99 < 20ms') },
    section,
  ])
  expect(page).toContain(
    '<h1>All</h1><p>4 floods, 1 comparison: 2 met, 1 missed, 1 inconclusive, 1 without an SLO</p>' +
      '<p class="muted">Test CPU, 2 processors, linux 6.1 x64, Node 24.21.0</p><nav',
  )
})

test('a page names each machine that its floods ran on', () => {
  const elsewhere = loadResult(undefined, { environment: { cpu: 'Other CPU', cores: 8 } })
  const sections = [result, elsewhere].map((one) => ({
    title: 'one',
    runs: [{ name: 'one', result: one }],
    verdicts: [],
  }))
  const page = formatPage('All', sections)
  expect(page.match(/<p class="muted">\w+ CPU, \d processors/g)).toEqual([
    '<p class="muted">Test CPU, 2 processors',
    '<p class="muted">Other CPU, 8 processors',
  ])
})

test('a page names the commit of what was flooded', () => {
  const sections = [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts: [] }]
  expect(formatPage('All', sections, '1f2e3d')).toContain('without an SLO</p><p class="muted">Commit 1f2e3d</p>')
  expect(formatPage('All', sections)).not.toContain('Commit')
})

test('a page without floods says nothing of totals', () => {
  expect(formatPage('All', [])).toContain('<header><h1>All</h1></header>')
})

test('a bound that only warns is a warning in the table of a flood that met its SLO', () => {
  const verdicts = [recordedSLO(evaluateSLO(result, { p99: { warn: '< 10ms', fail: '< 20ms' } }))]
  const page = formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result }], verdicts }])
  expect(page).toContain('✓ pass</strong>')
  expect(page).toMatch(/<td>&lt; 10ms<\/td>.*<td>warning<\/td>/)
  expect(page).toContain('warning: p99 is 18 ms, the limit is &lt; 10ms')
  expect(page).not.toContain('<td>fail</td>')
})

test('what tells floods of a long test apart is not cut off', () => {
  const runs = [{ name: 'latency', result }]
  const page = formatPage('Gateway', [{ title: `${'a test '.repeat(30)}› base`, runs, verdicts: [] }])
  expect(page).toMatch(/<h2>(?:a test ){30}› base /)
})

test('a percentile that too few pings tell is not listed', () => {
  const few = loadResult(Array.from({ length: 200 }, () => 2))
  const page = formatPage('Gateway', [{ title: 'answers', runs: [{ name: 'latency', result: few }], verdicts: [] }])
  expect(page).toContain('<th scope="row">p99</th>')
  expect(page).not.toContain('<th scope="row">p99.9</th>')
})

test('a percentile that one of two runs tells is listed of that one', () => {
  const few = loadResult(Array.from({ length: 200 }, () => 2))
  const runs = Object.entries({ base: result, head: few }).map(([name, one]) => ({ name, result: one }))
  const page = formatPage('Base against head', [{ title: 'gateway', runs, verdicts: [] }])
  expect(page).toMatch(/<th scope="row">p99\.9<\/th><td>18 ms<\/td><td>[^<]*<\/td><td>-<\/td><td><\/td>/)
})

test('runs from different times have a machine each', () => {
  const machine = { cores: 2, busy: 0.95, foreign: 0.45, pressure: {} }
  const watched = (startedAt: string) => {
    const each = intervals.map((one) => ({ ...one, machine }))
    return loadResult(undefined, { intervals: each, machine, startedAt })
  }
  const pageFrom = (...times: readonly [string, string]): string => {
    const runs = times.map((time, nth) => ({ name: `run ${nth}`, result: watched(time) }))
    return formatPage('Two', [{ title: 'gateway', runs, verdicts: [] }])
  }
  const busy = (page: string): string[] => page.match(/<path class="line \w+ dotted" d="[^"]*"/g) ?? []
  const apart = busy(pageFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'))
  const atOnce = busy(pageFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'))
  expect(apart.length).toBe(atOnce.length + 1)
})
