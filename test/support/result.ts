import { connectErrorRate, errorRate } from '../../src/result/error-rate.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { connectionTotals } from './connection-totals.ts'

const msToNs = 1e6
/** Steps of it, around a circle, fill it evenly. */
const goldenRatio = (Math.sqrt(5) - 1) / 2

/** Latencies of real histograms: milliseconds, or brackets `[floor, ceiling]`. */
export function latencies(samples: Iterable<number | readonly [floor: number, ceiling: number]>): {
  both: LatencySummary
  floor: LatencySummary
} {
  const ceilings = new Histogram()
  const floors = new Histogram()
  for (const sample of samples) {
    const [floor, ceiling] = typeof sample === 'number' ? [sample, sample] : sample
    floors.record(floor * msToNs)
    ceilings.record(ceiling * msToNs)
  }
  return { both: new LatencySummary(ceilings, floors), floor: new LatencySummary(floors) }
}

/** `count` times the same value, as samples. */
export function repeated<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}

/**
 * Slices of a run in which the samples, the coalesced pings the last of them, and the pings without an answer, are spread evenly over the measured window. */
function evenly(
  samples: Iterable<number | readonly [floor: number, ceiling: number]>,
  pings: LoadResult['pings'],
  duration: number,
): Slices {
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  const count = Math.max(1, Math.floor(duration / recorder.length))
  let nth = 0
  for (const sample of samples) {
    const [floor, ceiling] = typeof sample === 'number' ? [sample, sample] : sample
    const kind = nth < pings.answered ? kindNumbers.answered : kindNumbers.coalesced
    const slice = Math.floor(((nth++ * goldenRatio) % 1) * count)
    recorder.answered(slice, buckets.record(ceiling * msToNs), buckets.record(floor * msToNs), kind)
  }
  for (const kind of ['sent', 'timedOut', 'lost', 'dropped'] as const) {
    for (let at = 0; at < pings[kind]; at++) recorder.count(kindNumbers[kind], Math.floor((at * count) / pings[kind]))
  }
  return Slices.of([recorder.pack()], duration)
}

type Overrides = {
  [K in Exclude<keyof LoadResult, 'slices' | 'looks'>]?: LoadResult[K] extends readonly unknown[]
    ? LoadResult[K]
    : Partial<LoadResult[K]>
} & Partial<Pick<LoadResult, 'slices' | 'looks'>>

/**
 * A completed run of 10 connections over 5 s, 20,000 pings of which 4 % took 18 ms and the others 2 ms, with balanced
 * totals, the coalesced ones of which are the last of the samples; whatever else `overrides` says.
 */
export function loadResult(
  samples: Parameters<typeof latencies>[0] = [...repeated(19_200, 2), ...repeated(800, 18)],
  overrides: Overrides = {},
): LoadResult {
  const { both: latency, floor: latencyFloor } = latencies(samples)
  const { coalesced = 0 } = overrides.pings ?? {}
  const pings = balanced({ answered: latency.count - coalesced, ...overrides.pings })
  const connections = { ...connectionTotals({ requested: 10 }), ...overrides.connections }
  const duration = overrides.duration ?? 5000
  return {
    ended: 'completed',
    looks: { taken: 1, planned: 1 },
    startedAt: '2026-11-23T12:00:00.000Z',
    latency,
    latencyFloor,
    serviceTime: latency,
    handshake: latencies(repeated(connections.opened, 1.5)).both,
    session: latencies([]).both,
    reconnect: latencies([]).both,
    throughput: (pings.answered / duration) * 1000,
    offeredRate: (pings.sent / duration) * 1000,
    errors: {},
    errorRate: errorRate(pings),
    connectErrorRate: connectErrorRate(connections),
    intervals: [],
    slices: evenly(samples, pings, duration),
    ...(overrides as Partial<LoadResult>),
    duration,
    pings,
    messages: { received: 0, unsolicited: 0, surplus: 0, afterLastAnswer: 0, ...overrides.messages },
    pongs: { unsolicited: 0, ...overrides.pongs },
    connections,
    generator: {
      resolution: { p50: 0, p99: 0 },
      sendDelay: latencies([]).both,
      heldBack: 0,
      eventLoopUtilization: 0.4,
      cpuPerPing: 0.005,
      gcPauses: { count: 0, total: 0, max: 0 },
      threads: 1,
      saturated: false,
      reasons: [],
      ...overrides.generator,
    },
    environment: {
      node: '24.21.0',
      os: 'linux 6.1 x64',
      cpu: 'Test CPU',
      cores: 2,
      version: '0.1.0',
      otherFloods: 0,
      ...overrides.environment,
    },
    options: {
      url: 'ws://127.0.0.1:3001/',
      connections: connections.requested,
      duration,
      confidence: 0.99,
      warmup: 1000,
      inFlight: 1,
      probe: 'ping',
      payloadBytes: 8,
      timeout: 5000,
      threads: 1,
      ...overrides.options,
    },
  }
}

function balanced(totals: Partial<LoadResult['pings']>): LoadResult['pings'] {
  const { answered = 0, coalesced = 0, timedOut = 0, lost = 0, dropped = 0 } = totals
  const sent = answered + coalesced + timedOut + lost
  return { due: sent + dropped, sent, answered, coalesced, timedOut, lost, dropped }
}
