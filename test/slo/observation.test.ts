import { expect, test } from 'vitest'
import { observeRun, observeStretch } from '../../src/slo/observation.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

const result = loadResult([...repeated(9_900, 2), ...repeated(100, 18)], {
  pings: { lost: 40, timedOut: 20, dropped: 30, coalesced: 10 },
  connections: { requested: 10, opened: 8, failed: 2 },
})
const run = observeRun(result)

test('a run has an error rate of its pings, and one of its connections', () => {
  expect(run).toMatchObject({ errorRate: 90 / 10_090, connectErrorRate: 2 / 10 })
})

test('stretches share the pings of a run, and the errors among them', () => {
  const half = run.slices.count / 2
  const halves = [observeStretch(run, 0, half), observeStretch(run, half, half)]
  const total = (count: (half: (typeof halves)[number]) => number) => halves.reduce((sum, one) => sum + count(one), 0)
  expect(total(({ pings }) => pings.due)).toBe(result.pings.due)
  expect(total(({ pings, errorRate }) => errorRate * pings.due)).toBeCloseTo(90, 6)
  expect(total(({ latency }) => latency.count)).toBe(result.pings.answered + result.pings.coalesced)
  expect(halves[0]!.rates.throughput.measured + halves[1]!.rates.throughput.measured).toBeCloseTo(
    2 * result.throughput,
    6,
  )
})

test('a stretch of a closed run has its own service times, one of an open run those of the whole run', () => {
  const closed = observeStretch(run, 0, 10)
  expect(closed.serviceTime).toBe(closed.latency)
  const serviceTime = latencies(repeated(10_000, 1)).both
  expect(observeStretch(observeRun({ ...result, serviceTime }), 0, 10).serviceTime).toBe(serviceTime)
})
