import { expect, test } from 'vitest'
import { wrap } from '../../src/report/layout.ts'

test('breaks a line at spaces, but never between a number and its unit', () => {
  const words = 'x'.repeat(75)
  expect(wrap(`${words} 25 ms`)).toEqual([words, '  25 ms'])
  expect(wrap(`${words} or 3 seconds`)).toEqual([`${words} or 3`, '  seconds'])
})

test('cuts what has no space, and no character of it', () => {
  const [line = ''] = wrap('🚀'.repeat(60))
  expect(line).toBe(`${'🚀'.repeat(39)}…`)
})
