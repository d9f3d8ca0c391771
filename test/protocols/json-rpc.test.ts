import { describe, expect, test } from 'vitest'
import { jsonRPC } from '../../src/protocols/index.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { flood } from '../support/flood.ts'
import { callable } from '../support/json-rpc.ts'
import { moduleFile } from '../support/module-file.ts'
import { answering } from '../support/servers.ts'

const load = { connections: 2, pings: 20 } as const

describe('jsonRPC against rpc-websockets', () => {
  test.for([
    ['by position', [1, 'two']],
    ['by name', { a: 1, b: ['two'] }],
    ['absent', undefined],
  ] as const)('calls a method with parameters %s', async ([, params]) => {
    await using server = await callable()
    const probe = jsonRPC({ method: 'echo', ...(params !== undefined && { params }) })
    const result = await flood(server, { ...load, inFlight: 3, probe })
    expect(result.errors).toEqual({})
    expect(result.pings).toMatchObject({ sent: 20, answered: 20 })
    expect(server.calls).toEqual(Array.from({ length: 20 }, () => params))
    expect(evaluateSLO(result, { max: '< 20s', errorRate: '<= 0' }).verdict).toBe('pass')
  })

  test.for([
    ['that does not exist', 'ecoh', '-32601 Method not found; take a method that the server has'],
    ['that fails', 'fail', '-32000 Error "out of tea"'],
    ['that asks for a login', 'secret', '-32605 Method forbidden'],
  ] as const)('fails with a method %s, however quickly that is answered', async ([, method, sample]) => {
    await using server = await callable()
    const result = await flood(server, { ...load, probe: jsonRPC({ method }) })
    expect(result.errors).toEqual({ ERROR_ANSWER: { count: 20, samples: [sample] } })
    expect(result.pings).toMatchObject({ sent: 20, answered: 0, lost: 20, timedOut: 0 })
    expect(evaluateSLO(result, { max: '< 20s' }).verdict).not.toBe('pass')
  })

  test('takes no notification for an answer', async () => {
    await using server = await callable()
    const timer = setInterval(() => server.notify(), 5)
    const { pings, errors } = await flood(server, { connections: 2, probe: jsonRPC({ method: 'echo' }) })
    clearInterval(timer)
    expect(errors).toEqual({})
    expect(pings.answered).toBe(pings.sent)
  })
})

describe('a protocol made of jsonRPC that logs in', () => {
  const source = `import { jsonRPC, jsonRPCProtocol } from '${new URL('../../src/protocols/index.ts', import.meta.url).href}'
    export default {
      ...jsonRPCProtocol,
      async session({ send, receive }, { data }) {
        send(JSON.stringify({ jsonrpc: '2.0', id: 'login', method: 'rpc.login', params: { token: data.token } }))
        const { result, error } = JSON.parse(await receive())
        if (!result) throw new Error(error?.message ?? 'wrong token')
      },
      data: (index, { token }) => ({ ...jsonRPC({ method: 'secret' }).data, token }),
    }`

  test('is answered', async () => {
    await using server = await callable()
    const probe = { protocol: await moduleFile(source), data: { token: 'letmein' } }
    const { pings, errors } = await flood(server, { ...load, probe })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(20)
  })

  test('is told that it is not let in', async () => {
    await using server = await callable()
    const probe = { protocol: await moduleFile(source), data: { token: 'guess' } }
    const { connections, errors } = await flood(server, { connections: 2, duration: 500, probe })
    expect(connections.failedSessions).toBe(2)
    expect(errors['SESSION_FAILED']!.samples).toEqual(['Error: wrong token (probe.mjs:7:28)'])
  })
})

test('a call of the server is no answer, whatever its id', async () => {
  await using server = await answering((message, send) => {
    const { id } = JSON.parse(String(message)) as { id: number }
    send(JSON.stringify({ jsonrpc: '2.0', id, method: 'whoAreYou' }))
    send(JSON.stringify({ jsonrpc: '2.0', id, result: null }))
  })
  const { pings, messages } = await flood(server, { ...load, probe: jsonRPC({ method: 'echo' }) })
  expect(pings.answered).toBe(20)
  expect(messages).toMatchObject({ received: 40, unsolicited: 20 })
})

test('an error without a code and words is one all the same', async () => {
  await using server = await answering((message, send) => {
    const { id } = JSON.parse(String(message)) as { id: number }
    send(JSON.stringify({ jsonrpc: '2.0', id, error: {} }))
  })
  const { pings, errors } = await flood(server, { ...load, probe: jsonRPC({ method: 'echo' }) })
  expect(pings).toMatchObject({ answered: 0, lost: 20 })
  expect(errors).toEqual({ ERROR_ANSWER: { count: 20, samples: ['an error without a code'] } })
})

test.for([
  ['that is a text', 'boom', { ERROR_ANSWER: { count: 20, samples: ['boom'] } }],
  ['that is none', false, {}],
] as const)('an error %s is taken as it is', async ([, error, errors]) => {
  await using server = await answering((message, send) => {
    const { id } = JSON.parse(String(message)) as { id: number }
    send(JSON.stringify({ jsonrpc: '2.0', id, result: 1, error }))
  })
  expect((await flood(server, { ...load, probe: jsonRPC({ method: 'echo' }) })).errors).toEqual(errors)
})

test('an error without an id is a fault', async () => {
  const error = { code: -32_700, message: 'Parse error' }
  await using server = await answering((_message, send) => send(JSON.stringify({ jsonrpc: '2.0', id: null, error })))
  const { errors } = await flood(server, {
    connections: 1,
    pings: 1,
    timeout: 1_000,
    probe: jsonRPC({ method: 'echo' }),
  })
  expect(errors).toEqual({
    PROBE_REPLY_FAILED: { count: 1, samples: ['Error: the server could not read a call: -32700 Parse error'] },
  })
})

describe('options', () => {
  test('that are wrong are one error', () => {
    const wrong = { metod: 'echo', params: 7 } as never
    expect(() => jsonRPC(wrong)).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        message: `jsonRPC: 3 options are wrong
  method: missing
  params: expected a list or an object, got 7
  metod: no such option, did you mean "method"?`,
      }),
    )
  })

  test('may be given to the module as they are', async () => {
    await using server = await callable()
    const { protocol } = jsonRPC({ method: 'any' })
    const { pings } = await flood(server, { ...load, probe: { protocol, data: { method: 'echo' } } })
    expect(pings.answered).toBe(20)
  })

  test.for([
    [undefined, ['probe.data.method: missing']],
    [
      { method: '', parms: [] },
      ['probe.data.method: expected', 'probe.data.parms: no such option, did you mean "params"?'],
    ],
  ] as const)('that are wrong are told of the module too: %j', async ([data, mistakes]) => {
    await using server = await callable()
    const { protocol } = jsonRPC({ method: 'any' })
    const run = flood(server, { ...load, probe: { protocol, data } })
    await expect(run).rejects.toMatchObject({ code: 'WSLOAD_ERR_INVALID_OPTIONS' })
    for (const mistake of mistakes) await expect(run).rejects.toThrow(mistake)
  })
})
