import { describe, expect, test } from 'vitest'
import { threatsOfRun } from '../../src/gate/comparable.ts'
import type { AgentReport, LoadResult } from '../../src/result/load-result.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { fanOutResult } from '../support/fan-out-result.ts'

/** Of a run over two agents: what came to one of them of what the other one published. */
function withOthers(
  shape: Parameters<typeof fanOutResult>[0],
  fromOthers: number,
  expectedFromOthers: number,
): LoadResult {
  const result = fanOutResult(shape)
  const agent = (name: string, came: Pick<AgentReport, 'fromOthers' | 'expectedFromOthers'>): AgentReport => ({
    name,
    connections: 50,
    pings: result.pings,
    environment: result.environment,
    ...came,
  })
  const all = agent('b', { fromOthers: 1_000, expectedFromOthers: 1_000 })
  return { ...result, machines: [agent('a', { fromOthers, expectedFromOthers }), all] }
}

const lost = (missing: number, expected: string): string =>
  `${missing} of ${expected} deliveries that other agents published at least a second before had not come to the subscribers of the agent a`

describe('of what other agents publish', () => {
  test.each<[fromOthers: number, slo: SLO, verdict: string, vacuous: boolean]>([
    [1_000, 'reach >= 100%', 'pass', false],
    [1_200, 'reach >= 100%', 'pass', false],
    [999, 'reach >= 100%', 'inconclusive', true],
    [950, 'reach >= 95%', 'pass', false],
    [900, 'reach >= 90%', 'pass', false],
    [949, 'reach >= 95%', 'inconclusive', true],
    [990, 'completion.p50 < 20ms', 'pass', false],
    [989, 'completion.p50 < 20ms', 'inconclusive', true],
  ])('%d came of 1,000: %s is %s', (fromOthers, slo, verdict, vacuous) => {
    expect(evaluateSLO(withOthers({}, fromOthers, 1_000), slo)).toMatchObject({ verdict, vacuous })
  })

  test('what did not come is told, agent by agent', () => {
    expect(evaluateSLO(withOthers({}, 600, 1_000), 'reach >= 100%').reasons).toEqual([lost(400, '1,000')])
  })

  test('what did not come takes nothing from a miss', () => {
    const { verdict, reasons } = evaluateSLO(withOthers({ missed: 2_000 }, 600, 1_000), 'reach >= 99%')
    expect(verdict).toBe('fail')
    expect(reasons).toEqual([expect.stringContaining('reach'), lost(400, '1,000')])
  })

  test('what came is not known to be all of it where nothing is old enough', () => {
    expect(evaluateSLO(withOthers({}, 600, 0), 'reach >= 100%')).toMatchObject({
      verdict: 'inconclusive',
      reasons: [
        'the run was too short to tell whether all that other agents publish comes to the subscribers of the agent a',
      ],
    })
  })

  test('what did not come makes a comparison unclear', () => {
    expect(threatsOfRun(withOthers({}, 600, 1_000))).toEqual([lost(400, '1,000')])
    expect(threatsOfRun(withOthers({}, 1_000, 1_000))).toEqual([])
  })

  test('nothing has come of a whole machine', () => {
    const island = 'nothing that other agents published came to the subscribers of the agent a'
    expect(evaluateSLO(withOthers({}, 0, 1_000), 'reach >= 100%').reasons).toEqual([island])
    expect(threatsOfRun(withOthers({}, 0, 1_000))).toEqual([island])
  })
})
