import { randomUUID } from 'node:crypto'
import type { Vitest } from 'vitest/node'
import { forgetWriters, runName } from './baseline-writers.ts'
import { FloodingFiles } from './flooding-files.ts'
import { type FloodQueue, openFloodQueue } from './flood-queue.ts'
import type { QueueAddress } from './queue-place.ts'

/** What all projects of a Vitest share. */
interface SharedRun {
  readonly name: string
  queue: Promise<FloodQueue> | undefined
  readonly flooding: FloodingFiles
}

/** By Vitest: each project may have loaded a plugin of its own. */
const registry = Symbol.for('vitest-ws-load.runs')
const runs = ((globalThis as Record<symbol, unknown>)[registry] ??= new WeakMap()) as WeakMap<Vitest, SharedRun>

/** What a Vitest is known by on this machine. What its workers note is forgotten before each rerun, and at its end. */
export function runNameOf(vitest: Vitest): string {
  return sharedRun(vitest).name
}

/** The queue in which all test files of a Vitest wait that flood. */
export async function queueOf(vitest: Vitest): Promise<QueueAddress> {
  const run = sharedRun(vitest)
  run.queue ??= openFloodQueue()
  return (await run.queue).address
}

/** Which test files flood the targets of a Vitest. */
export function floodingFilesOf(vitest: Vitest): FloodingFiles {
  return sharedRun(vitest).flooding
}

function sharedRun(vitest: Vitest): SharedRun {
  const known = runs.get(vitest)
  if (known !== undefined) return known
  const run: SharedRun = { name: runName(process.pid, randomUUID()), queue: undefined, flooding: new FloodingFiles() }
  runs.set(vitest, run)
  vitest.onTestsRerun(() => forgetWriters(run.name))
  vitest.onClose(async () => {
    // A Vitest whose configuration changes is closed, and goes on as a new run.
    runs.delete(vitest)
    forgetWriters(run.name)
    const queue = await run.queue
    queue?.close()
  })
  return run
}
