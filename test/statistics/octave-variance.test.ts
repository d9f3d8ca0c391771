import { expect, test } from 'vitest'
import { octaveVariance } from '../../src/statistics/octave-variance.ts'
import { normal, uniform } from '../../bench/control/random.ts'

const slices = 512
const trials = new Float64Array(slices).fill(1_000)

/** Hits of 1 % on average, whose odds go with `e^logOdds`. */
function hits(logOdds: (nth: number) => number): Float64Array {
  return Float64Array.from({ length: slices }, (_, nth) => 10 * Math.exp(logOdds(nth)))
}

/** The mean over runs of a process that begins anew in each. */
function meanOver(runs: number, process: (next: () => number) => (nth: number) => number): number {
  let total = 0
  for (let run = 1; run <= runs; run++) total += octaveVariance(hits(process(normal(uniform(run * 7_919)))), trials)
  return total / runs
}

test('is nothing for what never changes, and for what changes from one slice to the next only', () => {
  expect(
    octaveVariance(
      hits(() => 0),
      trials,
    ),
  ).toBe(0)
  expect(
    octaveVariance(
      hits((nth) => (nth % 2 === 0 ? 0.1 : -0.1)),
      trials,
    ),
  ).toBeLessThan(1e-6)
})

test('of independent neighbours is about the variance of their mean', () => {
  const deviation = 0.1
  const independent = meanOver(200, (next) => () => deviation * next())
  const varianceOfMean = deviation ** 2 / slices
  expect(independent).toBeGreaterThan(0.3 * varianceOfMean)
  expect(independent).toBeLessThan(2 * varianceOfMean)
})

test('of a drift is far beyond that', () => {
  const step = 0.1
  const walk = meanOver(200, (next) => {
    let sum = 0
    return () => (sum += (step * next()) / Math.sqrt(slices))
  })
  expect(walk).toBeGreaterThan(20 * (step ** 2 / slices / slices))
})

test('of a step of the odds between two halves is that of the halves around their mean', () => {
  const step = 0.1
  expect(
    octaveVariance(
      hits((nth) => (nth < slices / 2 ? 0 : step)),
      trials,
    ),
  ).toBeCloseTo((step / 2) ** 2, 3)
})

test('does not depend on how common the event is, nor on how often it was tried', () => {
  const rare = hits((nth) => nth / slices)
  const common = rare.map((hit) => 1_000 * ((50 * hit) / (1_000 - hit + 50 * hit)))
  expect(octaveVariance(common, trials)).toBeCloseTo(octaveVariance(rare, trials), 1)
  const [twice, tried] = [rare, trials].map((values) => values.map((value, nth) => value * (1 + (nth % 3))))
  expect(octaveVariance(twice!, tried!)).toBeCloseTo(octaveVariance(rare, trials), 3)
})

test('leaves out what was not tried, and is infinite with too little to compare', () => {
  const late = trials.map((count, nth) => (nth < slices / 4 ? 0 : count))
  const hitsOfLate = late.map((count) => count / 100)
  expect(octaveVariance(hitsOfLate, late)).toBe(0)
  const once = trials.map((count, nth) => (nth < slices / 16 ? count : 0))
  expect(
    octaveVariance(
      once.map((count) => count / 100),
      once,
    ),
  ).toBe(Infinity)
  expect(octaveVariance(new Float64Array(15).fill(1), new Float64Array(15).fill(100))).toBe(Infinity)
})
