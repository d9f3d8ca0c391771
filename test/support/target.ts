import { valueOf } from '../../src/options/invalid-options.ts'
import { type ResolvedTarget, safeParseTarget, type TargetOptions } from '../../src/options/target.ts'

/** A target as its options say. */
export function targetOf(options: TargetOptions): ResolvedTarget {
  return valueOf(safeParseTarget(options))
}
