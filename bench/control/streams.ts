/**
 * Streams of simulated pings whose true percentiles are known, to see how often a verdict is wrong.
 *
 * A stream gives, slice by slice, how many pings there were and how many were slower than each of 25 latencies from a
 * quarter of the limit to four times the limit; slices as a load thread keeps them.
 */
import { shortestSliceMs, mostSlices } from '../../src/result/slices.ts'
import { normal, uniform } from './random.ts'

export type Stream = 'independent' | 'heavy-tailed' | 'bursty' | 'autocorrelated' | 'drifting'

export const streams: readonly Stream[] = ['independent', 'heavy-tailed', 'autocorrelated', 'drifting', 'bursty']

/** What was seen until a look. */
export interface Seen {
  /** Milliseconds. */
  readonly duration: number
  /** Pings of each slice. */
  readonly trials: Float64Array
  /** Of each slice, the pings slower than each latency, from the lowest latency to the highest. */
  readonly slower: readonly Float64Array[]
}

const levels = 25
/** Which of the latencies is the limit. */
export const limitLevel = (levels - 1) / 2
const latencies = Array.from({ length: levels }, (_, level) => 16 ** (level / (levels - 1)) / 4)
/** A tenth of all slow pings comes evenly, the others in bursts of 125 ms on average, with 2 s in between. */
const burst = { length: 125, gap: 2_000, share: 0.9 }
/** The logarithm of the share of slow pings varies by this much (standard deviation). */
const deviation = 0.7
const correlationPer100Ms = 0.9
const driftTime = 10_000

/**
 * Yields what was seen by each of the times.
 * @param slow share of the pings that is slower than the limit, between 0 and 1
 * @param times milliseconds, ascending
 */
export function* simulate(
  stream: Stream,
  slow: number,
  times: readonly number[],
  seed: number,
  pingsPerMs = 3,
): Generator<Seen> {
  const random = uniform(seed)
  const next = normal(random)
  const shares = latencies.map((latency) => shareSlowerThan(latency, stream, slow))
  const now = new Float64Array(levels)
  let state = { factor: 1, hidden: next(), bursting: false }
  let rows: Float64Array[] = []
  let row = new Float64Array(levels + 1)
  let [group, inRow, elapsed, pings] = [1, 0, 0, 0]
  for (const time of times) {
    while (elapsed < time - 1e-6) {
      state = nextState(stream, state, elapsed, random, next)
      for (let level = 0; level < levels; level++) now[level] = Math.min(1, shareNow(stream, shares[level]!, state))
      elapsed += shortestSliceMs
      for (const until = Math.round(elapsed * pingsPerMs); pings < until; pings++) {
        const rank = random()
        for (let level = 0; level < levels && now[level]! > rank; level++) row[level]!++
        row[levels]!++
      }
      if (++inRow < group) continue
      rows.push(row)
      row = new Float64Array(levels + 1)
      inRow = 0
      if (rows.length === mostSlices) {
        rows = pairs(rows)
        group *= 2
      }
    }
    yield { duration: time, trials: column(rows, levels), slower: latencies.map((_, level) => column(rows, level)) }
  }
}

/** An exponential tail, or one of Pareto's with an exponent of 1.5. */
function shareSlowerThan(latency: number, stream: Stream, slow: number): number {
  return stream === 'heavy-tailed' ? Math.min(1, slow / latency ** 1.5) : slow ** latency
}

/** The share of pings slower than the limit of a stream whose p99 is `ratio` times the limit. */
export function slowShare(stream: Stream, ratio: number): number {
  return stream === 'heavy-tailed' ? 0.01 * ratio ** 1.5 : 0.01 ** (1 / ratio)
}

interface State {
  readonly factor: number
  readonly hidden: number
  readonly bursting: boolean
}

function nextState(stream: Stream, state: State, elapsed: number, random: () => number, normal: () => number): State {
  if (stream === 'bursty') {
    return {
      ...state,
      bursting: random() < shortestSliceMs / (state.bursting ? burst.length : burst.gap) !== state.bursting,
    }
  }
  const correlation =
    stream === 'drifting'
      ? Math.exp(-shortestSliceMs / driftTime)
      : Math.floor(elapsed / 100) === Math.floor((elapsed - shortestSliceMs) / 100)
        ? 1
        : correlationPer100Ms
  if (stream !== 'drifting' && stream !== 'autocorrelated') return state
  const hidden = correlation * state.hidden + Math.sqrt(1 - correlation ** 2) * normal()
  return { ...state, hidden, factor: Math.exp(deviation * hidden - deviation ** 2 / 2) }
}

function shareNow(stream: Stream, share: number, { factor, bursting }: State): number {
  if (stream !== 'bursty') return share * factor
  const duty = burst.length / (burst.length + burst.gap)
  const inside = Math.min(1, (share * burst.share) / duty)
  return bursting ? inside : (share - duty * inside) / (1 - duty)
}

function column(rows: readonly Float64Array[], level: number): Float64Array {
  const values = new Float64Array(rows.length)
  for (let nth = 0; nth < rows.length; nth++) values[nth] = rows[nth]![level]!
  return values
}

function pairs(rows: readonly Float64Array[]): Float64Array[] {
  return Array.from({ length: rows.length / 2 }, (_, nth) => {
    return rows[2 * nth]!.map((count, level) => count + rows[2 * nth + 1]![level]!)
  })
}
