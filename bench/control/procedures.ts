/** Ways to a verdict on "p99 is below the limit" from what was seen so far: ours, and two that others use. */
import jstat from 'jstat'
import { type Dependence, dependenceOf, independent, studentQuantile } from '../../src/statistics/dependence.ts'
import { earlyStoppingDivisor, shareBounds } from '../../src/statistics/share.ts'
import { sum } from '../../src/statistics/sum.ts'
import type { Verdict } from '../../src/slo/verdict.ts'
import { limitLevel, type Seen } from './streams.ts'

/** @param tail error probability of each side at this look; @param look counted from 1 */
export type Procedure = (seen: Seen, tail: number, look: number) => Verdict

/** A p99 has this share of pings beyond it. */
const shareBeyond = 0.01
const fewestSlowPings = 10

/** As `src/slo/evidence.ts` does in a run that may end early, with the simulation's latencies as the ones that are tried. */
export const ours: Procedure = (seen, tail) => decide({ ...seen, duration: seen.duration / earlyStoppingDivisor }, tail)

/** The same in a run whose length was fixed. */
export const oursFixed: Procedure = decide

function decide({ trials, slower, duration }: Seen, tail: number): Verdict {
  const samples = sum(trials)
  const bounds = (hits: Float64Array, { designEffect, octaveVariance }: Dependence) =>
    shareBounds(
      sum(hits) / samples,
      { effectiveSamples: samples / designEffect, duration, octaveVariance },
      { lower: tail, upper: tail },
    )
  let dependence = independent
  for (const hits of slower.slice(0, limitLevel + 1)) {
    if (sum(hits) >= fewestSlowPings) dependence = dependenceOf(hits, trials, tail)
    if (sum(hits) < shareBeyond * samples && bounds(hits, dependence).upper < shareBeyond) return 'pass'
  }
  for (const hits of slower.slice(limitLevel)) {
    if (sum(hits) <= shareBeyond * samples) break
    if (bounds(hits, dependenceOf(hits, trials, tail)).lower > shareBeyond) return 'fail'
  }
  return 'inconclusive'
}

/** All pings taken as independent, the whole error probability at every look. */
export const pooled: Procedure = ({ trials, slower }) => {
  const [samples, slow] = [sum(trials), sum(slower[limitLevel]!)]
  if (jstat.beta.inv(1 - shareBeyond, slow + 1, samples - slow) < shareBeyond) return 'pass'
  return slow > 0 && jstat.beta.inv(shareBeyond, slow, samples - slow + 1) > shareBeyond ? 'fail' : 'inconclusive'
}

/** Batches of at least 100 ms, grown until neighbours correlate by less than 0.1, at least 40 of them; half the error left at each look. */
export const batchMeans: Procedure = ({ trials, slower, duration }, _, look) => {
  let batches = Math.min(slower[limitLevel]!.length, Math.floor(duration / 100))
  const tail = shareBeyond / 2 ** look
  for (; batches >= 40; batches = Math.floor(batches / 2)) {
    const means = batched(slower[limitLevel]!, trials, batches)
    const mean = sum(means) / batches
    const residuals = means.map((value) => value - mean)
    const squares = sum(residuals.map((value) => value * value))
    const correlation = sum(residuals.map((value, nth) => value * (residuals[nth - 1] ?? 0))) / squares
    if (correlation >= 0.1) continue
    const half = studentQuantile(1 - tail, batches - 1) * Math.sqrt(squares / (batches - 1) / batches)
    return mean + half < shareBeyond ? 'pass' : mean - half > shareBeyond ? 'fail' : 'inconclusive'
  }
  return 'inconclusive'
}

function batched(hits: Float64Array, trials: Float64Array, batches: number): Float64Array {
  const size = hits.length / batches
  const part = (values: Float64Array, nth: number) =>
    sum(values.subarray(Math.floor(nth * size), Math.floor((nth + 1) * size)))
  return Float64Array.from({ length: batches }, (_, nth) => part(hits, nth) / part(trials, nth))
}
