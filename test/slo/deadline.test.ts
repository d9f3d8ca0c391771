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

test.each(['lost <= 0', 'errorRate < 1%'])(
  'none counts as lost before its timeout where there is a bound of %s',
  (bound) => {
    expect(latencyDeadline(parseSLO(['p99 < 20ms', bound]))).toBe(Infinity)
  },
)
