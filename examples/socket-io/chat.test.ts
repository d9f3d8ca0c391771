import { expect, test } from 'vitest-ws-load'
import { socketIO } from 'vitest-ws-load/protocols'

const slo = { p95: '< 100ms' }

test('acknowledges messages within the SLO', async ({ wsLoad }) => {
  const auth = { token: process.env.TOKEN ?? 'secret' }
  const probe = socketIO({ event: 'message', args: ['hi'], namespace: '/chat', auth })
  const summary = await wsLoad({ probe, until: slo })
  expect(summary).toMeetSLO(slo)
})
