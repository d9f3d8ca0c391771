import { expect, test } from 'vitest'
import { mostMessageBytes, mostUnfinishedBytes } from '../../src/wire/limits.ts'
import { UnfinishedMessages } from '../../src/generator/unfinished-messages.ts'

const many = 1_000
const share = mostUnfinishedBytes / many

test('a message may have as many bytes as a message may', () => {
  const unfinished = new UnfinishedMessages()
  expect(unfinished.change(0, mostMessageBytes)).toBeUndefined()
  expect(unfinished.change(mostMessageBytes, mostMessageBytes + 1)).toBe('a message of more than 128 MiB')
})

test('all of them together may have as many as all of them may', () => {
  const unfinished = new UnfinishedMessages()
  for (let nth = 0; nth < many; nth++) expect(unfinished.change(0, share)).toBeUndefined()
  expect(unfinished.change(share, share + 1)).toMatch(/^messages of more than 512 MiB/)
})

test('of too many bytes in all, those with less than their share are blamed for none', () => {
  const unfinished = new UnfinishedMessages()
  for (let nth = 0; nth < 9; nth++) unfinished.change(0, mostMessageBytes)
  for (let nth = 0; nth < many; nth++) expect(unfinished.change(0, 1)).toBeUndefined()
  expect(unfinished.change(mostMessageBytes - 1, mostMessageBytes)).toMatch(/^messages of more than 512 MiB/)
})

test('what was completed or dropped does not count any more', () => {
  const unfinished = new UnfinishedMessages()
  for (let nth = 0; nth < many; nth++) {
    expect(unfinished.change(0, mostMessageBytes)).toBeUndefined()
    expect(unfinished.change(mostMessageBytes, 0)).toBeUndefined()
  }
})
