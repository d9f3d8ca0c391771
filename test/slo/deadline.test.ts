import { expect, test } from 'vitest'
import { latencyDeadline } from '../../src/slo/deadline.ts'
import { parseSLO } from '../../src/slo/objective.ts'

test.each([
  [['p50 < 5ms', 'p99 < 20ms'], 20],
  [['p99 < 20ms', 'serviceTime.max < 30ms', 'throughput > 1/s'], 30],
  [['p99 < 20ms', 'handshake.max < 1s'], 20],
  [['throughput > 1/s'], Infinity],
])('a ping that is under way has missed every latency limit of %j at an age of %d ms', (slo, age) => {
  expect(latencyDeadline(parseSLO(slo))).toBe(age)
})

test.each([
  ['p99 < 20ms', 'lost <= 0'],
  ['p99 < 20ms', 'errorRate < 1%'],
  ['p99 < 20ms', 'dropped <= 0'],
  ['p99 < 100ms', 'mean < 20ms'],
  ['p99 < 100ms', 'serviceTime.mean < 20ms'],
  ['completion.mean < 80ms', 'delivery.p90 < 50ms'],
  ['delivery.p90 < 50ms', 'reach >= 100%'],
  ['completion.p90 < 80ms', 'missed <= 3'],
])('none counts as lost before its timeout where there are bounds of %s and %s', (...slo) => {
  expect(latencyDeadline(parseSLO(slo))).toBe(Infinity)
})
