import { randomUUID } from 'node:crypto'
import type { Vitest } from 'vitest/node'
import { forgetWriters, runName } from './baseline-writers.ts'

/** What all projects of a Vitest share. */
interface SharedRun {
  readonly name: string
}

/** By Vitest: each project may have loaded a plugin of its own. */
const registry = Symbol.for('vitest-ws-load.runs')
const runs = ((globalThis as Record<symbol, unknown>)[registry] ??= new WeakMap()) as WeakMap<Vitest, SharedRun>

/** What a Vitest is known by on this machine. What its workers note is forgotten before each rerun, and at its end. */
export function runNameOf(vitest: Vitest): string {
  return sharedRun(vitest).name
}

function sharedRun(vitest: Vitest): SharedRun {
  const known = runs.get(vitest)
  if (known !== undefined) return known
  const run: SharedRun = { name: runName(process.pid, randomUUID()) }
  runs.set(vitest, run)
  vitest.onTestsRerun(() => forgetWriters(run.name))
  vitest.onClose(() => forgetWriters(run.name))
  return run
}
