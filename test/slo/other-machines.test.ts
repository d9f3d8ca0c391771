import { describe, expect, test } from 'vitest'
import { threatsOfRun } from '../../src/gate/comparable.ts'
import type { AgentReport, LoadResult } from '../../src/result/load-result.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { fanOutResult } from '../support/fan-out-result.ts'

type Came = Pick<AgentReport, 'fromOthers' | 'expectedFromOthers' | 'missedFromOthers'>

/** Of a run over two agents: what came to one of them of what the other one published. */
function withOthers(
  shape: Parameters<typeof fanOutResult>[0],
  { fromOthers = 1_200, expectedFromOthers = 1_000, missedFromOthers = 0 }: Came,
): LoadResult {
  const result = fanOutResult(shape)
  const agent = (name: string, came: Came): AgentReport => ({
    name,
    connections: 50,
    pings: result.pings,
    environment: result.environment,
    ...came,
  })
  const all = agent('b', { fromOthers: 1_000, expectedFromOthers: 1_000, missedFromOthers: 0 })
  return { ...result, machines: [agent('a', { fromOthers, expectedFromOthers, missedFromOthers }), all] }
}

const lost = (missing: number, expected: string): string =>
  `${missing} of ${expected} deliveries that other agents published at least a second before had not come to the subscribers of the agent a`

describe('of what other agents publish', () => {
  test.each<[missedFromOthers: number, slo: SLO, verdict: string, vacuous: boolean]>([
    [0, 'reach >= 100%', 'pass', false],
    [1, 'reach >= 100%', 'inconclusive', true],
    [50, 'reach >= 95%', 'pass', false],
    [100, 'reach >= 90%', 'pass', false],
    [51, 'reach >= 95%', 'inconclusive', true],
    [0, 'missed <= 0', 'pass', false],
    [1, 'missed <= 0', 'inconclusive', true],
    [5, 'missed <= 5', 'pass', false],
    [6, 'missed <= 5', 'inconclusive', true],
    [1, 'missed < 1', 'inconclusive', true],
    [0, 'errorRate <= 0', 'pass', false],
    [1, 'errorRate <= 0', 'inconclusive', true],
    [10, 'completion.p50 < 20ms', 'pass', false],
    [11, 'completion.p50 < 20ms', 'inconclusive', true],
  ])('%d of 1,000 did not come: %s is %s', (missedFromOthers, slo, verdict, vacuous) => {
    expect(evaluateSLO(withOthers({}, { missedFromOthers }), slo)).toMatchObject({ verdict, vacuous })
  })

  test('what did not come is told, agent by agent', () => {
    expect(evaluateSLO(withOthers({}, { missedFromOthers: 400 }), 'reach >= 100%').reasons).toEqual([
      lost(400, '1,000'),
    ])
  })

  test('what did not come takes nothing from a miss', () => {
    const { verdict, reasons } = evaluateSLO(withOthers({ missed: 2_000 }, { missedFromOthers: 400 }), 'reach >= 99%')
    expect(verdict).toBe('fail')
    expect(reasons).toEqual([expect.stringContaining('reach'), lost(400, '1,000')])
  })

  test('what came is not known to be all of it where nothing is old enough', () => {
    expect(evaluateSLO(withOthers({}, { expectedFromOthers: 0 }), 'reach >= 100%')).toMatchObject({
      verdict: 'inconclusive',
      reasons: [
        'the run was too short to tell whether all that other agents publish comes to the subscribers of the agent a',
      ],
    })
  })

  test('what did not come makes a comparison unclear', () => {
    expect(threatsOfRun(withOthers({}, { missedFromOthers: 400 }))).toEqual([lost(400, '1,000')])
    expect(threatsOfRun(withOthers({}, {}))).toEqual([])
  })

  test('nothing has come of a whole machine', () => {
    const island = 'nothing that other agents published came to the subscribers of the agent a'
    expect(evaluateSLO(withOthers({}, { fromOthers: 0, missedFromOthers: 1_000 }), 'reach >= 100%').reasons).toEqual([
      island,
    ])
    expect(threatsOfRun(withOthers({}, { fromOthers: 0, missedFromOthers: 1_000 }))).toEqual([island])
  })
})
