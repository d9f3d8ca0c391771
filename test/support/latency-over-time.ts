import { Histogram } from '../../src/result/histogram.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { loadResult } from './result.ts'

const msToNs = 1e6

/** A run at a constant rate of 1,000 pings a second, each of which took as many milliseconds as is told of when it was due. */
export function latencyOverTime(
  latency: (at: number) => number,
  { duration, ...others }: NonNullable<Parameters<typeof loadResult>[1]> & { duration: number },
): LoadResult {
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  const samples = Array.from({ length: duration }, (_, at) => latency(at))
  for (const [at, ms] of samples.entries()) {
    const slice = Math.floor(at / recorder.length)
    const bucket = buckets.record(ms * msToNs)
    recorder.count(kindNumbers.sent, slice)
    recorder.answered(slice, bucket, bucket)
  }
  return loadResult(samples, {
    duration,
    slices: Slices.of([recorder.pack()], duration),
    ...others,
    options: { rate: 1_000, inFlight: undefined, ...others.options },
  })
}
