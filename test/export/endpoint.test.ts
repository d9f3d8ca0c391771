import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { isEndpoint, whyUnanswered } from '../../src/export/endpoint.ts'
import { freePort } from '../support/processes.ts'

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

test('why nothing answered at any of several addresses is told of each', async () => {
  const port = await freePort()
  const refused = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map(async (host) => {
      const [error] = (await once(connect(port, host), 'error').catch((cause: unknown) => [cause])) as [Error]
      return error
    }),
  )
  const both = `connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`
  expect(whyUnanswered(new AggregateError(refused))).toBe(both)
  expect(whyUnanswered(new TypeError('fetch failed', { cause: new AggregateError(refused) }))).toBe(both)
})
