import { clearTimeout, setTimeout } from 'node:timers'
import { afterAll, type RunnerTestFile } from 'vitest'
import type { WsLoadError } from '../errors.ts'
import { Lane, type Place } from './lane.ts'
import { namesFloods } from './names-floods.ts'

/** A flood that is waiting or running. */
export interface RunningFlood {
  /** What its end before it was awaited is. */
  readonly notAwaited: WsLoadError
  /** How long its end may take, in milliseconds. */
  readonly closing: number
  /** Ends it, and resolves when it has ended. */
  end(): Promise<void>
}

/** What a worker knows of the test file that it runs. */
interface TestFile {
  /** Vitest's own, where the plugin's setup file has told it. */
  task: RunnerTestFile | undefined
  /** Whether this package was loaded for this file. */
  isUsing: boolean
  /** Whether {@link endStrays} is called when the file ends. */
  isWatched: boolean
  /** Floods under way that no test is known for: of `beforeAll`, of the plain function in concurrent tests. */
  readonly strays: Set<RunningFlood>
  /** The file's place among the files that flood, while it wants one, and how many floods want it. */
  place: { readonly place: Place; floods: number } | undefined
  /** Where concurrent tests of the file wait for each other. */
  readonly lane: Lane
}

/** The package may be loaded more than once, and a worker that is not isolated runs one file after the other. */
const key = Symbol.for('vitest-ws-load.test-file')
const shared = globalThis as unknown as Record<symbol, TestFile | undefined>

/** The test file that runs. */
export function testFile(): TestFile {
  return (shared[key] ??= {
    task: undefined,
    isUsing: false,
    isWatched: false,
    strays: new Set(),
    place: undefined,
    lane: new Lane(),
  })
}

/** Forgets the file that ran before. */
export function beginTestFile(): void {
  shared[key]?.place?.place.leave()
  shared[key] = undefined
}

/** This package has been loaded for the file. Without the plugin's setup file, what is left of floods is noticed from here. */
export function beginUse(): void {
  const file = testFile()
  file.isUsing = true
  if (file.isWatched) return
  file.isWatched = true
  try {
    afterAll(endStrays, 0)
  } catch {
    // Loaded where no test file is being collected: there are no hooks.
  }
}

/** Whether a file may flood: it has loaded this package, or names what floods. */
export function mayFlood(path: string | undefined): boolean {
  return testFile().isUsing || (path !== undefined && namesFloods(path))
}

/**
 * Ends what is left of a file's floods: how long that may take depends on them, so the hook that calls this has no timeout.
 * @throws {WsLoadError} `WSLOAD_ERR_NOT_AWAITED` if there are any
 */
export async function endStrays(): Promise<void> {
  const strays = [...testFile().strays]
  const over = Promise.withResolvers<void>()
  const timer = setTimeout(over.resolve, Math.max(0, ...strays.map(({ closing }) => closing)))
  await Promise.race([Promise.all(strays.map((flood) => flood.end())), over.promise])
  clearTimeout(timer)
  for (const { notAwaited } of strays) throw notAwaited
}
