import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { faultOfClose, faultOfError, faultOfResponse } from '../../src/load/faults.ts'
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
  async function answerOf(status: number): Promise<IncomingMessage> {
    await using server = await refusing(status)
    const request = get(server.url.replace('ws:', 'http:'), {
      headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': 13, 'sec-websocket-key': 'x' },
    })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response
  }

  test.for([
    [401, 'Unauthorized'],
    [503, 'Service Unavailable'],
  ] as const)('is counted under its status: %d', async ([status, words]) => {
    expect(faultOfResponse(await answerOf(status))).toEqual({ code: `HTTP_${status}`, sample: `${status} ${words}` })
  })

  test('that redirects says where to', async () => {
    const { code, sample } = faultOfResponse(await answerOf(302))
    expect(code).toBe('HTTP_302')
    expect(sample).toMatch(/^302 Found, redirects to .+/)
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
