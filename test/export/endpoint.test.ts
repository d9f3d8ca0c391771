import { expect, test } from 'vitest'
import { isEndpoint } from '../../src/export/endpoint.ts'

test.each([
  ['http://gateway:9091', true],
  ['https://someone:secret@gateway/metrics', true],
  ['http://someone:50%@gateway', false],
  ['gateway:9091', false],
  ['ws://gateway', false],
  ['', false],
])('whether metrics can be sent to %j: %j', (text, expected) => {
  expect(isEndpoint(text)).toBe(expected)
})
