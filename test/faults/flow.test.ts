import { constants, deflateRawSync } from 'node:zlib'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { encodeFrame, type Frame, opcodes } from '../support/frames.ts'
import { misbehaving, type Misdeed } from '../support/misbehaving.ts'
import { compressing } from '../support/raw-server.ts'
import { automatic, chopping, deaf, delaying, echoing, gluing, stalling } from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix } from './matrix.ts'

const { binary, continuation, ping, pong, text } = opcodes
const soon = { drain: 100 } as const
/** However long this machine takes for what comes before an answer. */
const patient = { timeout: 60_000, drain: 60_000 } as const

/** Says so many frames in one write after its fifth answer, and goes on. */
function saying(frames: readonly Frame[], misdeed: Misdeed = {}, options: WsLoadOptions = {}) {
  const say = Buffer.concat(frames.map(encodeFrame))
  return flooding(() => misbehaving({ when: { answers: 5 }, say, afterwards: 'go on', ...misdeed }), options)
}

function many(count: number, frame: Frame): Frame[] {
  return Array.from({ length: count }, () => frame)
}

/** Fragments of a byte each, more of one message than are kept. */
function endless(): Buffer {
  const first = encodeFrame({ opcode: text, payload: Buffer.from('x'), fin: false })
  const next = encodeFrame({ opcode: continuation, payload: Buffer.from('x'), fin: false })
  return Buffer.concat([first, Buffer.alloc(600_000 * next.length, next)])
}

function bomb(): Buffer {
  const payload = deflateRawSync(Buffer.alloc(129 * 2 ** 20), {
    finishFlush: constants.Z_SYNC_FLUSH,
    level: 1,
  }).subarray(0, -4)
  return encodeFrame({ opcode: binary, payload, rsv: 4 })
}

/** Answers each ping with the next byte of a frame that it never ends. */
function drip() {
  const header = [0x82, 126, 0xff, 0xff]
  return misbehaving({ when: { ms: 600_000 }, answer: () => [Buffer.from([header.shift() ?? 0])] })
}

matrix('flow', [
  { fault: 'nothing is read from the beginning', run: flooding(deaf, soon), exit: 3, pings: { answered: 0 } },
  {
    fault: 'nothing is read any more',
    run: flooding(() => misbehaving({ when: { answers: 10 }, afterwards: 'stop reading' }), { drain: 2_000 }),
    exit: 1,
  },
  {
    fault: 'nothing is read any more, of pings that time out',
    run: flooding(() => misbehaving({ when: { answers: 10 }, afterwards: 'stop reading' }), {
      timeout: 50,
      duration: 400,
    }),
    exit: 1,
    holds: { 'some time out': ({ result }) => result!.pings.timedOut > 0 },
  },
  {
    fault: 'nothing is read any more, of messages that fill all buffers',
    run: flooding(() => misbehaving({ when: { answers: 3 }, afterwards: 'stop reading' }), {
      probe: { text: 'x' },
      payloadBytes: 1_000_000,
      rate: 100,
      duration: 400,
      drain: 2_000,
    }),
    exit: 1,
    holds: { 'some are dropped': ({ result }) => result!.pings.dropped > 0 },
  },
  {
    fault: 'nothing is read any more, in the closed model',
    run: flooding(() => misbehaving({ when: { answers: 3 }, afterwards: 'stop reading' }), {
      probe: { text: 'x' },
      payloadBytes: 1_000_000,
      inFlight: 8,
      drain: 2_000,
    }),
    exit: 1,
  },
  {
    fault: 'nothing is read any more, where a number of pings ends the run',
    run: flooding(() => misbehaving({ when: { answers: 10 }, afterwards: 'stop reading' }), {
      pings: 100,
      timeout: 200,
    }),
    exit: 1,
  },
  {
    fault: 'nothing is read for a while',
    run: flooding(() => stalling({ every: 50, for: 200, times: 1 }), { duration: 400 }),
    exit: 0,
  },
  { fault: 'segments of one byte', run: flooding(() => chopping({ every: 1 }), { rate: 100 }), exit: 0 },
  {
    fault: 'segments that cut headers',
    run: flooding(() => chopping({ every: 3 }), { probe: { text: 'hello' } }),
    exit: 0,
  },
  { fault: 'answers of 50 ms in one segment', run: flooding(() => gluing(50)), exit: 0 },
  {
    fault: 'messages of a megabyte, sent back',
    run: flooding(echoing, { probe: { text: 'x' }, payloadBytes: 1_000_000, rate: 30, pings: 6 }),
    exit: 0,
  },
  {
    fault: 'messages of a megabyte in segments of 64 KiB less one byte',
    run: flooding(() => chopping({ every: 65_535 }), {
      probe: { text: 'x' },
      payloadBytes: 1_000_000,
      rate: 15,
      pings: 3,
    }),
    exit: 0,
  },
  {
    fault: 'a message of 32 MiB that nobody asked for',
    run: saying([{ opcode: binary, payload: Buffer.alloc(2 ** 25) }], { only: 1 }, patient),
    exit: 0,
  },
  {
    fault: 'the announcement of a message that is larger than we take',
    run: flooding(() =>
      misbehaving({
        when: { answers: 5 },
        say: Buffer.from([0x82, 127, 0, 0, 0, 0, 0x08, 0x10, 0, 0]),
        only: 1,
      }),
    ),
    exit: 1,
    closedEarly: 1,
    codes: 'GENERATOR_LIMIT',
  },
  {
    fault: 'the announcement of a terabyte',
    run: flooding(
      () =>
        misbehaving({
          when: { answers: 5 },
          say: Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]),
          afterwards: 'ignore',
        }),
      soon,
    ),
    exit: 1,
    closedEarly: 3,
    codes: 'GENERATOR_LIMIT',
  },
  {
    fault: 'tiny fragments without end',
    run: flooding(() => misbehaving({ when: { answers: 5 }, say: endless(), afterwards: 'ignore' }), {
      connections: 1,
      duration: '3s',
    }),
    exit: 1,
    closedEarly: 1,
    codes: 'GENERATOR_LIMIT',
  },
  {
    fault: 'a message that inflates to 129 MiB',
    run: flooding(() => misbehaving({ when: { answers: 5 }, say: bomb(), respond: compressing, only: 1 }), {
      perMessageDeflate: true,
      timeout: '30s',
    }),
    exit: 1,
    closedEarly: 1,
    codes: 'GENERATOR_LIMIT',
  },
  {
    fault: 'a message in a thousand fragments',
    run: saying([
      { opcode: text, payload: Buffer.from('x'), fin: false },
      ...many(998, { opcode: continuation, payload: Buffer.from('x'), fin: false }),
      { opcode: continuation, payload: Buffer.from('x') },
    ]),
    exit: 0,
  },
  {
    fault: 'a thousand empty fragments, and never the last one',
    run: saying([
      { opcode: text, payload: Buffer.alloc(0), fin: false },
      ...many(1_000, { opcode: continuation, payload: Buffer.alloc(0), fin: false }),
    ]),
    exit: 0,
  },
  {
    fault: 'a thousand empty messages in one segment',
    // One at a time, so that no burst of pings has its answers, and its end, before the fifth of them.
    run: saying(many(1_000, { opcode: text, payload: Buffer.alloc(0) }), {}, { inFlight: 1, pings: 600 }),
    exit: 0,
    holds: { 'all are counted': ({ result }) => result!.messages.received === 3_000 },
  },
  {
    fault: 'a thousand pongs that nobody asked for in one segment',
    run: saying(many(1_000, { opcode: pong, payload: Buffer.from('x') })),
    exit: 0,
  },
  {
    fault: 'sixty pings in one segment',
    run: saying(many(60, { opcode: ping, payload: Buffer.from('x') })),
    exit: 0,
  },
  {
    fault: 'a thousand pings in one segment',
    run: saying(many(1_000, { opcode: ping, payload: Buffer.from('x') })),
    exit: 0,
  },
  {
    fault: 'a byte of a frame now and then, and never its end',
    run: flooding(drip, { connections: 1, ...soon }),
    exit: 3,
  },
  {
    fault: 'more pings than are answered at once',
    run: flooding(() => delaying(300), { rate: 2_000, pings: 400, connections: 2 }),
    exit: 0,
    holds: { 'what is due waits': ({ result }) => result!.generator.heldBack > 0 },
  },
  {
    fault: 'a server that ends a connection with too many unanswered',
    run: flooding(automatic, { inFlight: 60 }),
    exit: 0,
  },
])
