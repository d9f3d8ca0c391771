import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { placeOf } from '../../src/generator/place.ts'

const module = 'file:///home/me/tests/chat%20room.protocol.ts'

function errorFrom(...frames: readonly string[]): Error {
  return Object.assign(new Error('wrong token'), { stack: ['Error: wrong token', ...frames].join('\n') })
}

test('the place of an error is the first line of its stack that is the user’s', () => {
  const ours = pathToFileURL(new URL('../../src/generator/session.ts', import.meta.url).pathname).href
  const error = errorFrom(
    '    at JSON.parse (<anonymous>)',
    `    at Session.deliver (${ours}:40:11)`,
    '    at decode (file:///home/me/tests/node_modules/codec/index.js:7:3)',
    '    at read (file:///home/me/tests/read.ts:3:9)',
    `    at async Object.session (${module}:12:5)`,
    '    at node:internal/process/task_queues:104:5',
  )
  expect(placeOf(error, module)).toBe('read.ts:3:9')
})

test('a place in the module itself counts wherever that lies', () => {
  const installed = 'file:///home/me/node_modules/protocols/chat.js'
  expect(placeOf(errorFrom(`    at async ${installed}:1:20`), installed)).toBe('chat.js:1:20')
  expect(placeOf(errorFrom(`    at session (${module}:2:38)`), module)).toBe('chat room.protocol.ts:2:38')
})

test.for([['a text'], [undefined], [errorFrom()], [Object.assign(new Error('x'), { stack: undefined })]])(
  'what has no stack of files has no place: %s',
  ([error]) => {
    expect(placeOf(error, module)).toBeUndefined()
  },
)
