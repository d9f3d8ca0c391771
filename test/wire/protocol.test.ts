import { expect, expectTypeOf, test } from 'vitest'
import { defineProtocol, type PingContext, type ProbeMessage } from '../../src/wire/protocol.ts'

test('a protocol is what was defined', () => {
  const definition = { request: String, reply: Number }
  expect(defineProtocol(definition)).toBe(definition)
})

test('data that a protocol makes of what it is given flows to its functions', () => {
  defineProtocol({
    data: (index, given: { token: string }) => ({ user: index, ...given }),
    url: (index, data) => {
      expectTypeOf(data).toEqualTypeOf<{ token: string; user: number }>()
      return `/${index}`
    },
    headers: (_index, { token }) => ({ authorization: token }),
    request: (id, context) => {
      expectTypeOf(context).toEqualTypeOf<PingContext<undefined, { token: string; user: number }>>()
      return `${id} ${context.data.token}`
    },
    reply: (message, { data }) => {
      expectTypeOf(message).toEqualTypeOf<ProbeMessage>()
      return data.user
    },
  })
})

test('data of a protocol flows to its functions', () => {
  defineProtocol({
    data: { token: 'none' },
    request: (id, { data }) => {
      expectTypeOf(data).toEqualTypeOf<{ token: string }>()
      return `${id}`
    },
    reply: Number,
  })
})

test('data that only the probe has may be anything', () => {
  defineProtocol({
    request: (id, { data }) => {
      expectTypeOf(data).toBeAny()
      return `${id}`
    },
    reply: Number,
  })
})

test('wrong fields have the wrong type', () => {
  // @ts-expect-error -- It has to be recognised.
  expect(defineProtocol({ request: String })).not.toHaveProperty('reply')
  // @ts-expect-error -- No message.
  defineProtocol({ request: (id) => id, reply: Number })
  // @ts-expect-error -- No id.
  defineProtocol({ request: String, reply: String })
  // @ts-expect-error -- No such field.
  defineProtocol({ request: String, reply: Number, sessions: () => {} })
})
