import { expect, test } from 'vitest'
import { Published } from '../../src/generator/published.ts'

test('what has just been published need not have reached others', () => {
  const published = new Published(1)
  for (const sent of [0, 500, 1_400]) published.add(0, sent)
  expect(published.settled).toEqual([0])
})

test('what left a second or two before the latest message is counted, room by room', () => {
  const published = new Published(2)
  for (const sent of [0, 100, 200]) published.add(1, sent)
  published.add(0, 999)
  published.add(0, 1_000)
  published.add(0, 2_100)
  expect(published.settled).toEqual([1, 3])
})

test('a pause makes nothing count that left after it', () => {
  const published = new Published(1)
  for (const sent of [0, 10_000, 10_999]) published.add(0, sent)
  expect(published.settled).toEqual([0])
})
