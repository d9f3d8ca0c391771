import { digitsAmong, formatCounted, formatRateTo } from '../units.ts'

/** What a search for a capacity varies: pings due per second over all connections, or how many connections there are. */
export type CapacityOver = 'rate' | 'connections'

/** A load with its unit. */
export function formatLoad(over: CapacityOver, load: number): string {
  return formatLoads(over, [load])[0]!
}

/** Loads that stand in one sentence: those that differ read differently. */
export function formatLoads(over: CapacityOver, loads: readonly number[]): string[] {
  if (over === 'connections') return loads.map((load) => formatCounted(load, 'connection'))
  const digits = digitsAmong(loads, formatRateTo)
  return loads.map((load) => formatRateTo(load, digits))
}
