import { expect, test } from 'vitest'
import type { Crossing } from '../../src/generator/flood-report.ts'
import { SequenceBlocks } from '../../src/generator/sequence-blocks.ts'
import { compareCrossing } from '../../src/run/crossing.ts'

const members = 3

/** Of a run of two machines with a publisher each, in one room: the thread of the first one. */
function receiver(came: (sequence: number) => boolean, until: number): Crossing {
  const blocks = new SequenceBlocks(2)
  for (const sequence of numbersBelow(until).filter(came)) {
    for (let member = 0; member < members; member++) blocks.add(1, sequence)
  }
  return {
    members: [members],
    came: blocks,
    firstPublisher: 0,
    published: new SequenceBlocks(1),
    settled: new Int32Array(1),
  }
}

/** The thread of the other one. */
function publisher(published: number, settled: number, left: (sequence: number) => boolean = () => true): Crossing {
  const blocks = new SequenceBlocks(1)
  for (const sequence of numbersBelow(published).filter(left)) blocks.add(0, sequence)
  return {
    members: [members],
    came: new SequenceBlocks(2),
    firstPublisher: 1,
    published: blocks,
    settled: Int32Array.of(settled),
  }
}

function numbersBelow(end: number): number[] {
  return Array.from({ length: end }, (_, nth) => nth)
}

const all = (): boolean => true

test('what came later makes up for nothing that had to come', () => {
  const lossy = receiver((sequence) => sequence % 20 >= 9, 160)
  expect(compareCrossing([lossy], [publisher(160, 80)])).toEqual({ expected: 240, missed: 108 })
})

test('what is under way is not missed', () => {
  expect(compareCrossing([receiver(all, 120)], [publisher(160, 80)])).toEqual({ expected: 240, missed: 0 })
})

test('what never left is expected of nobody', () => {
  const left = (sequence: number): boolean => sequence % 4 > 0
  expect(compareCrossing([receiver(left, 160)], [publisher(160, 80, left)])).toEqual({ expected: 180, missed: 0 })
})

test('a publisher that nobody hears is missed', () => {
  expect(compareCrossing([receiver(() => false, 0)], [publisher(160, 80)])).toEqual({ expected: 240, missed: 240 })
})

test('blocks are compared that are complete on both sides', () => {
  // Two sequence numbers a block where it came until 100, four where it was published until 200.
  expect(compareCrossing([receiver(all, 100)], [publisher(200, 99)])).toEqual({ expected: 96 * 3, missed: 0 })
  expect(compareCrossing([receiver(all, 200)], [publisher(100, 99)])).toEqual({ expected: 96 * 3, missed: 0 })
})

test('publishers of one machine make up for nothing of another one', () => {
  const [one, other] = [publisher(160, 80), { ...publisher(160, 80), firstPublisher: 2 }]
  const came = new SequenceBlocks(3)
  for (let sequence = 0; sequence < 160; sequence++) came.add(2, sequence)
  const thread = { ...receiver(all, 0), members: [1], came }
  expect(compareCrossing([thread], [one, other])).toEqual({ expected: 160, missed: 80 })
})
