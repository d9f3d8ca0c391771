import { describe, expect, test } from 'vitest'
import { compareCapacities } from '../../src/capacity/compare.ts'
import { CapacityComparison } from '../../src/summary/capacity-comparison.ts'
import { LoadCapacity } from '../../src/summary/load-capacity.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { currentTest } from '../../src/vitest/context.ts'
import { type FloodArtifact, floodArtifact } from '../../src/vitest/flood-artifact.ts'
import { expect as matchers } from '../../src/vitest/matchers.ts'
import { isTold, keepCapacities, keepCapacity, keepFlood, serverOf } from '../../src/vitest/record.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { loadResult } from '../support/result.ts'

/** Which of the reports of so many seconds are told, in seconds: one is due every ten. */
function toldIn(seconds: number): number[] {
  return Array.from({ length: seconds / 10 }, (_, nth) => nth)
    .filter(isTold)
    .map((nth) => 10 * nth)
}

test('the progress of ten minutes is told every ten seconds', () => {
  expect(toldIn(600)).toHaveLength(60)
})

test('the progress of a longer flood is told half as often, again and again: a few hundred times in a day', () => {
  const told = toldIn(86_400)
  const gaps = told.map((second, nth) => (told[nth + 1] ?? Infinity) - second)
  const gapAt = (second: number): number => gaps[told.findLastIndex((at) => at <= second)]!
  expect([599, 700, 1_300, 2_500, 80_000].map(gapAt)).toEqual([10, 20, 40, 80, 2_560])
  expect(told.length).toBeLessThan(300)
})

test('a flood is kept with every slice that it is judged by', async () => {
  const summary = new LoadSummary(loadResult())
  await keepFlood(currentTest(), summary)
  const artifact = currentTest()!.task.artifacts.find((one): one is FloodArtifact => one.type === floodArtifact)
  const { slices } = LoadSummary.fromJSON(artifact!.summary)
  expect(slices.count).toBe(summary.slices.count)
})

describe('two capacities', () => {
  const taking = (low: number) => capacityResult([capacityStep(low, 'pass'), capacityStep(1.05 * low, 'fail')])
  const unknown = capacityResult([])

  async function keep(base = taking(1_000), head = taking(500)): Promise<CapacityComparison> {
    const compared = new CapacityComparison(base, head, compareCapacities(base, head, 0.2))
    await keepCapacities(currentTest(), compared)
    return compared
  }

  function kept() {
    return currentTest()!.task.meta.wsLoad
  }

  test('are kept as base and head', async () => {
    await keep()
    expect(kept()).toMatchObject([
      { name: 'base, capacity 1k/s … 1.05k/s', capacity: { low: 1_000 }, comparison: { side: 'base', other: 1 } },
      { name: 'head, capacity 500/s … 525/s', capacity: { low: 500 }, comparison: { side: 'head', other: 0 } },
    ])
  })

  test('leave their verdict with the head', async () => {
    const compared = await keep()
    expect(() => matchers(compared).toShowNoRegression()).toThrow('Slower: the capacity changed')
    expect(kept()).toMatchObject([{ verdicts: [] }, { verdicts: [{ type: 'capacity comparison', verdict: 'slower' }] }])
  })

  test('leave no verdict with .not', async () => {
    const compared = await keep()
    matchers(compared).not.toShowNoRegression()
    expect(kept()).toMatchObject([{ verdicts: [] }, { verdicts: [] }])
  })

  test('are told apart where a flood stands for one of them only', async () => {
    await keep(taking(1_000), unknown)
    expect(kept()).toMatchObject([{ name: 'base, capacity 1k/s … 1.05k/s', comparison: { side: 'base', other: null } }])
  })
})

test('a capacity whose last load did not begin is kept with a flood that did', async () => {
  const steps = [capacityStep(1_600, 'fail'), capacityStep(400, 'inconclusive', { summary: undefined })]
  await keepCapacity(currentTest(), new LoadCapacity(capacityResult(steps)))
  expect(currentTest()!.task.meta.wsLoad).toHaveLength(1)
})

test('a capacity of the embedded server is kept as such', async () => {
  const capacity = new LoadCapacity(capacityResult([capacityStep(400, 'fail')]))
  await keepCapacity(currentTest(), capacity, serverOf({ url: undefined }))
  expect(currentTest()!.task.meta.wsLoad).toMatchObject([{ embedded: true }])
})
