import type { GeneratorReport } from '../result/load-result.ts'
import { wrap } from './layout.ts'
import { type Paint, plain } from './paint.ts'

/** That the generator was saturated, why, and what to change; empty when it was not. */
export function describeSaturation({ saturated, reasons }: GeneratorReport, paint: Paint = plain): string[] {
  if (!saturated) return []
  return [
    paint.yellow('The load generator was saturated: it, not the server, may be what was measured.'),
    ...reasons.flatMap((reason) => wrap(reason, '  ')),
  ]
}
