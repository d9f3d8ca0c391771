/** Vitest's global setup: a directory for what the test files of a run share. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the package is built and installed, once for all test files. */
    buildPlace: string
  }
}

/** Returns its teardown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const place = await mkdtemp(join(tmpdir(), 'ws-load-build-'))
  project.provide('buildPlace', place)
  // When files are watched, the source may have changed.
  project.onTestsRerun(async () => {
    await rm(place, { recursive: true, force: true })
    await mkdir(place)
  })
  return () => rm(place, { recursive: true, force: true, maxRetries: 5 })
}
