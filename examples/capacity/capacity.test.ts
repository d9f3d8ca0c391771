import { expect, test } from 'vitest-ws-load'

const slo = { p95: '< 100ms' }
const search = { from: '100/s', to: '1k/s', precision: '25%', confidence: 0.95, maxDuration: '30s' }

test('quotes are given at 200 a second', { timeout: 90_000 }, async ({ wsLoad }) => {
  const probe = { text: 'tea', answer: '42' }
  const capacity = await wsLoad.capacity({ probe, slo, ...search })
  expect(capacity).toSustain('200/s')
})
