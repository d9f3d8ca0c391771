import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readerOf } from '../../src/wire/answer.ts'
import type { AnswerSpec } from '../../src/wire/probe-spec.ts'

/** Whether a message is an answer when it comes in between other bytes, in a text and in a binary frame. */
function answers(spec: AnswerSpec, message: string | Uint8Array): [text: boolean, binary: boolean] {
  const isAnswer = readerOf(spec)
  const content = Buffer.from(message)
  const bytes = Buffer.concat([Buffer.from('PONG'), content, Buffer.from('PONG')])
  return [isAnswer(bytes, 4, 4 + content.length, false), isAnswer(bytes, 4, 4 + content.length, true)]
}

describe('by its content', () => {
  test('a message is an answer if it is the same, in whatever frame', () => {
    const contents = fc.uint8Array({ maxLength: 40, max: 3 })
    fc.assert(
      fc.property(contents, contents, (content, message) => {
        const same = Buffer.from(content).equals(message)
        expect(answers({ by: 'content', content }, message)).toEqual([same, same])
      }),
    )
  })

  test('what begins or ends with it is none', () => {
    const content = Buffer.from('PONG')
    for (const message of ['PONG', 'PONGS', 'A PONG', 'PON', '']) {
      expect(answers({ by: 'content', content }, message)).toEqual([message === 'PONG', message === 'PONG'])
    }
  })

  test('an empty one is an answer to who expects that', () => {
    expect(answers({ by: 'content', content: new Uint8Array() }, '')).toEqual([true, true])
  })
})

describe('by a pattern', () => {
  test.each([/^pöng \d+$/i, /^pöng \d+$/gi, /pöng \d+/iy])(
    'a message is an answer if %s matches, each time',
    (pattern) => {
      const isAnswer = readerOf({ by: 'pattern', pattern })
      const answer = Buffer.from('PÖNG 15')
      const other = Buffer.from('a pong')
      for (let nth = 0; nth < 3; nth++) {
        expect(isAnswer(answer, 0, answer.length, false)).toBe(true)
        expect(isAnswer(answer, 0, answer.length, true)).toBe(true)
        expect(isAnswer(other, 0, other.length, false)).toBe(false)
      }
    },
  )
})

describe('by a function', () => {
  test('a message is an answer if it says so', () => {
    const source = String((message: string | Uint8Array, data: unknown) => message === data)
    expect(answers({ by: 'function', source, data: 'PONG' }, 'PONG')).toEqual([true, false])
    expect(answers({ by: 'function', source, data: 'PONG' }, 'PING')).toEqual([false, false])
  })

  test('bytes are its own', () => {
    const kept: Uint8Array[] = []
    const data = { keep: (message: Uint8Array) => kept.push(message) }
    const source = '(message, data) => data.keep(message) > 0'
    const isAnswer = readerOf({ by: 'function', source, data })
    const bytes = Buffer.of(1, 2, 3)
    expect(isAnswer(bytes, 1, 3, true)).toBe(true)
    bytes.fill(0)
    expect(kept.map((one) => [...one])).toEqual([[2, 3]])
  })
})
