import { vi } from 'vitest'
import { closePayload, encodeFrame, opcodes } from '../support/frames.ts'
import { misbehaving, type Misdeed } from '../support/misbehaving.ts'
import { repeating } from '../support/refusals.ts'
import { closing, codesOfReset, deaf, echoing, impatient, resetting, vanishing } from '../support/servers.ts'
import { comparing, flooding } from './flooding.ts'
import { matrix, unprintable } from './matrix.ts'

/** Every connection ends early: the first answers were there. */
const midway = { exit: 1, closedEarly: 3 } as const
const after = { answers: 5 }

function closeFrame(code: number, reason?: string): Buffer {
  return encodeFrame({ opcode: opcodes.close, payload: closePayload(code, reason) })
}

/** Says goodbye with its fifth answer, and then does nothing about it. */
function leavingOpen(misdeed: Misdeed = {}) {
  return misbehaving({ when: after, say: closeFrame(1011), afterwards: 'ignore', ...misdeed })
}

matrix('endings', [
  { fault: 'a close frame', run: flooding(() => closing({ after, code: 1000 })), ...midway, codes: 'CLOSE_1000' },
  {
    fault: 'a close frame with a reason',
    run: flooding(() => closing({ after, code: 4001, reason: 'come back later' })),
    ...midway,
    codes: 'CLOSE_4001',
    says: /come back later/,
  },
  { fault: 'a close frame without a code', run: flooding(() => closing({ after })), ...midway, codes: 'CLOSE_1005' },
  {
    fault: 'a close frame with the longest reason',
    run: flooding(() => closing({ after, code: 1008, reason: 'x'.repeat(123) })),
    ...midway,
    codes: 'CLOSE_1008',
  },
  {
    fault: 'a reason of escape sequences and commands',
    run: flooding(() => closing({ after, code: 4000, reason: '\u001B[2J\u009B31m\n::error::owned' })),
    ...midway,
    codes: 'CLOSE_4000',
    never: unprintable,
  },
  { fault: 'the end of TCP', run: flooding(() => vanishing({ after })), ...midway, codes: 'CLOSE_1006' },
  { fault: 'a reset', run: flooding(() => resetting({ after })), ...midway, codes: codesOfReset },
  {
    fault: 'the end of TCP within a frame',
    run: flooding(() => misbehaving({ when: after, say: closeFrame(1000).subarray(0, 3), afterwards: 'end' })),
    ...midway,
    codes: 'CLOSE_1006',
  },
  {
    fault: 'the end of TCP within a message that ws reads',
    run: flooding(() => misbehaving({ when: after, say: Buffer.from([0x81, 100, 1, 2]), afterwards: 'end' })),
    ...midway,
    codes: 'CLOSE_1006',
  },
  {
    fault: 'the end of TCP with the last answer still on its way',
    run: flooding(() => misbehaving({ when: { unanswered: 4 }, afterwards: 'end' })),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1006',
  },
  {
    fault: 'a reset with everything unanswered',
    run: flooding(() => misbehaving({ when: { unanswered: 4 }, afterwards: 'reset' }), { probe: { text: 'x' } }),
    exit: 1,
    closedEarly: 3,
    codes: codesOfReset,
  },
  {
    fault: 'the end of one connection',
    run: flooding(() => closing({ after, code: 1001, only: 1 })),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of one connection in the closed model',
    run: flooding(() => closing({ after, code: 1001, only: 1 }), { inFlight: 4, duration: '1s' }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of one connection while others are opened',
    run: flooding(() => closing({ after: { ms: 1 }, code: 1001, only: 1 }), { connections: 5, connectRate: 50 }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of one connection in the warm-up',
    run: flooding(() => closing({ after: { ms: 100 }, code: 1001, only: 1 }), { warmup: 500 }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of all connections in the warm-up',
    run: flooding(() => closing({ after: { ms: 20 }, code: 1001 }), { warmup: '2s', duration: '2s' }),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of all connections, where a number of pings ends the run',
    run: flooding(() => closing({ after, code: 1001 }), { pings: 100_000 }),
    ...midway,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of all connections, where a verdict ends the run',
    run: flooding(() => closing({ after, code: 1001 }), { until: { max: '< 1m' } }),
    ...midway,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'the end of all connections long before the end of the last stage',
    run: flooding(() => closing({ after, code: 1001 }), { stages: [{ duration: '60s', rate: 500 }] }),
    ...midway,
    codes: 'CLOSE_1001',
  },
  {
    fault: 'a server that is patient with nobody who answers no ping of its own',
    run: flooding(
      () => impatient(5_000),
      { duration: '4s', rate: 50 },
      { meanwhile: async (server) => void (await vi.waitUntil(() => server.pongs > 5, { timeout: 30_000 })) },
    ),
    exit: 0,
  },
  {
    fault: 'a close frame in two segments',
    run: flooding(() =>
      misbehaving({
        when: after,
        say: [closeFrame(1012).subarray(0, 1), closeFrame(1012).subarray(1)],
        afterwards: 'hang up',
      }),
    ),
    ...midway,
    codes: 'CLOSE_1012',
  },
  {
    fault: 'frames behind a close frame',
    run: flooding(() =>
      misbehaving({
        when: after,
        say: Buffer.concat([closeFrame(1012), encodeFrame({ opcode: 3, payload: Buffer.from('x') })]),
        afterwards: 'hang up',
      }),
    ),
    ...midway,
    codes: 'CLOSE_1012',
  },
  {
    fault: 'two close frames',
    run: flooding(() =>
      misbehaving({
        when: after,
        say: Buffer.concat([closeFrame(1012), closeFrame(1011)]),
        afterwards: 'hang up',
      }),
    ),
    ...midway,
    codes: 'CLOSE_1012',
  },
  {
    fault: 'a close frame, and a reset before we can answer it',
    run: flooding(() => misbehaving({ when: after, say: closeFrame(1012), afterwards: 'reset' })),
    ...midway,
    codes: /^(CLOSE_1012|ECONNRESET|EPIPE)$/,
  },
  {
    fault: 'a close frame, and TCP ends at once',
    run: flooding(() => misbehaving({ when: after, say: closeFrame(1012), afterwards: 'end' })),
    ...midway,
    codes: 'CLOSE_1012',
  },
  {
    fault: 'a close frame, and TCP is left open',
    run: flooding(leavingOpen),
    ...midway,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame on half of the connections, and TCP is left open',
    run: flooding(() => leavingOpen({ only: 2 }), { connections: 4 }),
    exit: 1,
    closedEarly: 2,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame in the closed model, and TCP is left open',
    run: flooding(() => leavingOpen({ only: 1 }), { inFlight: 2, duration: '1s' }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame where a number of pings ends the run, and TCP is left open',
    run: flooding(leavingOpen, { pings: 1_000, timeout: '500ms' }),
    ...midway,
    codes: 'CLOSE_1011',
    within: 8_000,
  },
  {
    fault: 'a close frame where messages are sent, and TCP is left open',
    run: flooding(leavingOpen, { probe: { text: 'x' } }),
    ...midway,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame where a verdict ends the run, and TCP is left open',
    run: flooding(() => leavingOpen({ only: 1 }), { until: { max: '< 1m' }, maxDuration: '2s', timeout: '500ms' }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame, and nothing is read any more',
    run: flooding(() => leavingOpen({ afterwards: 'stop reading' })),
    ...midway,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'a close frame over TLS, and TCP is left open',
    run: flooding(() => leavingOpen({ tls: true }), { tls: { rejectUnauthorized: false } }),
    ...midway,
    codes: 'CLOSE_1011',
  },
  {
    fault: 'the connections of the head of a comparison end, and TCP is left open',
    run: comparing(echoing, () => leavingOpen({ when: { answers: 1 } })),
    exit: 3,
    codes: 'CLOSE_1011',
    closedEarly: 3,
  },
  {
    fault: 'the connections of the head of a comparison end',
    run: comparing(echoing, () => closing({ after: { answers: 1 }, code: 1011 })),
    exit: 3,
    codes: 'CLOSE_1011',
    closedEarly: 3,
  },
  {
    fault: 'our own close frame is never answered',
    run: flooding(deaf, { drain: 0 }),
    exit: 3,
    pings: { answered: 0 },
  },
  {
    fault: 'our own close frame is answered, and TCP is left open',
    run: flooding(() => misbehaving({ when: { ms: 60_000 }, afterwards: 'ignore' })),
    exit: 0,
  },
  {
    fault: 'the server repeats the Authorization header as the reason',
    run: flooding(() => repeating('close reason', String), { headers: { authorization: 'Bearer hunter2hunter2' } }),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_4000',
    never: /hunter2/,
  },
  {
    fault: 'the server repeats a token of the URL as the reason, in base64',
    run: flooding(
      () => repeating('close reason', btoa),
      ({ url }) => ({ url: `${url}/?access_token=hunter2hunter2` }),
    ),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_4000',
    never: new RegExp(btoa('hunter2hunter2').slice(0, 8)),
  },
])
