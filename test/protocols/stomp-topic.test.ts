import { expect, test } from 'vitest'
import { stomp, type StompTopicOptions } from '../../src/protocols/index.ts'
import { fanOut } from '../support/run.ts'
import { receipting, relaying } from '../support/stomp.ts'

const destination = '/topic/rooms.%r'
const load = { subscribers: 12, publishers: 2, rooms: 2, rate: '40/s', duration: '1s', warmup: '100ms' } as const

test('what an application passes on reaches all subscribers', async () => {
  await using server = await relaying()
  const publish = { destination: '/app/rooms.%r', body: '{"room":%r,"text":"%m"}' }
  const protocol = stomp.topic({ destination, publish, receipt: false })
  const summary = await fanOut({ ...load, url: server.url, protocol })
  expect(summary.errors).toEqual({})
  expect(summary).toMatchObject({ expected: 240, delivered: 240, duplicates: 0, outOfOrder: 0 })
})

test('a subscription whose receipt never comes says what it waits for', async () => {
  await using server = await relaying()
  const protocol = stomp.topic({ destination })
  const { errors } = await fanOut({ ...load, url: server.url, sessionTimeout: '200ms', protocol })
  expect(errors['SESSION_TIMEOUT']?.samples[0]).toContain('does the broker give receipts? Without: receipt: false')
})

test('several rooms have to be told apart', async () => {
  await using server = await relaying()
  const protocol = stomp.topic({ destination: '/topic/all', receipt: false })
  await expect(fanOut({ ...load, url: server.url, protocol })).rejects.toThrow(
    'protocol.destination: expected %r in it',
  )
})

test('a broker that passes nothing on has delivered nothing', async () => {
  await using server = await receipting()
  const summary = await fanOut({ ...load, url: server.url, timeout: '200ms', protocol: stomp.topic({ destination }) })
  expect(summary).toMatchObject({ expected: 240, delivered: 0, reach: 0 })
})

test.for<[Partial<StompTopicOptions>, string]>([
  [{ publish: { body: 'hello' } }, 'publish.body: expected a text with %m, got "hello"'],
  [{ publish: { headers: { receipt: '1' } } }, 'publish.headers.receipt: expected a header other than'],
  [{ receipts: false } as never, 'receipts: no such option, did you mean "receipt"?'],
])('%o is refused', ([options, mistake]) => {
  expect(() => stomp.topic({ destination, ...options })).toThrow(mistake)
})
