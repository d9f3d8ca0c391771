import { deflateRawSync } from 'node:zlib'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { closePayload, encodeFrame, type Frame, opcodes } from '../support/frames.ts'
import { misbehaving, type Misdeed } from '../support/misbehaving.ts'
import { compressing } from '../support/raw-server.ts'
import { flooding } from './flooding.ts'
import { matrix } from './matrix.ts'

const { continuation, text, binary, close, ping, pong } = opcodes
const hello = Buffer.from('hello')

/** Every connection ends early: the first answers were there. */
const midway = { exit: 1, closedEarly: 3 } as const
/** Every connection ends before anything was answered. */
const atOnce = { exit: 1, closedEarly: 3 } as const

/** Frames that a server says with its fifth answer, or when `misdeed` says, in one write. */
function saying(frames: readonly (Frame | Buffer)[], misdeed: Misdeed = {}, options: WsLoadOptions = {}) {
  const say = Buffer.concat(frames.map((frame) => (Buffer.isBuffer(frame) ? frame : encodeFrame(frame))))
  return flooding(() => misbehaving({ when: { answers: 5 }, say, ...misdeed }), options)
}

/** The same, of a server that has agreed to compression. */
function sayingCompressed(frames: readonly Frame[], afterwards: Misdeed['afterwards'] = 'obey') {
  return saying(frames, { respond: compressing, afterwards }, { perMessageDeflate: true })
}

/** The payload of a compressed message. @see RFC 7692 section 7.2.1 */
function deflated(message: Buffer): Buffer {
  return deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4)
}

function header(...bytes: readonly number[]): Buffer {
  return Buffer.from(bytes)
}

matrix('frames', [
  {
    fault: 'the first reserved bit without an extension',
    run: saying([{ opcode: text, payload: hello, rsv: 4 }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_1',
  },
  {
    fault: 'the second reserved bit',
    run: saying([{ opcode: text, payload: hello, rsv: 2 }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_2_3',
  },
  {
    fault: 'the third reserved bit of a pong',
    run: saying([{ opcode: pong, payload: hello, rsv: 1 }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_2_3',
  },
  {
    fault: 'all reserved bits of a close frame',
    run: saying([{ opcode: close, payload: closePayload(1000), rsv: 7 }]),
    ...midway,
    codes: /^WS_ERR_UNEXPECTED_RSV/,
  },
  {
    fault: 'a compressed ping',
    run: sayingCompressed([{ opcode: ping, payload: deflated(hello), rsv: 4 }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_1',
  },
  {
    fault: 'the bit of compression on a later fragment',
    run: sayingCompressed([
      { opcode: text, payload: deflated(hello), rsv: 4, fin: false },
      { opcode: continuation, payload: hello, rsv: 4 },
    ]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_1',
  },
  {
    fault: 'bytes that do not inflate',
    run: sayingCompressed([{ opcode: text, payload: Buffer.alloc(64, 0xff), rsv: 4 }]),
    ...midway,
    codes: 'Z_DATA_ERROR',
  },
  {
    fault: 'a compressed text that is none',
    run: sayingCompressed([{ opcode: text, payload: deflated(Buffer.from([0xff, 0xfe])), rsv: 4 }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'a text that is not compressed though that was agreed',
    run: sayingCompressed([{ opcode: text, payload: hello }], 'go on'),
    exit: 0,
  },

  {
    fault: 'the first reserved opcode of messages',
    run: saying([{ opcode: 3, payload: hello }]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'the last reserved opcode of messages, without a payload',
    run: saying([{ opcode: 7, payload: Buffer.alloc(0) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'the first reserved opcode of control frames',
    run: saying([{ opcode: 11, payload: hello }]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'the last reserved opcode of control frames, in a fragment',
    run: saying([{ opcode: 15, payload: hello, fin: false }]),
    ...midway,
    codes: /^WS_ERR_(INVALID_OPCODE|EXPECTED_FIN)$/,
  },

  {
    fault: 'a masked text',
    run: saying([{ opcode: text, payload: hello, masked: true }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_MASK',
  },
  {
    fault: 'a masked pong of a ping',
    run: saying([], {
      answer: ({ payload }) => [encodeFrame({ opcode: pong, payload, masked: true })],
      when: { ms: 60_000 },
    }),
    ...atOnce,
    codes: 'WS_ERR_UNEXPECTED_MASK',
  },
  {
    fault: 'a masked close frame',
    run: saying([{ opcode: close, payload: closePayload(1000), masked: true }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_MASK',
  },
  {
    fault: 'a masked ping without a payload',
    run: saying([{ opcode: ping, payload: Buffer.alloc(0), masked: true }]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_MASK',
  },

  {
    fault: 'a ping of 126 bytes',
    run: saying([{ opcode: ping, payload: Buffer.alloc(126) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  {
    fault: 'a pong of 64 KiB',
    run: saying([{ opcode: pong, payload: Buffer.alloc(65_536) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  {
    fault: 'a close frame of 126 bytes',
    run: saying([{ opcode: close, payload: closePayload(1000, 'a'.repeat(124)) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  {
    fault: 'a pong whose length takes more bytes than it needs',
    run: saying([header(0x8a, 126, 0, 5), hello]),
    ...midway,
    codes: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  {
    fault: 'a fragmented ping',
    run: saying([{ opcode: ping, payload: hello, fin: false }]),
    ...midway,
    codes: 'WS_ERR_EXPECTED_FIN',
  },
  {
    fault: 'a fragmented pong, with its other half',
    run: saying([
      { opcode: pong, payload: hello, fin: false },
      { opcode: continuation, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_EXPECTED_FIN',
  },
  {
    fault: 'a fragmented close frame',
    run: saying([{ opcode: close, payload: closePayload(1000), fin: false }]),
    ...midway,
    codes: 'WS_ERR_EXPECTED_FIN',
  },

  {
    fault: 'a length with its highest bit set',
    run: saying([header(0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1)]),
    ...midway,
    codes: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  },
  {
    fault: 'a length that no number of JavaScript is',
    run: saying([header(0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0)]),
    ...midway,
    codes: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  },
  {
    fault: 'a text whose length takes more bytes than it needs',
    run: saying([header(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5), hello], { afterwards: 'go on' }),
    exit: 0,
  },
  {
    fault: 'a frame whose end never comes',
    run: saying([header(0x82, 126, 0x10, 0), hello], { when: 'in the handshake', afterwards: 'go on' }, { drain: 200 }),
    exit: 3,
    pings: { answered: 0 },
  },

  {
    fault: 'a continuation of nothing',
    run: saying([{ opcode: continuation, payload: hello }]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a continuation of nothing that goes on',
    run: saying([{ opcode: continuation, payload: hello, fin: false }]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a continuation of a message that is over',
    run: saying([
      { opcode: text, payload: hello, fin: false },
      { opcode: continuation, payload: hello },
      { opcode: continuation, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a text within a text',
    run: saying([
      { opcode: text, payload: hello, fin: false },
      { opcode: text, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a binary within a text, behind a ping',
    run: saying([
      { opcode: text, payload: hello, fin: false },
      { opcode: ping, payload: hello },
      { opcode: binary, payload: hello, fin: false },
    ]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a close frame within a message',
    run: saying([
      { opcode: text, payload: hello, fin: false },
      { opcode: close, payload: closePayload(1001) },
    ]),
    ...midway,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'a message that is never finished, and pongs within it',
    run: saying([{ opcode: text, payload: hello, fin: false }], { afterwards: 'go on' }),
    exit: 0,
  },

  {
    fault: 'a byte that UTF-8 does not have',
    run: saying([{ opcode: text, payload: header(0x68, 0xff) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'an overlong character',
    run: saying([{ opcode: text, payload: header(0xc0, 0xaf) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'half of a surrogate pair',
    run: saying([{ opcode: text, payload: header(0xed, 0xa0, 0x80) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'a character beyond Unicode',
    run: saying([{ opcode: text, payload: header(0xf4, 0x90, 0x80, 0x80) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'a text that ends within a character',
    run: saying([{ opcode: text, payload: header(0x68, 0xe2, 0x82) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'a fragment that breaks the character that the one before began',
    run: saying([
      { opcode: text, payload: header(0xe2, 0x82), fin: false },
      { opcode: continuation, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'a character that begins in one fragment and ends in the next',
    run: saying(
      [
        { opcode: text, payload: header(0xe2, 0x82), fin: false },
        { opcode: continuation, payload: header(0xac) },
      ],
      { afterwards: 'go on' },
    ),
    exit: 0,
  },

  {
    fault: 'a close frame of one byte',
    run: saying([{ opcode: close, payload: header(3) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  },
  {
    fault: 'a reason of a close frame that is no text',
    run: saying([{ opcode: close, payload: Buffer.concat([closePayload(1000), header(0xff)]) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_UTF8',
  },
  {
    fault: 'the close code 0',
    run: saying([{ opcode: close, payload: closePayload(0) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CLOSE_CODE',
  },
  {
    fault: 'the close code 1005, which is for where there is none',
    run: saying([{ opcode: close, payload: closePayload(1005) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CLOSE_CODE',
  },
  {
    fault: 'the close code 1015, which is for TLS',
    run: saying([{ opcode: close, payload: closePayload(1015) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CLOSE_CODE',
  },
  {
    fault: 'a close code that nobody has assigned',
    run: saying([{ opcode: close, payload: closePayload(2999) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CLOSE_CODE',
  },
  {
    fault: 'a close code beyond all',
    run: saying([{ opcode: close, payload: closePayload(65_535) }]),
    ...midway,
    codes: 'WS_ERR_INVALID_CLOSE_CODE',
  },

  {
    fault: 'an HTTP response in mid-run, as a proxy gives it',
    run: saying([Buffer.from('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_1',
  },
  {
    fault: 'bytes that are all ones',
    run: saying([Buffer.alloc(1_000, 0xff)]),
    ...midway,
    codes: /^WS_ERR_UNEXPECTED_RSV/,
  },
  {
    fault: 'a violation in one segment with the handshake, and TCP is left open',
    run: saying([{ opcode: 3, payload: hello }], { when: 'in the handshake', afterwards: 'ignore' }),
    ...atOnce,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation in one segment with the handshake, where messages are sent',
    run: saying([{ opcode: 3, payload: hello }], { when: 'in the handshake' }, { probe: { text: 'x' } }),
    ...atOnce,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation while pings are unanswered',
    run: saying([{ opcode: 3, payload: hello }], { when: { unanswered: 3 } }),
    ...atOnce,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation while messages are unanswered',
    run: saying([{ opcode: 3, payload: hello }], { when: { unanswered: 3 } }, { probe: { binary: hello } }),
    ...atOnce,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation in the closed model, with places free',
    run: saying([{ opcode: 3, payload: hello }], {}, { inFlight: 8 }),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation where messages are answered',
    run: saying([{ opcode: 3, payload: hello }], {}, { probe: { text: 'x' } }),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation byte by byte',
    run: saying([{ opcode: pong, payload: hello, fin: false }], { cut: 1 }),
    ...midway,
    codes: 'WS_ERR_EXPECTED_FIN',
  },
  {
    fault: 'a violation behind a message',
    run: saying([
      { opcode: text, payload: hello },
      { opcode: ping, payload: hello },
      { opcode: 3, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'two violations',
    run: saying([
      { opcode: text, payload: hello, rsv: 2 },
      { opcode: 3, payload: hello },
    ]),
    ...midway,
    codes: 'WS_ERR_UNEXPECTED_RSV_2_3',
  },
  {
    fault: 'a violation on one of three connections',
    run: saying([{ opcode: 3, payload: hello }], { only: 1 }),
    exit: 1,
    closedEarly: 1,
    codes: 'WS_ERR_INVALID_OPCODE',
    says: /closedEarly +<= 0 +1 /,
  },
  {
    fault: 'a violation, and TCP is reset before we can say so',
    run: saying([{ opcode: 3, payload: hello }], { afterwards: 'reset' }),
    ...midway,
    codes: /^(WS_ERR_INVALID_OPCODE|ECONNRESET|EPIPE)$/,
  },
  {
    fault: 'a violation on one connection, and TCP is left open',
    run: saying([{ opcode: 3, payload: hello }], { only: 1, afterwards: 'ignore' }),
    exit: 1,
    closedEarly: 1,
    codes: 'WS_ERR_INVALID_OPCODE',
  },
  {
    fault: 'a violation where a number of pings ends the run, and TCP is left open',
    run: saying([{ opcode: 3, payload: hello }], { afterwards: 'ignore' }, { pings: 300, timeout: '500ms' }),
    ...midway,
    codes: 'WS_ERR_INVALID_OPCODE',
    within: 8_000,
  },
])
