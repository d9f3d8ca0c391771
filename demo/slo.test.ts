import { evaluateSLO, expect, formatSummary, test } from 'vitest-ws-load'
import { paint } from './paint.ts'

const slo = { p95: '< 100ms', errorRate: '< 1%', throughput: '> 1k/s' }

test('answers pings within the SLO', async ({ wsLoad }) => {
  const summary = await wsLoad({ until: slo })
  console.log(formatSummary(summary, { verdict: evaluateSLO(summary, slo), paint }))
  expect(summary).toMeetSLO(slo)
})
