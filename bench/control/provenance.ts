import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

/** Where an outcome that goes into a log was found, and by what: a log may be gone on with elsewhere. */
export interface Provenance {
  readonly processor: string
  /** Of the repository, shortened. */
  readonly commit: string
}

/** Of what is found out now. */
export const provenance: Provenance = {
  processor: cpus()[0]?.model ?? 'unknown processor',
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
}

/** How many outcomes each processor had part in, in words. */
export function triedOn(outcomes: readonly Provenance[]): string {
  const machines = [...Map.groupBy(outcomes, (one) => one.processor)]
  return machines.map(([model, of]) => `${model} (${of.length} of ${outcomes.length} comparisons)`).join(', ')
}
