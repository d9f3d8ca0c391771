import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { faultOfClose, faultOfError, faultOfResponse, isRefusal, whileUnanswered } from '../../src/generator/faults.ts'
import { freePort } from '../support/processes.ts'
import { refusing } from '../support/servers.ts'

describe('an error', () => {
  test('is counted under its code, with its message', async () => {
    const port = await freePort()
    const [error] = (await once(connect(port, '127.0.0.1'), 'close').catch((reason: unknown) => [reason])) as [Error]
    expect(faultOfError(error)).toEqual({
      code: 'ECONNREFUSED',
      sample: `connect ECONNREFUSED 127.0.0.1:${port}`,
    })
  })

  test('of several attempts has the words of all of them', () => {
    const attempts = [new Error('connect ECONNREFUSED ::1:80'), new Error('connect ECONNREFUSED 127.0.0.1:80')]
    const error = Object.assign(new AggregateError(attempts), { code: 'ECONNREFUSED' })
    expect(faultOfError(error)).toEqual({
      code: 'ECONNREFUSED',
      sample: 'connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80',
    })
  })

  test('without a code is one of the handshake, as ws finds them', () => {
    expect(faultOfError(new Error('Invalid Sec-WebSocket-Accept header'))).toEqual({
      code: 'HANDSHAKE_INVALID',
      sample: 'Invalid Sec-WebSocket-Accept header',
    })
  })
})

describe('an HTTP answer', () => {
  async function answerOf(status: number, headers?: Record<string, string>): Promise<IncomingMessage> {
    await using server = await refusing(status, headers)
    const [response] = (await once(get(server.url.replace('ws:', 'http:')), 'response')) as [IncomingMessage]
    return response.resume()
  }

  test.for([
    [401, 'Unauthorized'],
    [503, 'Service Unavailable'],
  ] as const)('is counted under its status: %d', async ([status, words]) => {
    expect(faultOfResponse(await answerOf(status))).toEqual({ code: `HTTP_${status}`, sample: `${status} ${words}` })
  })

  test('that redirects says where to', async () => {
    const response = await answerOf(302, { location: 'https://example.org/login' })
    expect(faultOfResponse(response)).toEqual({
      code: 'HTTP_302',
      sample: '302 Found, redirects to https://example.org/login',
    })
  })
})

describe('a fault with many pings unanswered', () => {
  const fault = { code: 'CLOSE_1006', sample: 'ended without a close frame' }

  test('says how many, and what to do', () => {
    expect(whileUnanswered(fault, 61, 'inFlight')).toEqual({
      code: 'CLOSE_1006',
      sample: 'ended without a close frame, with 61 pings unanswered; if the server limits them, take a lower inFlight',
    })
  })

  test('is as it was with few of them', () => {
    expect(whileUnanswered(fault, 9, 'inFlight')).toBe(fault)
  })
})

describe('the end of a connection', () => {
  test.for([
    [1001, 'leaving', 'leaving'],
    [1011, 'böse', 'böse'],
    [1000, '', 'closed by the server'],
    [1005, '', 'closed by the server'],
    [1006, '', 'ended without a close frame'],
  ] as const)('is counted under its code: %d %s', ([code, reason, sample]) => {
    expect(faultOfClose(code, Buffer.from(reason))).toEqual({ code: `CLOSE_${code}`, sample })
  })
})

test.each([
  ['HTTP_503', true],
  ['HTTP_401', true],
  ['HTTP_408', false],
  ['ECONNRESET', false],
  ['HANDSHAKE_TIMEOUT', false],
])('%s is a refusal of the server: %s', (code, expected) => {
  expect(isRefusal({ code, sample: '' })).toBe(expected)
})
