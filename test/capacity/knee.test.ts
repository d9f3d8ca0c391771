import { expect, test } from 'vitest'
import type { CapacityStep } from '../../src/capacity/step.ts'
import { processorKnee } from '../../src/capacity/knee.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { loadResult } from '../support/result.ts'

/** Loads, and how many processors the server used under each. */
function watched(used: readonly (readonly [load: number, processors: number])[]): CapacityStep[] {
  return used.map(([load, cores]) => {
    const server = {
      source: 'port',
      processes: 1,
      cpuPerPing: 0.1,
      cores,
      rss: { start: 1, max: 1, end: 1 },
      blocks: [],
    } as const
    return capacityStep(load, 'pass', { summary: loadResult([1], { server }) })
  })
}

test('the knee is the lowest load under which a server used the most that it ever did', () => {
  const steps = watched([
    [2_000, 0.99],
    [500, 0.25],
    [4_000, 1],
    [1_000, 0.5],
  ])
  expect(processorKnee(capacityResult(steps))).toEqual({ load: 2_000, most: 1 })
})

test('the knee of a server that breaks down is where it used the most', () => {
  const steps = watched([
    [1_000, 0.5],
    [2_000, 1],
    [4_000, 0.7],
  ])
  expect(processorKnee(capacityResult(steps))).toEqual({ load: 2_000, most: 1 })
})

test.each([
  [
    'each load took more',
    watched([
      [1_000, 0.25],
      [2_000, 0.5],
      [4_000, 1],
    ]),
  ],
  [
    'the highest load is hardly higher',
    watched([
      [1_000, 0.5],
      [2_000, 0.98],
      [2_100, 1],
    ]),
  ],
  [
    'the higher loads were not brought about',
    watched([
      [1_000, 0.5],
      [2_000, 0.5],
    ]).map((step, nth) => (nth === 0 ? step : { ...step, limitedBy: 'generator' as const })),
  ],
  ['nobody watched the server', [capacityStep(1_000, 'pass'), capacityStep(2_000, 'pass')]],
  ['nothing was tried', []],
])('there is no knee where %s', (_, steps) => {
  expect(processorKnee(capacityResult(steps))).toBeUndefined()
})
