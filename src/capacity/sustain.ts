import { WsLoadError } from '../errors.ts'
import type { Verdict } from '../slo/verdict.ts'
import { show } from '../wording.ts'
import type { CapacityResult } from './capacity.ts'
import { formatObjectives, isCutShort } from './findings.ts'
import { formatLoads } from './load.ts'

/** Whether a server takes a load. */
export interface SustainVerdict {
  /** `pass` if a load at least as high was surely kept, `fail` if one no higher was surely missed. */
  readonly verdict: Verdict
  /** Pings per second, or connections. */
  readonly load: number
  /** Nothing was surely kept nor surely missed, or the search was cut short before it found out: never to be taken for anything but red. */
  readonly vacuous: boolean
  readonly reason: string
}

/**
 * Judges by a capacity whether a server takes a load. What was kept at a higher one is kept at a lower one, and the other way round.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` for a load that is no number above 0
 */
export function judgeSustained(capacity: CapacityResult, load: number): SustainVerdict {
  if (!(typeof load === 'number' && load > 0 && load < Infinity)) {
    throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', `load: expected a number above 0, got ${show(load)}`)
  }
  const { over, low, high } = capacity
  const slo = formatObjectives(capacity)
  const [wanted, kept, missed] = formatLoads(over, [load, low, high])
  const verdict = load <= low ? 'pass' : load >= high ? 'fail' : 'inconclusive'
  const known = [
    ...(low > 0 ? [`${kept} is surely kept`] : ['nothing is surely kept']),
    ...(high < Infinity ? [`${missed} surely missed`] : ['nothing surely missed']),
  ].join(', ')
  const reason = {
    pass: `${wanted} is sustained with ${slo}: ${known}`,
    fail: `${wanted} is not sustained with ${slo}: ${known}`,
    inconclusive: `${wanted} is neither surely sustained nor surely too much with ${slo}: ${known}`,
  }[verdict]
  const isUnknown = low === 0 && high === Infinity
  const vacuous = isUnknown || (verdict === 'inconclusive' && isCutShort(capacity))
  return { verdict, load, vacuous, reason }
}
