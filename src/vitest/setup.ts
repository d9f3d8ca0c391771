/** Vitest's setup file, which the plugin adds: what a test file that floods owes to the other files of the run. */
import { afterAll, beforeAll, expect } from 'vitest'
import type { Place } from './lane.ts'
import { joinAsFile } from './queue-place.ts'
import { beginTestFile, endStrays, mayFlood, testFile } from './test-file.ts'

let place: Place | undefined

beginTestFile()
testFile().isWatched = true

// Here rather than within its tests: no timeout of theirs runs while the file waits for other files.
// oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of fixtures from it.
beforeAll(async ({}, { file }) => {
  testFile().task = file
  if (!mayFlood(expect.getState().testPath)) return
  place = joinAsFile()
  await place.reached
}, 0)

afterAll(async () => {
  try {
    await endStrays()
  } finally {
    place?.leave()
  }
}, 0)
