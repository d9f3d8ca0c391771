import { expect, test } from 'vitest-ws-load'

test('answers pings within the SLO', async ({ wsLoad }) => {
  const summary = await wsLoad()
  expect(summary).toMeetSLO({ p99: '< 200ms', errorRate: '< 0.1%', throughput: '> 4k/s' })
})
