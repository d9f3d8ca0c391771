import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Parsed } from '../parsed.ts'
import { show } from '../wording.ts'
import { formatJSON } from '../result/json.ts'
import type { LoadCapacity } from '../summary/load-capacity.ts'
import type { LoadSummary } from '../summary/load-summary.ts'
import { commitOf } from './commit.ts'
import { replaceWhole } from './replace-whole.ts'

const folder = '.ws-load/baselines'
const goodName = /^[\w][\w .@+-]{0,99}$/

/** What was kept under a name, or why there is nothing. */
export type Baseline<Kept> = { readonly kept: Kept } | { readonly missing: string }

/** A baseline's file, relative to the current directory where that is shorter. */
export function baselineFile(root: string, name: string): string {
  const path = join(resolve(root), folder, `${name}.json`)
  const short = relative('', path)
  return short.startsWith('..') ? path : short
}

/** Reads a baseline's name, which has to be that of a file. */
export function parseBaselineName(name: unknown): Parsed<string> {
  if (typeof name === 'string' && goodName.test(name)) return { value: name }
  return { mistakes: [`name: expected letters, digits, spaces and . _ @ + -, got ${show(name)}`] }
}

/** @param Kind what is expected to have been kept */
export function readBaseline<Kept>(file: string, Kind: { fromJSON(json: unknown): Kept }): Baseline<Kept> {
  if (!existsSync(file)) return { missing: `there is no baseline ${file}; WS_LOAD_UPDATE=1 or vitest -u writes one` }
  try {
    return { kept: Kind.fromJSON(JSON.parse(readFileSync(file, 'utf8'))) }
  } catch (error) {
    return { missing: `the baseline ${file} cannot be read: ${(error as Error).message}` }
  }
}

/**
 * Keeps a summary or a capacity, with the commit that it was measured at, in place of what was kept under that name. Nothing else is
 * written, and nothing is left behind where that fails.
 * @throws {Error} of the file system
 */
export function writeBaseline(file: string, name: string, found: LoadSummary | LoadCapacity): void {
  const directory = dirname(file)
  mkdirSync(directory, { recursive: true })
  const kept = { ...found.toJSON(), baseline: { name, commit: commitOf(directory) } }
  replaceWhole(file, formatJSON(kept))
}
