import { type SparseCounts, sumSparse } from '../result/histogram.ts'
import { type PingCounts, pingKinds } from '../result/slices.ts'

/** What one thread recorded from one instant of the measured window to another. */
export interface RecordedInterval {
  /** Milliseconds since the measured window began. */
  readonly start: number
  readonly end: number
  readonly pings: PingCounts
  readonly latency: SparseCounts
}

/** What one thread recorded of the measured window, one interval after the other, as data that can be cloned to another thread. */
export interface RecordedIntervals {
  /** Seconds that each interval has, but perhaps the last: 1, 2, 4, 8 … */
  readonly seconds: number
  readonly all: readonly RecordedInterval[]
}

/** Number of intervals at most: the seconds of ten minutes, and more points than a chart has pixels to tell apart. */
export const mostIntervals = 600

/** What snapshots have, which nobody asks for them. */
export const noIntervals: RecordedIntervals = { seconds: 1, all: [] }

/** Intervals while they are recorded: seconds at first, and twice as long whenever there would be more than {@link mostIntervals}. */
export class IntervalRecorder implements RecordedIntervals {
  seconds = 1
  readonly all: RecordedInterval[] = []
  /** Seconds that were added. */
  #count = 0

  /** Adds the next second. */
  add(second: RecordedInterval): void {
    const isBegun = this.#count % this.seconds > 0
    this.#count++
    if (isBegun) this.all.push(joined(this.all.pop()!, second))
    else if (this.all.length < mostIntervals) this.all.push(second)
    else {
      this.seconds *= 2
      this.all.splice(0, mostIntervals, ...inPairs(this.all), second)
    }
  }
}

/** The intervals as if each had so many seconds: as many as it has, or 2, 4, 8 … times as many. */
export function asLongAs(seconds: number, recorded: RecordedIntervals): readonly RecordedInterval[] {
  let { all } = recorded
  for (let length = recorded.seconds; length < seconds; length *= 2) all = inPairs(all)
  return all
}

function inPairs(intervals: readonly RecordedInterval[]): RecordedInterval[] {
  return Array.from({ length: Math.ceil(intervals.length / 2) }, (_, nth) => {
    const [one, next] = [intervals[2 * nth]!, intervals[2 * nth + 1]]
    return next === undefined ? one : joined(one, next)
  })
}

/** Two neighbours as one, exactly. */
function joined(one: RecordedInterval, next: RecordedInterval): RecordedInterval {
  const pings = { ...one.pings }
  for (const kind of pingKinds) pings[kind] += next.pings[kind]
  return { start: one.start, end: next.end, pings, latency: sumSparse(one.latency, next.latency) }
}
