import { expect, test } from 'vitest'
import { OwnWrites } from '../../src/vitest/own-writes.ts'

/** What is said of a file that changes in each of so many turns. */
function noted(writes: OwnWrites, file: string, turns: number): boolean[] {
  return Array.from({ length: turns }, () => {
    const isOwn = writes.note(file)
    writes.beginTurn()
    return isOwn
  })
}

test('a file that changes in five turns in a row is written by the server itself', () => {
  expect(noted(new OwnWrites(() => {}), 'log', 6)).toEqual([false, false, false, false, true, true])
})

test('a file that changes often in one turn has changed in one', () => {
  const writes = new OwnWrites(() => {})
  expect(Array.from({ length: 10 }, () => writes.note('log'))).not.toContain(true)
})

test('a file that leaves a turn out begins anew', () => {
  const writes = new OwnWrites(() => {})
  noted(writes, 'log', 4)
  writes.beginTurn()
  expect(writes.note('log')).toBe(false)
})

test('a file that somebody else has changed begins anew', () => {
  const writes = new OwnWrites(() => {})
  noted(writes, 'log', 4)
  writes.forget('log')
  expect(writes.note('log')).toBe(false)
})

test('a file that the server writes itself is told once', () => {
  const told: unknown[][] = []
  noted(new OwnWrites((...found) => told.push(found)), 'log', 9)
  expect(told).toEqual([['log', 5]])
})
