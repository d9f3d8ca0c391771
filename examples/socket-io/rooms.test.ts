import { expect, test } from 'vitest-ws-load'
import { socketIO } from 'vitest-ws-load/protocols'

const slo = { 'delivery.p90': '< 100ms', reach: '>= 100%' }

test('passes messages on to the whole room within the SLO', async ({ wsLoad }) => {
  const protocol = socketIO.room({
    join: { event: 'join', args: ['room-%r'] },
    publish: { event: 'say', args: ['room-%r', '%m'] },
    event: 'said',
    namespace: '/chat',
    auth: { token: process.env.TOKEN ?? 'secret' },
  })
  const summary = await wsLoad.fanOut({ subscribers: 50, rate: '100/s', protocol, until: slo })
  expect(summary).toMeetSLO(slo)
})
