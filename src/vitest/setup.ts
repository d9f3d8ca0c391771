/** Vitest's setup file, which the plugin adds: what a test file that floods owes to the other files of the run. */
import { afterAll, aroundAll, expect } from 'vitest'
import { joinAsFile } from './queue-place.ts'
import { beginTestFile, endStrays, mayFlood, testFile } from './test-file.ts'

beginTestFile()
testFile().isWatched = true

// Around the file rather than in its `beforeAll`, beside which others may run: no timeout runs while it waits for other files.
// oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of fixtures from it.
aroundAll(async (runFile, {}, { file }) => {
  testFile().task = file
  const place = mayFlood(expect.getState().testPath) ? joinAsFile() : undefined
  try {
    await place?.reached
    await runFile()
  } finally {
    place?.leave()
  }
}, 0)

afterAll(endStrays, 0)
