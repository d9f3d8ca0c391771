import { expect, test } from 'vitest'
import { Published } from '../../src/generator/published.ts'
import { countBelow } from '../../src/generator/sequence-blocks.ts'

/** Publishes the messages of each publisher in turn. */
function publishing(...messages: readonly (readonly [publisher: number, sequence: number, sent: number])[]): Published {
  const published = new Published(2)
  for (const [publisher, sequence, sent] of messages) published.add(publisher, sequence, sent)
  return published
}

test('what has just been published need not have reached others', () => {
  const { settled } = publishing([0, 0, 0], [0, 1, 500], [0, 2, 1_400])
  expect([...settled]).toEqual([0, 0])
})

test('what left a second or two before the latest message is settled, publisher by publisher', () => {
  const early = [0, 100, 200].map((sent, sequence) => [1, sequence, sent] as const)
  const { settled } = publishing(...early, [0, 0, 999], [0, 1, 1_000], [0, 2, 2_100])
  expect([...settled]).toEqual([1, 3])
})

test('a pause settles nothing that left after it', () => {
  const { settled } = publishing([0, 0, 0], [0, 1, 10_000], [0, 2, 10_999])
  expect([...settled]).toEqual([0, 0])
})

test('a message that could not be made has not left', () => {
  const { counts } = publishing([0, 0, 0], [0, 1, 1], [0, 3, 2])
  expect([1, 2, 3, 4].map((end) => countBelow(counts, 0, end))).toEqual([1, 2, 2, 3])
})
