import { nsPerMs } from '../result/histogram.ts'
import type { LatencySummary } from '../result/latency-summary.ts'

const msPerSecond = 1_000

/**
 * The samples of a latency, bucket by bucket in ascending order: each as slow as the slowest one that its bucket stands for,
 * which percentiles are too. No sample is taken for faster than it was, nor for more than 0.1 % slower.
 */
export function upperEndsOf({
  histogram,
}: Pick<LatencySummary, 'histogram'>): (readonly [seconds: number, count: number])[] {
  const ends: [number, number][] = []
  for (let index = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index)
    if (count === 0) continue
    ends.push([histogram.highestEquivalentValue(histogram.valueFromIndex(index)) / nsPerMs / msPerSecond, count])
  }
  return ends
}

/** The sum of the samples in seconds; 0 where there are none. */
export function secondsIn({ count, mean }: Pick<LatencySummary, 'count' | 'mean'>): number {
  return count === 0 ? 0 : (mean * count) / msPerSecond
}
