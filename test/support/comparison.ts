import { compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance, type Tolerance } from '../../src/gate/tolerance.ts'
import { LoadComparison } from '../../src/summary/load-comparison.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { loadResult } from './result.ts'

/** A run whose pings took from 0.8 to 1.2 times `ms`, the slowest tenth three times as long. */
export function steady(ms: number, overrides: Parameters<typeof loadResult>[1] = {}): LoadSummary {
  const samples = Array.from({ length: 20_000 }, (_, nth) => {
    return ms * (0.8 + ((nth * 7) % 401) / 1_000) * (nth % 10 === 9 ? 3 : 1)
  })
  return new LoadSummary(loadResult(samples, overrides))
}

/** Two runs as if they had taken turns. */
export function comparison(base: LoadSummary, head: LoadSummary, tolerance?: Tolerance): LoadComparison {
  return new LoadComparison(base, head, compareSideBySide(base, head, parseTolerance(tolerance), 0.99))
}
