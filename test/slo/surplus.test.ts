import { describe, expect, test } from 'vitest'
import { evaluateSLO, isDecided } from '../../src/slo/evaluate.ts'
import { parseSLO, type SLO } from '../../src/slo/objective.ts'
import { describeSurplus } from '../../src/slo/surplus.ts'
import { loadResult, repeated } from '../support/result.ts'

const open = { rate: 1_000 }
const pushed = { received: 30_000, unsolicited: 10_000, surplus: 1_200, afterLastAnswer: 200 }

function verdictOn(slo: SLO, options: object = {}) {
  return evaluateSLO(loadResult(repeated(20_000, 20), { messages: pushed, options }), slo)
}

describe('a run in which messages came that no ping was waiting for', () => {
  test('says how many, when, and what to do', () => {
    expect(describeSurplus(loadResult([], { messages: pushed }))).toMatchInlineSnapshot(
      `"1,200 messages came when no ping was unanswered, 200 of these after the last answer; others may have been taken for answers: let the probe's answer recognise them, or match answers by id with request and reply"`,
    )
    expect(describeSurplus(loadResult([], { messages: { surplus: 1 } }))).toMatchInlineSnapshot(
      `"1 message came when no ping was unanswered; others may have been taken for answers: let the probe's answer recognise them, or match answers by id with request and reply"`,
    )
  })

  test.each([[{}], [open]])('never passes, whatever its objective: %o', (options) => {
    const slos: SLO[] = [
      { p99: '< 1s' },
      { 'serviceTime.mean': '< 1s' },
      { max: '< 1s' },
      { throughput: '> 1/s' },
      { errorRate: '< 1%' },
      { timedOut: '<= 0' },
      { lost: '<= 0' },
      { 'handshake.p50': '< 1s' },
      { opened: '>= 10' },
      { offeredRate: '> 1/s' },
    ]
    for (const slo of slos) expect(verdictOn(slo, options)).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test('is judged by what tells nothing of answers', () => {
    const { objectives } = verdictOn({ 'handshake.p50': '< 1s', opened: '>= 10', dropped: '<= 0', p50: '< 1s' })
    expect(objectives.map(({ indicator, verdict }) => [indicator, verdict])).toEqual([
      ['handshake.p50', 'pass'],
      ['opened', 'pass'],
      ['dropped', 'pass'],
      ['p50', 'inconclusive'],
    ])
  })

  test('fails in the open model, where true latencies are no shorter', () => {
    const { verdict, vacuous, reasons } = verdictOn({ p50: '< 10ms' }, open)
    expect({ verdict, vacuous }).toEqual({ verdict: 'fail', vacuous: true })
    expect(reasons).toEqual([expect.stringMatching(/^1,200 messages came/), 'p50 is 20 ms, the limit is < 10ms'])
  })

  test('fails nothing in the closed model, where the load was another', () => {
    expect(verdictOn({ p50: '< 10ms' })).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test('fails where connections are missing', () => {
    const result = loadResult(repeated(100, 20), { messages: pushed, connections: { opened: 9, failed: 1 } })
    expect(evaluateSLO(result, { p50: '< 1s' }).verdict).toBe('fail')
  })

  test('is decided, as it cannot pass any more', () => {
    const samples = repeated(10, 20)
    const objectives = parseSLO({ p99: '< 1s' })
    expect(isDecided(loadResult(samples), objectives)).toBe(false)
    expect(isDecided(loadResult(samples, { messages: pushed }), objectives)).toBe(true)
  })
})

test.each([
  ['none did', { surplus: 0, unsolicited: 500 }],
  ['nobody counted', { received: NaN, unsolicited: NaN, surplus: NaN, afterLastAnswer: NaN }],
])('a run is judged as ever where %s', (_, messages) => {
  const result = loadResult(repeated(20_000, 20), { messages })
  expect(describeSurplus(result)).toBeUndefined()
  expect(evaluateSLO(result, { p50: '< 1s' })).toMatchObject({ verdict: 'pass', vacuous: false, reasons: [] })
})
