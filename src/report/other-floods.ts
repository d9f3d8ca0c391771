import type { Environment } from '../result/load-result.ts'
import { formatCount } from '../units.ts'

/** A sentence when the flood did not have the machine to itself; empty when it had. */
export function describeOtherFloods({ otherFloods }: Environment): string[] {
  if (otherFloods === 0) return []
  const who = otherFloods === 1 ? 'Another flood' : `${formatCount(otherFloods)} other floods`
  return [`${who} ran on this machine at the same time, and may have slowed this one down.`]
}
