import type { LoadResult } from '../result/load-result.ts'
import { mostFrequentFault, whyInvalid } from '../slo/evaluate.ts'
import { formatCount } from '../units.ts'

/** What is wrong with the flood that tells where a search begins, what matters most first; nothing if all of it was answered. */
export function describeFirstFlood(result: LoadResult): string[] {
  const { answered, coalesced, due } = result.pings
  const fault = mostFrequentFault(result)
  const invalid = whyInvalid(result)
  if (invalid !== undefined) return [invalid, ...fault]
  if (answered + coalesced === due) return fault
  return [`asked without a pause, the server answered ${formatCount(answered)} of ${formatCount(due)} pings`, ...fault]
}
