import { constants, deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closePayload, encodeFrame, opcodes, type Frame } from '../support/frames.ts'
import { cutAt, Listener, Reading, type Understanding } from './understanding.ts'

type Mode = 'pong' | 'message'
const modes: readonly Mode[] = ['pong', 'message']

function understoodByWs(bytes: Uint8Array): Understanding {
  const listener = new Listener()
  listener.read(bytes)
  return listener.understanding
}

interface Found extends Understanding {
  /** How many answers the frame reader picked out. */
  readonly answers: number
  /** How many bytes it passed on. */
  readonly passed: number
}

function understood(mode: Mode, ...parts: readonly Uint8Array[]): Found {
  const reading = new Reading(mode)
  for (const part of parts) reading.read(part)
  return { ...reading.understanding, answers: reading.answers, passed: reading.bytes }
}

/** What was understood in the end, and how far that was after each part. */
function followed(listener: Listener, parts: readonly Uint8Array[]): object {
  const steps = parts.map((part) => {
    listener.read(part)
    return `${listener.understanding.events.length} ${listener.understanding.error}`
  })
  return { steps, ...listener.understanding }
}

const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength, size: 'max' }).map((content) => Buffer.from(content))
const ascii = (maxLength: number) =>
  fc.string({ unit: 'binary-ascii', maxLength, size: 'max' }).map((text) => Buffer.from(text))
const text = fc
  .string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '\0', '\ufeff'), maxLength: 40, size: 'max' })
  .map((content) => Buffer.from(content))
const notText = fc
  .constantFrom('80', 'c3', 'e282', 'ed a0 80', 'f5', '61c0af62')
  .map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'))
/** Repeated to a size that has a header of its own length. */
const large = fc
  .tuple(fc.constantFrom('x', 'ä'), fc.constantFrom(126, 127, 65_535, 65_536, 70_001))
  .map(([unit, size]) => Buffer.alloc(size, unit))

const frame = (opcode: number, payload: fc.Arbitrary<Buffer>, more: Partial<Frame> = {}) =>
  payload.map((content) => encodeFrame({ opcode, payload: content, ...more }))

const valid = fc.oneof(
  { arbitrary: frame(opcodes.pong, bytes(125)), weight: 4 },
  { arbitrary: frame(opcodes.pong, bytes(8, 8)), weight: 4 },
  { arbitrary: frame(opcodes.ping, bytes(125)), weight: 2 },
  { arbitrary: frame(opcodes.text, ascii(60)), weight: 4 },
  { arbitrary: frame(opcodes.text, text), weight: 3 },
  { arbitrary: frame(opcodes.binary, bytes(60)), weight: 3 },
  { arbitrary: fc.constantFrom(opcodes.text, opcodes.binary).chain((opcode) => frame(opcode, large)), weight: 1 },
  {
    arbitrary: fc.constantFrom(...Object.values(opcodes)).chain((opcode) => frame(opcode, fc.constant(Buffer.of()))),
    weight: 1,
  },
)

/** A message in pieces, cut anywhere, with control frames between them. */
const fragmented = fc
  .tuple(
    fc.constantFrom(opcodes.text, opcodes.binary),
    fc.oneof(text, ascii(60), notText, large),
    fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    fc.array(fc.oneof(frame(opcodes.pong, bytes(8, 8)), frame(opcodes.ping, bytes(4))), { maxLength: 5 }),
  )
  .map(([opcode, content, cuts, between]) => {
    const pieces = cutAt(content, [0, ...cuts.map((cut) => cut % (content.length + 1))]) as Buffer[]
    const frames = pieces.map((payload, nth) =>
      encodeFrame({ opcode: nth === 0 ? opcode : opcodes.continuation, payload, fin: nth === pieces.length - 1 }),
    )
    return Buffer.concat(
      frames.flatMap((one, nth) => [one, ...(nth < frames.length - 1 ? between.slice(nth, nth + 1) : [])]),
    )
  })

const anyOpcode = fc.nat(15)
const wrong = fc.oneof(
  frame(opcodes.text, notText),
  frame(
    opcodes.text,
    text.map((content) => Buffer.concat([content, Buffer.of(0xc3)])),
  ),
  frame(
    opcodes.close,
    fc.constantFrom(
      closePayload(1000),
      closePayload(1011, 'böse'),
      closePayload(1005),
      closePayload(999),
      Buffer.of(),
      Buffer.of(3),
      Buffer.from('03e880', 'hex'),
    ),
  ),
  fc
    .tuple(fc.constantFrom(...Object.values(opcodes)), bytes(20), fc.integer({ min: 1, max: 7 }))
    .map(([opcode, payload, rsv]) => encodeFrame({ opcode, payload, rsv })),
  fc.tuple(anyOpcode, bytes(20)).map(([opcode, payload]) => encodeFrame({ opcode, payload, masked: true })),
  fc.tuple(anyOpcode, bytes(20)).map(([opcode, payload]) => encodeFrame({ opcode, payload })),
  fc.tuple(anyOpcode, bytes(20)).map(([opcode, payload]) => encodeFrame({ opcode, payload, fin: false })),
  fc
    .tuple(fc.integer({ min: 8, max: 10 }), bytes(200, 126))
    .map(([opcode, payload]) => encodeFrame({ opcode, payload })),
  fc
    .tuple(
      fc.constantFrom(0x81, 0x82),
      fc.constantFrom('00200000 00000000', '001fffff ffffffff', '80000000 00000000', 'ffffffff ffffffff'),
    )
    .map(([first, length]) => Buffer.concat([Buffer.of(first, 127), Buffer.from(length.replace(' ', ''), 'hex')])),
  bytes(12),
)

/** A short payload behind a long length. */
const roundabout = fc
  .tuple(fc.constantFrom(0x81, 0x82, 0x8a), fc.constantFrom(126, 127), ascii(20))
  .map(([first, form, payload]) => {
    const length = Buffer.alloc(form === 126 ? 2 : 8)
    length[length.length - 1] = payload.length
    return Buffer.concat([Buffer.of(first, form), length, payload])
  })

const streams = fc
  .array(
    fc.oneof(
      { arbitrary: valid, weight: 12 },
      { arbitrary: fragmented, weight: 3 },
      { arbitrary: roundabout, weight: 1 },
      { arbitrary: wrong, weight: 2 },
    ),
    { minLength: 1, maxLength: 12, size: 'max' },
  )
  .map((frames) => Buffer.concat(frames))

describe.for(modes)('with %ss as answers, the frame reader and ws behind it understand what ws alone does', (mode) => {
  const both = (parts: readonly Uint8Array[]) => [followed(new Reading(mode), parts), followed(new Listener(), parts)]

  test('of any stream, however it is cut', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(streams, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (stream, cuts) => {
        const positions = cuts.map((cut) => Math.floor(cut * stream.length))
        const [reading, alone] = both(cutAt(stream, positions))
        expect(reading).toEqual(alone)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of any short stream, cut at every single position', { timeout: 120_000 }, () => {
    const short = streams.filter((stream) => stream.length < 300)
    fc.assert(
      fc.property(short, (stream) => {
        for (let at = 0; at <= stream.length; at++) {
          const [reading, alone] = both(cutAt(stream, [at]))
          expect(reading).toEqual(alone)
        }
      }),
      { numRuns: 80 },
    )
  })

  test('of any short stream, cut at all positions', { timeout: 120_000 }, () => {
    const short = streams.filter((stream) => stream.length < 1_000)
    fc.assert(
      fc.property(short, (stream) => {
        const [reading, alone] = both(cutAt(stream, stream.keys()))
        expect(reading).toEqual(alone)
      }),
      { numRuns: 300 },
    )
  })
})

const pong = encodeFrame({ opcode: opcodes.pong, payload: Buffer.from('12345678') })
const ping = encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('ping') })
const answer = { pong, message: encodeFrame({ opcode: opcodes.binary, payload: Buffer.from('12345678') }) }
const answered = { pong: ['pong', '12345678'], message: ['binary', '12345678'] } as const

function textFrame(content: string, more: Partial<Frame> = {}): Buffer {
  return encodeFrame({ opcode: opcodes.text, payload: Buffer.from(content), ...more })
}

function binaryFrame(size: number): Buffer {
  return encodeFrame({ opcode: opcodes.binary, payload: Buffer.alloc(size, 7) })
}

function continuation(content: string, more: Partial<Frame> = {}): Buffer {
  return encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from(content), ...more })
}

describe('an answer', () => {
  test.for(modes)('is picked out of many in one read: %s', (mode) => {
    expect(understood(mode, Buffer.concat([answer[mode], answer[mode], answer[mode]]))).toEqual({
      events: [answered[mode], answered[mode], answered[mode]],
      error: undefined,
      answers: 3,
      passed: 0,
    })
  })

  test.for([
    ['a pong of anybody', 'pong', encodeFrame({ opcode: opcodes.pong, payload: Buffer.from('theirs') })],
    ['an empty pong', 'pong', encodeFrame({ opcode: opcodes.pong, payload: Buffer.of() })],
    ['a pong of 125 bytes', 'pong', encodeFrame({ opcode: opcodes.pong, payload: Buffer.alloc(125) })],
    ['an ASCII text', 'message', textFrame('text')],
    ['an empty text', 'message', textFrame('')],
    ['a text beyond ASCII', 'message', textFrame('ä€😀')],
    ['an empty binary', 'message', binaryFrame(0)],
    ['a binary of 125 bytes', 'message', binaryFrame(125)],
    ['a binary of 126 bytes', 'message', binaryFrame(126)],
    ['a binary that fills the buffer', 'message', binaryFrame(65_532)],
    ['a short binary behind a long length', 'message', Buffer.from('827f000000000000000107', 'hex')],
  ] as const)('can be %s', ([, mode, bytes]) => {
    const { events, answers, passed } = understood(mode, bytes)
    expect({ events, answers, passed }).toEqual({ events: understoodByWs(bytes).events, answers: 1, passed: 0 })
  })

  test.for(modes)('is picked out though its header was cut: %s', (mode) => {
    const { events, passed } = understood(mode, ...cutAt(answer[mode], [1]))
    expect({ events, passed }).toEqual({ events: [answered[mode]], passed: 0 })
  })

  test.for([1, 2, 3])('is picked out though its long header was cut after %d bytes', (at) => {
    const { answers, passed } = understood('message', ...cutAt(binaryFrame(300), [at]))
    expect({ answers, passed }).toEqual({ answers: 1, passed: 0 })
  })

  test.for(modes)('is left to ws where its payload was cut: %s', (mode) => {
    const { events, answers, passed } = understood(mode, ...cutAt(answer[mode], [5]))
    expect({ events, answers, passed }).toEqual({ events: [answered[mode]], answers: 0, passed: answer[mode].length })
  })

  test.for(modes)('is picked out behind one that was left to ws: %s', (mode) => {
    const { answers, passed } = understood(mode, answer[mode].subarray(0, 5), answer[mode].subarray(5), answer[mode])
    expect({ answers, passed }).toEqual({ answers: 1, passed: answer[mode].length })
  })
})

describe('what is no answer', () => {
  test.for([
    ['a ping', 'pong', ping],
    ['a text', 'pong', textFrame('text')],
    ['a binary', 'pong', binaryFrame(5)],
    ['a ping', 'message', ping],
    ['a pong', 'message', pong],
    ['a message larger than the buffer', 'message', binaryFrame(100_000)],
    ['a text larger than the buffer', 'message', textFrame('ä€😀'.repeat(20_000))],
    [
      'a fragmented text, cut in a character and with a ping between',
      'message',
      Buffer.concat([
        encodeFrame({ opcode: opcodes.text, payload: Buffer.from('e282', 'hex'), fin: false }),
        ping,
        encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from('ac', 'hex') }),
      ]),
    ],
    ['an empty fragmented text', 'message', Buffer.concat([textFrame('', { fin: false }), continuation('')])],
  ] as const)('%s goes to ws, and answers behind it are picked out: %s', ([, mode, bytes]) => {
    const { events, error, answers, passed } = understood(mode, Buffer.concat([bytes, answer[mode]]))
    expect({ events, error, answers, passed }).toEqual({
      events: [...understoodByWs(bytes).events, answered[mode]],
      error: undefined,
      answers: 1,
      passed: bytes.length,
    })
  })

  test('pongs are picked out between the fragments of a message', () => {
    const { answers, passed } = understood(
      'pong',
      Buffer.concat([textFrame('a', { fin: false }), pong, continuation('b')]),
    )
    expect({ answers, passed }).toEqual({ answers: 1, passed: 6 })
  })
})

describe('nothing is an answer behind', () => {
  const close = (payload: Buffer) => encodeFrame({ opcode: opcodes.close, payload })

  test.for(modes)('a close frame: %s', (mode) => {
    const stream = Buffer.concat([answer[mode], close(closePayload(1001, 'leaving')), answer[mode]])
    expect(understood(mode, stream)).toMatchObject({ events: [answered[mode], ['close', '1001 leaving']], answers: 1 })
  })

  describe.for(modes)('an error (answers: %ss)', (mode) => {
    test.for([
      ['a text that is not UTF-8', 'INVALID_UTF8', encodeFrame({ opcode: 1, payload: Buffer.of(0xff) })],
      ['a text cut in a character', 'INVALID_UTF8', encodeFrame({ opcode: 1, payload: Buffer.of(0xc3) })],
      [
        'fragments that are not UTF-8 together',
        'INVALID_UTF8',
        Buffer.concat([encodeFrame({ opcode: 1, payload: Buffer.of(0xc3), fin: false }), continuation('x')]),
      ],
      ['RSV1 without an extension', 'UNEXPECTED_RSV_1', textFrame('x', { rsv: 4 })],
      ['RSV2', 'UNEXPECTED_RSV_2_3', textFrame('x', { rsv: 2 })],
      ['RSV3 on a pong', 'UNEXPECTED_RSV_2_3', encodeFrame({ opcode: 10, payload: Buffer.of(), rsv: 1 })],
      ['a masked text', 'UNEXPECTED_MASK', textFrame('x', { masked: true })],
      ['a masked pong', 'UNEXPECTED_MASK', encodeFrame({ opcode: 10, payload: Buffer.alloc(8), masked: true })],
      [
        'a pong of 126 bytes',
        'INVALID_CONTROL_PAYLOAD_LENGTH',
        encodeFrame({ opcode: 10, payload: Buffer.alloc(126) }),
      ],
      ['a fragmented ping', 'EXPECTED_FIN', encodeFrame({ opcode: 9, payload: Buffer.of(), fin: false })],
      ['a continuation of nothing', 'INVALID_OPCODE', continuation('x')],
      ['a text within a text', 'INVALID_OPCODE', Buffer.concat([textFrame('x', { fin: false }), textFrame('y')])],
      ['opcode 3', 'INVALID_OPCODE', encodeFrame({ opcode: 3, payload: Buffer.of() })],
      ['opcode 11', 'INVALID_OPCODE', encodeFrame({ opcode: 11, payload: Buffer.of() })],
      ['a length of 2^53', 'UNSUPPORTED_DATA_PAYLOAD_LENGTH', Buffer.from('827f0020000000000000', 'hex')],
      ['a close code of 1005', 'INVALID_CLOSE_CODE', close(closePayload(1005))],
      ['a close frame of one byte', 'INVALID_CONTROL_PAYLOAD_LENGTH', close(Buffer.of(3))],
      ['a close reason that is not UTF-8', 'INVALID_UTF8', close(Buffer.from('03e8ff', 'hex'))],
    ] as const)('%s: WS_ERR_%s', ([, code, bytes]) => {
      expect(understood(mode, Buffer.concat([answer[mode], bytes, answer[mode]]))).toMatchObject({
        events: [answered[mode]],
        error: `WS_ERR_${code}`,
        answers: 1,
      })
    })
  })

  test('a compressed message, so that pongs stay behind it', async () => {
    const deflated = deflateRawSync('compressed', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
    const stream = Buffer.concat([pong, encodeFrame({ opcode: opcodes.text, payload: deflated, rsv: 4 }), pong])
    const reading = new Reading('pong', { compressed: true })
    reading.read(stream)
    expect(await reading.heard(3)).toEqual([answered.pong, ['text', 'compressed'], answered.pong])
  })
})
