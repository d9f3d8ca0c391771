import type { Socket } from 'node:net'
import { encodeFrame, type Frame, opcodes } from '../support/frames.ts'
import { misbehaving } from '../support/misbehaving.ts'
import { echoFrame, serveBytes } from '../support/raw-server.ts'
import {
  acknowledging,
  answering,
  broadcasting,
  coalescing,
  delaying,
  fragmenting,
  heartbeating,
  losing,
  silent,
  stalling,
  ticking,
  welcoming,
} from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix } from './matrix.ts'

const { ping, pong, text } = opcodes
/** Nobody waits for answers that never come. */
const soon = { drain: 100 } as const
const texts = { probe: { text: 'hello' } } as const
const recognised = { probe: { text: 'hello', answer: { echo: true } } } as const
const numbered = { request: (id: number) => `${id}`, reply: (message: unknown) => Number(String(message)) }
const none = { exit: 3, pings: { answered: 0 } } as const

type Answer = (frame: Required<Frame>) => Buffer[]

/** Answers as it likes for as long as the connection lasts. */
function by(answer: Answer) {
  return () => misbehaving({ when: { ms: 600_000 }, answer })
}

/** Answers pings with pongs of its own payloads, everything else as an echo. */
function ponging(payloads: (payload: Buffer) => readonly Buffer[]): Answer {
  return (frame) => {
    if (frame.opcode !== ping) return echoFrame(frame)
    return payloads(frame.payload).map((payload) => encodeFrame({ opcode: pong, payload }))
  }
}

/** Answers with what was sent so many requests before. */
function belated(requests: number): (payload: Buffer) => readonly Buffer[] {
  const kept: Buffer[] = []
  return (payload) => (kept.push(payload) > requests ? [kept.shift()!] : [])
}

/** Answers two at a time, the later one first. */
function swapping(): (payload: Buffer) => readonly Buffer[] {
  let first: Buffer | undefined
  return (payload) => {
    const both = first === undefined ? [] : [payload, first]
    first = first === undefined ? payload : undefined
    return both
  }
}

/** The payload of a ping whose turn is still to come. */
function unsent(payload: Buffer): readonly Buffer[] {
  const other = Buffer.from(payload)
  other[4]! ^= 0x10
  return [other]
}

/** Answers each ping on another connection than it came on. */
function crossing() {
  const sockets: Socket[] = []
  return serveBytes({}, (socket) => {
    sockets.push(socket)
    return {
      answer(frame) {
        if (frame.opcode !== ping) return echoFrame(frame)
        const other = sockets.find((one) => one !== socket && one.writable)
        other?.write(encodeFrame({ opcode: pong, payload: frame.payload }))
        return []
      },
    }
  })
}

matrix('answers', [
  { fault: 'no answers', run: flooding(silent, soon), ...none, pings: { answered: 0, timedOut: 0 } },
  {
    fault: 'no answers in the closed model',
    run: flooding(silent, { inFlight: 2, ...soon }),
    exit: 3,
    pings: { answered: 0, timedOut: 0 },
  },
  {
    fault: 'no answers, where pings time out',
    run: flooding(silent, { inFlight: 1, timeout: 50 }),
    ...none,
    pings: { answered: 0, lost: 0 },
  },
  {
    fault: 'no answers, where a number of pings ends the run',
    run: flooding(silent, { pings: 30, timeout: 50 }),
    exit: 3,
    pings: { due: 30, timedOut: 30 },
  },
  {
    fault: 'no answers, where a number of pings ends the run in the closed model',
    run: flooding(silent, { inFlight: 1, pings: 30, timeout: 50 }),
    exit: 3,
    pings: { answered: 0, lost: 0 },
  },
  {
    fault: 'no answers, where a verdict ends the run',
    run: flooding(silent, { until: { max: '< 1m' }, maxDuration: '1s', timeout: 100 }),
    ...none,
  },
  {
    fault: 'answers that all come too late',
    run: flooding(() => delaying(400), { timeout: 100, drain: 1_000 }),
    ...none,
    pings: { answered: 0, lost: 0 },
  },
  {
    fault: 'one answer that comes too late',
    run: flooding(() => delaying((n) => (n === 10 ? 3_000 : 0), { unordered: true }), {
      ...recognised,
      timeout: 1_000,
      drain: 4_000,
    }),
    exit: 1,
    pings: { timedOut: 1, lost: 0 },
  },
  {
    fault: 'one answer that is still missing at the end',
    run: flooding(() => delaying((n) => (n === 100 ? 60_000 : 0), { unordered: true }), { ...texts, drain: 3_000 }),
    exit: 1,
    pings: { lost: 1, timedOut: 0 },
  },
  {
    fault: 'one answer in ten is missing',
    run: flooding(() => losing({ every: 10 }), { probe: numbered, drain: 3_000 }),
    exit: 1,
    pings: { lost: 10, answered: 90 },
  },
  {
    fault: 'one pong in ten is missing, which a newer one stands for',
    run: flooding(() => losing({ every: 10 }), { connections: 1, pings: 98, drain: 3_000 }),
    exit: 0,
  },
  {
    fault: 'no pong from some moment on',
    run: flooding(() => misbehaving({ when: { answers: 10 } }), soon),
    exit: 1,
  },
  {
    fault: 'no pong on one of three connections',
    run: flooding(() => misbehaving({ when: 'in the handshake', only: 1 }), soon),
    exit: 1,
  },

  { fault: 'every pong twice', run: flooding(by(ponging((payload) => [payload, payload]))), exit: 0 },
  {
    fault: 'every message twice, where order tells answers',
    run: flooding(
      by((frame) => [...echoFrame(frame), ...(frame.opcode === text ? echoFrame(frame) : [])]),
      texts,
    ),
    exit: 3,
    says: /messages came when no ping/,
  },
  {
    fault: 'every message twice, where ids tell answers',
    run: flooding(
      by((frame) => [...echoFrame(frame), ...(frame.opcode === text ? echoFrame(frame) : [])]),
      { probe: numbered },
    ),
    exit: 0,
    holds: { 'all are counted': ({ result }) => result!.messages.received === 2 * result!.pings.answered },
  },
  {
    fault: 'pongs two at a time, the later one first',
    run: flooding(() => by(ponging(swapping()))(), { connections: 1, pings: 98, drain: 3_000 }),
    exit: 0,
    holds: { 'the earlier ones are coalesced': ({ result }) => result!.pings.coalesced > 10 },
  },
  {
    fault: 'messages two at a time, the later one first, where ids tell answers',
    run: flooding(
      () => {
        const swapped = swapping()
        return by((frame) =>
          frame.opcode === text
            ? swapped(frame.payload).map((payload) => encodeFrame({ opcode: text, payload }))
            : echoFrame(frame),
        )()
      },
      { connections: 1, probe: numbered, drain: 3_000 },
    ),
    exit: 0,
    pings: { answered: 100 },
  },
  { fault: 'pongs of random bytes', run: flooding(by(ponging(() => [Buffer.alloc(8, 0xa5)])), soon), ...none },
  { fault: 'pongs without a payload', run: flooding(by(ponging(() => [Buffer.alloc(0)])), soon), ...none },
  { fault: 'pongs cut short', run: flooding(by(ponging((payload) => [payload.subarray(0, 7)])), soon), ...none },
  {
    fault: 'pongs with more than was asked',
    run: flooding(by(ponging((payload) => [Buffer.concat([payload, payload])])), soon),
    ...none,
  },
  {
    fault: 'pongs of pings that nobody has sent',
    run: flooding(by(ponging(unsent)), soon),
    ...none,
  },
  {
    fault: 'always the first pong',
    run: flooding(
      () => {
        let first: Buffer | undefined
        return by(ponging((payload) => [(first ??= payload)]))()
      },
      { connections: 1, drain: 100 },
    ),
    exit: 1,
    pings: { answered: 1 },
  },
  {
    fault: 'the pongs of another connection',
    run: flooding(crossing, { connections: 2, ...soon }),
    ...none,
  },
  {
    fault: 'the pong of the ping before',
    run: flooding(() => by(ponging(belated(1)))(), { connections: 1, drain: 300 }),
    exit: 1,
  },
  {
    fault: 'pings as answers to pings',
    run: flooding(
      by((frame) =>
        frame.opcode === ping ? [encodeFrame({ opcode: ping, payload: frame.payload })] : echoFrame(frame),
      ),
      soon,
    ),
    ...none,
  },
  {
    fault: 'messages as answers to pings',
    run: flooding(
      by((frame) =>
        frame.opcode === ping ? [encodeFrame({ opcode: opcodes.binary, payload: frame.payload })] : echoFrame(frame),
      ),
      soon,
    ),
    ...none,
    holds: { 'they answer nothing': ({ result }) => result!.messages.unsolicited === result!.messages.received },
  },
  {
    fault: 'pongs as answers to messages',
    run: flooding(
      by((frame) =>
        frame.opcode === text ? [encodeFrame({ opcode: pong, payload: frame.payload })] : echoFrame(frame),
      ),
      { ...texts, ...soon },
    ),
    ...none,
  },

  {
    fault: 'the newest ping alone is answered',
    run: flooding(() => coalescing(40)),
    exit: 0,
    holds: { 'older ones are coalesced': ({ result }) => result!.pings.coalesced > 10 },
  },
  {
    fault: 'stalls of 900 of 1,000 ms, after which the newest ping alone is answered',
    run: flooding(() => coalescing(900), { duration: '3s', rate: 60 }),
    exit: 0,
    holds: { 'the median is no less than it surely was': ({ result }) => result!.latency.p50 > 300 },
  },
  {
    fault: 'stalls of 900 ms in the closed model, after which the newest ping alone is answered',
    run: flooding(() => coalescing(900), { inFlight: 20, duration: '2s' }, { slo: { max: '< 500ms' } }),
    exit: 1,
  },
  {
    fault: 'a stall of the server',
    run: flooding(() => stalling({ every: 50, for: 400, times: 1 }), { duration: 600 }, { slo: { max: '< 100ms' } }),
    exit: 1,
  },

  {
    fault: 'pings of the server, and pongs that nobody asked for',
    run: flooding(() => heartbeating(5)),
    exit: 0,
  },
  {
    fault: 'a hundred pings of the server in one segment',
    run: flooding(() =>
      misbehaving({
        when: { answers: 5 },
        say: Buffer.concat(
          Array.from({ length: 100 }, (_, nth) => encodeFrame({ opcode: ping, payload: Buffer.from([nth]) })),
        ),
        afterwards: 'go on',
      }),
    ),
    exit: 0,
  },
  {
    fault: 'messages that nobody asked for, besides pongs',
    run: flooding(() => ticking(5, { autoPong: true })),
    exit: 0,
  },
  {
    fault: 'messages that nobody asked for, where order tells answers',
    run: flooding(() => ticking(5), texts),
    exit: 3,
    says: /messages came when no ping/,
  },
  {
    fault: 'one message that nobody asked for, long after the handshake',
    run: flooding(() => welcoming(1_000), { ...texts, duration: 1_500, rate: 20 }),
    exit: 3,
  },
  {
    fault: 'everybody is told what one has said',
    run: flooding(broadcasting, texts),
    exit: 3,
  },
  {
    fault: 'an acknowledgement before each answer',
    run: flooding(() => acknowledging(5), texts),
    exit: 3,
  },
  {
    fault: 'an acknowledgement before each answer, where answers are recognised',
    run: flooding(() => acknowledging(5), recognised),
    exit: 0,
  },
  {
    fault: 'another answer than is expected',
    run: flooding(() => answering((_, send) => send('nonsense')), { ...recognised, ...soon }),
    ...none,
  },
  {
    fault: 'an answer without content',
    run: flooding(() => answering((_, send) => send('')), texts),
    exit: 0,
  },
  { fault: 'answers in fragments, with control frames between them', run: flooding(fragmenting, texts), exit: 0 },
])
