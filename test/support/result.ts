import { Histogram } from '../../src/stats/histogram.ts'
import { LatencySummary } from '../../src/stats/latency.ts'
import type { LoadResult } from '../../src/stats/result.ts'

const msToNs = 1e6

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

type Overrides = {
  [K in keyof LoadResult]?: LoadResult[K] extends readonly unknown[] ? LoadResult[K] : Partial<LoadResult[K]>
}

/**
 * A completed run of 10 connections over 5 s, 2,000 pings of which 1.5 % took 18 ms and the others 2 ms, with balanced
 * totals; whatever else `overrides` says.
 */
export function loadResult(
  samples: Parameters<typeof latencies>[0] = [...repeated(1970, 2), ...repeated(30, 18)],
  overrides: Overrides = {},
): LoadResult {
  const { both: latency, floor: latencyFloor } = latencies(samples)
  const pings = balanced({ answered: latency.count, ...overrides.pings })
  const connections = { requested: 10, opened: 10, failed: 0, closedEarly: 0, ...overrides.connections }
  const duration = overrides.duration ?? 5000
  const failures = pings.dropped + pings.timedOut + pings.lost + connections.failed
  return {
    ended: 'completed',
    startedAt: '2026-11-23T12:00:00.000Z',
    latency,
    latencyFloor,
    serviceTime: latency,
    handshake: latencies(repeated(connections.opened, 1.5)).both,
    throughput: (pings.answered / duration) * 1000,
    offeredRate: (pings.sent / duration) * 1000,
    errors: {},
    errorRate: failures / (pings.due + connections.requested),
    intervals: [],
    ...(overrides as Partial<LoadResult>),
    duration,
    pings,
    connections,
    generator: {
      resolution: { p50: 0, p99: 0 },
      sendDelay: latencies([]).both,
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
      ...overrides.environment,
    },
    options: {
      url: 'ws://127.0.0.1:3001/',
      connections: connections.requested,
      duration,
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
