import { readFileSync } from 'node:fs'
import { LoadSummary } from '../summary/load-summary.ts'
import { usageError } from './usage-error.ts'

/** Reads a file that `--json` wrote. */
export function readSummary(file: string): LoadSummary {
  try {
    return LoadSummary.fromJSON(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw usageError(`${file}: ${(error as Error).message}`)
  }
}
