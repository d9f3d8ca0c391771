import { formatCount, formatRate } from '../units.ts'

/** What a search for a capacity varies: pings due per second over all connections, or how many connections there are. */
export type CapacityOver = 'rate' | 'connections'

/** A load with its unit. */
export function formatLoad(over: CapacityOver, load: number): string {
  return over === 'rate' ? formatRate(load) : `${formatCount(load)} ${load === 1 ? 'connection' : 'connections'}`
}
