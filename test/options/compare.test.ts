import { expect, test } from 'vitest'
import { safeParseCapacityComparison } from '../../src/options/capacity.ts'
import { safeParseComparison } from '../../src/options/compare.ts'
import { mistakesOf } from '../../src/parsed.ts'

function sides(ofBase: object, ofHead: object) {
  return {
    base: { command: 'node base.js', url: 'ws://127.0.0.1:3001', ...ofBase },
    head: { command: 'node head.js', url: 'ws://127.0.0.1:3002', ...ofHead },
  }
}

function mistakesIn(ofBase: object, ofHead: object): string[][] {
  const given = sides(ofBase, ofHead)
  return [
    mistakesOf(safeParseComparison(given)),
    mistakesOf(safeParseCapacityComparison({ slo: { p99: '< 20ms' }, ...given })),
  ]
}

test('servers that are started for a comparison run on the same processors', () => {
  expect(mistakesIn({ cpuAffinity: [1, 0] }, { cpuAffinity: [0, 1] })).toEqual([[], []])
  const mistake = 'head.cpuAffinity: expected that of the base, 1, got none'
  expect(mistakesIn({ cpuAffinity: 1 }, {})).toEqual([[mistake], [mistake]])
  const other = 'head.cpuAffinity: expected that of the base, 0, got 0, 1'
  expect(mistakesIn({ cpuAffinity: 0 }, { cpuAffinity: [0, 1] })).toEqual([[other], [other]])
})

test('the processor time of servers that are kept on one processor is judged by default', () => {
  const judged = (given: object): unknown => {
    const parsed = safeParseComparison({ ...sides({}, {}), ...given })
    return 'value' in parsed && parsed.value.tolerance.cpuPerPing
  }
  const onOne = sides({ cpuAffinity: 1 }, { cpuAffinity: 1 })
  expect(judged(onOne)).toBe(0.05)
  expect(judged(sides({ cpuAffinity: [0, 1] }, { cpuAffinity: [0, 1] }))).toBeUndefined()
  expect(judged({ ...onOne, server: false })).toBeUndefined()
  expect(judged({ ...onOne, tolerance: { p50: '10%' } })).toBeUndefined()
  expect(judged({})).toBeUndefined()
  expect(judged({ base: { url: 'ws://127.0.0.1:3001' }, head: onOne.head })).toBeUndefined()
})

test('servers that are started for a comparison are not served at one place', () => {
  const mistake = 'head.url: expected another URL than that of the base, both are served at once'
  expect(mistakesIn({}, { url: 'ws://127.0.0.1:3001' })).toEqual([[mistake], [mistake]])
})
