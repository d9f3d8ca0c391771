import type { Fault } from './load-result.ts'

/** Messages that are kept of a kind of fault. */
export const samplesPerFault = 3

/** The faults of several, by code: how many there were of each kind, and a few of their messages. */
export function mergeFaults(all: Iterable<readonly [code: string, fault: Fault]>): Record<string, Fault> {
  const merged: Record<string, Fault> = {}
  for (const [code, { count, samples }] of all) {
    const before = merged[code] ?? { count: 0, samples: [] }
    const kept = [...new Set([...before.samples, ...samples])]
    merged[code] = { count: before.count + count, samples: kept.slice(0, samplesPerFault) }
  }
  return merged
}
