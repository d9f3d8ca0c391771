import { describe, expect, test } from 'vitest'
import { formatEnds } from '../../src/capacity/capacity.ts'
import { compareCapacities } from '../../src/capacity/compare.ts'
import { judgeSustained } from '../../src/capacity/sustain.ts'
import { formatCapacity, formatStep, formatSustained, titleOfCapacity } from '../../src/report/capacity.ts'
import { reportCapacityComparison } from '../../src/report/verdict-report.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { loadResult } from '../support/result.ts'

const steps = [capacityStep(1_600, 'fail', { recovery: 800 }), capacityStep(900, 'pass')]

test('a capacity is a sentence, the loads in their order, and what there is to say of the search', () => {
  const url = 'ws://127.0.0.1:3001'
  const summary = loadResult(undefined, { options: { url } })
  const text = formatCapacity(capacityResult([...steps, capacityStep(2_000, 'pass', { summary })]))
  expect(text.split('\n')).toEqual([
    'Capacity: at least 900/s with p99 < 20ms',
    expect.stringContaining('10 connections, 3 loads tried in 12 s'),
    '    load    p50   p99     errors  answered  measured  recovery',
    expect.stringMatching(/^ {2}✓ 900\/s +2 ms +5 ms +0 % +200\/s +5 s$/),
    expect.stringMatching(/^ {2}✗ 1.6k\/s +2 ms +400 ms +0 % +200\/s +5 s +800 ms$/),
    expect.stringMatching(/^ {2}✓ 2k\/s /),
    '  the search ended before it found a load that is surely too much: give it more',
    '    time (maxDuration)',
    '  the server is not always the same: it surely kept 2k/s at one time and surely',
    '    missed 1.6k/s at another',
  ])
})

test('how many machines generated the loads is said', () => {
  const { environment } = loadResult()
  const machines = ['a', 'b'].map((name) => ({ name, connections: 5, environment }))
  const over = capacityStep(900, 'pass', { summary: loadResult(undefined, { machines }) })
  expect(formatCapacity(capacityResult([over]))).toContain('10 connections, from 2 agents, 1 load tried in 12 s')
})

test('a watched server that had used all it can is said to have, from which load on', () => {
  const server = {
    source: 'port',
    processes: 1,
    cpuPerPing: 0.5,
    rss: { start: 1, max: 1, end: 1 },
    blocks: [],
  } as const
  const using = (cores: number) => ({ summary: loadResult(undefined, { server: { ...server, cores } }) })
  const watched = [
    capacityStep(900, 'pass', using(0.45)),
    capacityStep(2_000, 'fail', using(0.99)),
    capacityStep(4_000, 'fail', using(1)),
  ]
  expect(formatCapacity(capacityResult(watched)).replaceAll(/\s+/g, ' ')).toContain(
    'from 2k/s on, the server used no more of the processors than 1',
  )
  expect(formatCapacity(capacityResult(steps))).not.toContain('processors')
})

test.each([
  [steps, 'Capacity: 1.2k/s with p99 < 20ms, between 900/s (kept) and 1.6k/s (missed), 99 % sure'],
  [steps.slice(1), 'Capacity: at least 900/s with p99 < 20ms'],
  [steps.slice(0, 1), 'Capacity: below 1.6k/s with p99 < 20ms'],
  [[], 'Capacity: unknown, with p99 < 20ms'],
])('the sentence says how far the capacity is known', (tried, title) => {
  expect(titleOfCapacity(capacityResult(tried))).toBe(title)
})

test('a load to sustain comes first', () => {
  const capacity = capacityResult(steps)
  const titleOf = (load: number): string => formatSustained(capacity, judgeSustained(capacity, load)).split('\n')[0]!
  expect(titleOf(800)).toMatch(/^Sustained: 800\/s is sustained/)
  expect(titleOf(1_200)).toMatch(/^Inconclusive: 1.2k\/s is neither surely sustained/)
  expect(titleOf(1_600)).toMatch(/^Not sustained: 1.6k\/s is not sustained/)
})

test.each([
  [capacityStep(900, 'pass'), '✓ 900/s kept, p50 2 ms, p99 5 ms, 0 % errors'],
  [capacityStep(900, 'fail'), '✗ 900/s missed, p50 2 ms, p99 400 ms, 0 % errors: p99 is 400 ms'],
  [
    capacityStep(900, 'inconclusive', { summary: undefined, reasons: ['no descriptors'] }),
    '? 900/s undecided: no descriptors',
  ],
])('a load is a line of its own when it is over', (step, line) => {
  expect(formatStep({ over: 'rate' }, step)).toBe(line)
})

describe('loads that read alike with three digits are told with more', () => {
  const near = capacityResult([capacityStep(1_998, 'pass'), capacityStep(2_190, 'fail')])

  test('beside a load to sustain', () => {
    expect(judgeSustained(near, 2_000).reason).toMatch(/: 1\.998k\/s is surely kept, 2\.19k\/s surely missed$/)
  })

  test('as the ends of a capacity', () => {
    const nearer = capacityResult([capacityStep(1_998, 'pass'), capacityStep(2_001, 'fail')], { precision: 0.001 })
    expect(titleOfCapacity(nearer)).toContain('between 1.998k/s (kept) and 2.001k/s (missed)')
    expect(formatEnds(nearer)).toBe('1.998k/s … 2.001k/s')
  })
})

test('a capacity that is lower than allowed does not read as what is allowed', () => {
  const base = capacityResult([capacityStep(2_000, 'pass'), capacityStep(2_100, 'fail')])
  const head = capacityResult([capacityStep(1_500, 'pass'), capacityStep(1_599.4, 'fail')])
  const verdict = compareCapacities(base, head, 0.2)
  expect(verdict.verdict).toBe('slower')
  expect(verdict.reasons[0]).toMatch(/ … -20\.03 %, from .*; 20 % less is allowed$/)
  expect(reportCapacityComparison({ ...verdict, base, head }).rows[0]![4]).toMatch(/ … -20\.03 %$/)
})

test('a search that has tried all the loads that it may asks for no more time', () => {
  const many = Array.from({ length: 9 }, (_, nth) => capacityStep(100 * (nth + 1), 'pass'))
  expect(formatCapacity(capacityResult(many)).replaceAll(/\s+/g, ' ')).toContain(
    'take a narrower range (from, to), for it tries 10 loads at most',
  )
  expect(formatCapacity(capacityResult(many.slice(0, 3))).replaceAll(/\s+/g, ' ')).toContain('give it more time')
})
