import { expect, test } from 'vitest'
import { exportedCapacity } from '../../src/vitest/exported-runs.ts'

const capacity = { over: 'rate', low: 1_900, high: null } as const

test('a capacity without a load that was missed is open above', () => {
  expect(exportedCapacity({ capacity })).toEqual({ capacity: { over: 'rate', low: 1_900, high: Infinity } })
})

test('a capacity whose search ended before it found a limit is left out: its server may take more', () => {
  expect(exportedCapacity({ capacity: { ...capacity, unfinished: true } })).toEqual({})
})
