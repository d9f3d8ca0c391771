import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { Judgement } from '../../src/slo/judgement.ts'
import { loadResult } from '../support/result.ts'

function judgedWith(judgement: unknown): () => unknown {
  return () => evaluateSLO(loadResult(), { p99: '< 20ms' }, judgement as Judgement)
}

describe('a judgement', () => {
  test('has no options but its own, and all of its mistakes are said at once', () => {
    expect(judgedWith({ confidance: 0.9, foo: 1, confidence: 2 })).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: the judgement cannot be read
        confidance: no such option, did you mean "confidence"?
        foo: no such option
        confidence: expected a probability above 0.5 and below 1, got 2]
    `)
  })

  test.each([null, 0.99, 'warn', [0.99]])('is no %j', (judgement) => {
    expect(judgedWith(judgement)).toThrow('expected an object with confidence, got ')
  })

  test.each([undefined, {}, { confidence: undefined }])('of %j leaves the confidence of the run', (judgement) => {
    expect(judgedWith(judgement)()).toMatchObject({ confidence: 0.99 })
  })
})
