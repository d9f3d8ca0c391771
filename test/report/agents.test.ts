import { expect, test } from 'vitest'
import { formatPage } from '../../src/page/page.ts'
import { describeAgents } from '../../src/report/agents.ts'
import { formatSummary } from '../../src/report/text.ts'
import { pingTotals } from '../../src/result/ping-totals.ts'
import type { AgentReport } from '../../src/result/load-result.ts'
import { loadResult } from '../support/result.ts'

const { environment, generator } = loadResult([1])
const seen = { connections: 10, clockUncertainty: 0.25, environment }
const pings = pingTotals((kind) => (kind === 'sent' || kind === 'answered' ? 1_200 : 0))
const machines: AgentReport[] = [
  { ...seen, name: 'a', pings, generator: { ...generator, eventLoopUtilization: 0.5 } },
  { ...seen, name: 'long-name\u001B[31m', lost: { at: 10, reason: 'nothing was heard of it for 3 s' } },
]
const result = { ...loadResult([1]), machines }

test('agents are told one a line, and what somebody called them is only text', () => {
  expect(describeAgents(result)).toEqual([
    'agents:',
    '  a               10 connections  1,200 sent, event loop 50 % busy, clock ± 250 µs',
    '  long-name [31m  10 connections  lost: nothing was heard of it for 3 s',
  ])
  expect(describeAgents(loadResult([1]))).toEqual([])
})

test('what came of what others published is told, and of how much that had to where some of it did not', () => {
  const told = (missedFromOthers: number): string => {
    const came = { fromOthers: 1_200, expectedFromOthers: 1_000, missedFromOthers }
    return describeAgents({ ...result, machines: [{ ...seen, name: 'a', ...came }] })[1]!
  }
  expect(told(0)).toContain('  1,200 came from the others,')
  expect(told(400)).toContain('  600 of 1,000 came from the others,')
})

test('connections of an agent that told nothing are told from those that failed', () => {
  const [a, b] = machines
  const text = formatSummary({ ...result, machines: [{ ...a!, opened: 10 }, b!] })
  expect(text).toMatch(/opened\n +10 of agents that were lost before they told of them\n/)
  expect(formatSummary({ ...result, machines: [{ ...a!, opened: 10 }] })).not.toContain('of agents')
})

test('a page has them too', () => {
  const page = formatPage('Latency', [{ title: 'a', runs: [{ name: 'latency', result }], verdicts: [] }])
  expect(page).toContain('10 connections, 1,200 sent, event loop 50 % busy, clock ± 250 µs')
  expect(page).toContain('lost: nothing was heard of it for 3 s')
})

test('a page has every agent in its place, whatever it is called', () => {
  const called = ['10', '2', '2'].map((name, nth) => ({ ...seen, name, connections: nth + 2 }))
  const runs = [{ name: 'latency', result: { ...result, machines: called } }]
  const page = formatPage('Latency', [{ title: 'a', runs, verdicts: [] }])
  const rows = [...page.matchAll(/<th scope="row">(\d+)<\/th><td>(\d connections)/g)].map(([, ...cells]) => cells)
  expect(rows).toEqual([
    ['10', '2 connections'],
    ['2', '3 connections'],
    ['2', '4 connections'],
  ])
})
