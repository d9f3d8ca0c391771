import { expect, test } from 'vitest-ws-load'

const slo = { p95: '< 200ms', errorRate: '< 1%', throughput: '> 4k/s' }

test('answers pings within the SLO', async ({ wsLoad }) => {
  const summary = await wsLoad({ until: slo })
  expect(summary).toMeetSLO(slo)
})
