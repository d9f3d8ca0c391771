import { expect, test } from 'vitest-ws-load'

const slo = { p95: '< 100ms', errorRate: '< 1%' }

test('the gateway answers all agents in time', { timeout: 240_000 }, async ({ wsLoad }) => {
  const summary = await wsLoad({ until: slo, maxDuration: '60s' })
  expect(summary).toMeetSLO(slo)
})
