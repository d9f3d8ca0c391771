import { describe, expect, test } from 'vitest'
import { safeParseCapacityComparison } from '../../src/options/capacity.ts'
import { safeParseComparison, withoutEnd } from '../../src/options/compare.ts'
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

test('what is wrong with both servers together is told beside what is wrong with the load', () => {
  const given = { ...sides({ cpuAffinity: 1 }, { url: 'ws://127.0.0.1:3001' }), warmup: 'x', inFlight: 61 }
  const names = mistakesOf(safeParseComparison(given)).map((mistake) => mistake.split(': ')[0])
  expect(names).toEqual(['warmup', 'inFlight', 'head.url', 'head.cpuAffinity'])
})

describe('restarts', () => {
  const mistakes = (given: object, ofBase: object = {}): string[] =>
    mistakesOf(safeParseComparison({ ...sides(ofBase, {}), ...given }))

  test('are 7 to 99, or none', () => {
    for (const restarts of [0, 7, 99]) expect(mistakes({ restarts, maxDuration: '100s' })).toEqual([])
    for (const restarts of [1, 6, 7.5, 100, '8']) {
      expect(mistakes({ restarts }).join()).toContain('restarts: expected 0, or a whole number from 7 to 99, got')
    }
  })

  test('are of servers that somebody can start anew', () => {
    const url = 'ws://127.0.0.1:3001'
    const running = { base: { url }, head: { url: 'ws://127.0.0.1:3002' } }
    expect(mistakesOf(safeParseComparison({ ...running, restarts: 7 }))).toEqual([
      'restarts: expected a command of base and head with it, got a base and a head without, which nobody can start anew',
    ])
    expect(mistakes({ restarts: 7 }, { reuseExistingServer: true })).toEqual([
      'base.reuseExistingServer: expected false with restarts, got true',
    ])
  })

  test('leave each pair of processes a second, and not more than is kept second by second', () => {
    const expected = 'expected 31 s to 20 min with 30 restarts, a second at least for each of 31 pairs'
    expect(mistakes({ restarts: 30 })).toEqual([`maxDuration: ${expected}, got 30 s`])
    expect(mistakes({ restarts: 30, maxDuration: '1h' })).toEqual([`maxDuration: ${expected}, got 60 min`])
    expect(mistakes({ restarts: 30, maxDuration: '31s' })).toEqual([])
  })

  test('are none where agents generate the load', () => {
    const machines = { nats: 'nats://127.0.0.1:4222', agents: 2 }
    expect(mistakes({ restarts: 7, machines })).toEqual([
      'restarts: expected 0 with machines: agents are engaged for one run',
    ])
  })
})

test('a comparison takes no rate over that default stages start from', () => {
  const stages = [{ duration: '30s', rate: '5k/s' }]
  expect(withoutEnd({ rate: '100/s', stages, arrivals: 'poisson', connections: 5 })).toEqual({
    arrivals: 'poisson',
    connections: 5,
  })
  expect(withoutEnd({ rate: '100/s', connections: 5 })).toEqual({ rate: '100/s', connections: 5 })
})
