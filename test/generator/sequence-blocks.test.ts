import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countBelow, SequenceBlocks } from '../../src/generator/sequence-blocks.ts'

test('counts what lies below the end of each block, exactly, in whatever order it comes', () => {
  const sequence = fc.oneof(fc.nat(100), fc.nat(10_000))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1), sequence), { maxLength: 300 }), (added) => {
      const blocks = new SequenceBlocks(2)
      for (const [publisher, nth] of added) blocks.add(publisher, nth)
      for (const publisher of [0, 1]) {
        for (let block = 0; block <= 64; block++) {
          const end = block * blocks.lengths[publisher]!
          const below = added.filter(([of, nth]) => of === publisher && nth < end).length
          expect(countBelow(blocks, publisher, end)).toBe(below)
        }
      }
    }),
  )
})

test('has no more blocks the longer it counts, and those of one publisher are as long as it needs', () => {
  const blocks = new SequenceBlocks(2)
  const { length } = blocks.counts
  for (let sequence = 0; sequence < 100_000; sequence++) blocks.add(0, sequence)
  expect(blocks.counts).toHaveLength(length)
  expect([...blocks.lengths]).toEqual([2_048, 1])
})

test.each([1, 64, 1_000, 100_000])('has 8 to 64 blocks for each of %i publishers', (publishers) => {
  const ofEach = new SequenceBlocks(publishers).counts.length / publishers
  expect(ofEach).toBe(Math.max(8, Math.min(64, 2 ** Math.floor(Math.log2(4_096 / publishers)))))
})

test('takes back one of each sequence number', () => {
  const blocks = new SequenceBlocks(1)
  for (let sequence = 0; sequence < 200; sequence++) {
    blocks.add(0, sequence)
    blocks.add(0, sequence)
  }
  blocks.subtractBelow(0, 102)
  expect(blocks.lengths[0]).toBe(4)
  expect([100, 104, 200].map((end) => countBelow(blocks, 0, end))).toEqual([100, 106, 298])
})
