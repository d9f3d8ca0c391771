import { array, assert, dictionary, property, string, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frame, frameHead, frameLength, heartBeat, readFrame } from '../../src/protocols/stomp-frame.ts'

const anyText = string({ unit: 'binary' })
/** Headers of any text that JavaScript keeps in order, without surrogates that UTF-8 has not. */
const anyHeaders = dictionary(
  string({ unit: 'grapheme' }).map((name) => `h${name}`),
  string({ unit: 'grapheme' }),
)

describe('a frame', () => {
  test('is read as it was written, whatever its headers hold', () => {
    assert(
      property(anyHeaders, (headers) => {
        expect(readFrame(frame('SEND', headers))).toEqual({
          command: 'SEND',
          headers: new Map(Object.entries(headers)),
          body: '',
        })
      }),
    )
  })

  test('has the escapes of STOMP 1.2 in its headers', () => {
    expect(frame('SEND', { 'a:b': 'c\\d\r\ne' })).toBe('SEND\na\\cb:c\\\\d\\r\\ne\n\n\0')
    // Each escape is one: a backslash and a "c" are no colon.
    expect(readFrame('MESSAGE\na:\\\\c\\c\\\\n\n\n\0')?.headers.get('a')).toBe('\\c:\\n')
  })

  test('that is to connect has no escapes', () => {
    expect(frame('CONNECT', { passcode: 'a:b\\c' })).toBe('CONNECT\npasscode:a:b\\c\n\n\0')
    expect(readFrame('CONNECTED\nserver:a:b\\c\n\n\0')?.headers.get('server')).toBe('a:b\\c')
  })

  test.for(['\\t', '\\'])('with the escape %s is none', (escape) => {
    expect(() => readFrame(`MESSAGE\na:b${escape}\n\n\0`)).toThrow('expected a header with escapes of STOMP 1.2')
  })

  test('may end its lines with a carriage return too', () => {
    expect(readFrame('RECEIPT\r\nreceipt-id:7\r\n\r\n\0\r\n')).toEqual({
      command: 'RECEIPT',
      headers: new Map([['receipt-id', '7']]),
      body: '',
    })
  })

  test('has the first value of a header that is repeated, spaces included', () => {
    expect(readFrame('MESSAGE\na: one \na:two\n\n\0')?.headers).toEqual(new Map([['a', ' one ']]))
  })

  test('has a body that may hold zeros and empty lines', () => {
    expect(readFrame('MESSAGE\ncontent-length:5\n\na\n\n\0b\0\n')?.body).toBe('a\n\n\0b')
  })

  test('is read from bytes as from a text', () => {
    expect(readFrame(Buffer.from('MESSAGE\nname:ä\n\nö\0'))).toEqual(readFrame('MESSAGE\nname:ä\n\nö\0'))
  })

  test.for(['hello', 'RECEIPT\nreceipt-id\n\n\0'])('is not %j', (text) => {
    expect(() => readFrame(text)).toThrow('expected a')
  })
})

test.for([heartBeat, '\r\n', '\n\n'])('the end of a line is a heart-beat: %j', (text) => {
  expect(readFrame(text)).toBeUndefined()
})

describe('the length of a frame', () => {
  test('is known when it is whole, or by its length before, and never wrong', () => {
    assert(
      property(
        anyHeaders,
        uint8Array({ maxLength: 20 }),
        array(anyText, { maxLength: 1 }),
        (headers, body, [rest = '']) => {
          const head = frameHead('SEND', { ...headers, 'content-length': String(body.length) })
          const bytes = Buffer.concat([Buffer.from(head), body, Buffer.of(0)])
          const lengths = Array.from({ length: bytes.length }, (_, end) => frameLength(bytes.subarray(0, end + 1)))
          expect(lengths.filter((length) => length !== 0 && length !== bytes.length)).toEqual([])
          expect(lengths.at(-1)).toBe(bytes.length)
          expect(frameLength(Buffer.concat([bytes, Buffer.from(`S${rest}`)]))).toBe(bytes.length)
        },
      ),
    )
  })

  test('without a content-length is that up to the first zero', () => {
    const text = 'MESSAGE\na:b\n\nhello\0'
    expect(frameLength(Buffer.from(text.slice(0, -1)))).toBe(0)
    expect(frameLength(Buffer.from(`${text}MESSAGE\n`))).toBe(text.length)
  })

  test('includes the ends of lines behind it', () => {
    const text = 'RECEIPT\nreceipt-id:1\n\n\0\n\r\n'
    expect(frameLength(Buffer.from(`${text}RECEIPT`))).toBe(text.length)
  })

  test('of a heart-beat is that of one end of a line', () => {
    expect(['\n', '\n\n', '\r\n', '\r\nRECEIPT', '\r'].map((text) => frameLength(Buffer.from(text)))).toEqual([
      1, 1, 2, 2, 0,
    ])
  })

  test('is not said by the body, nor by a header that ends alike', () => {
    const text = 'MESSAGE\nx-content-length:99\n\n\ncontent-length:3\n\0'
    expect(frameLength(Buffer.from(text))).toBe(text.length)
  })
})
