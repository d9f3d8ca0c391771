import { closePayload, encodeFrame, opcodes } from '../support/frames.ts'
import { misbehaving } from '../support/misbehaving.ts'
import { closing, codesOfReset, resetting, vanishing } from '../support/servers.ts'
import { flooding } from './flooding.ts'
import { matrix, type Outcome } from './matrix.ts'

const after = { answers: 5 }
const reconnect = { max: 2, backoff: 5 } as const
/** The run is over when all are gone. */
const twice = { reconnect, duration: 20_000 } as const
/** Each of three connections is opened again twice, and ends for the third time. */
const thrice = { exit: 1, closedEarly: 9 } as const
const goodbye = encodeFrame({ opcode: opcodes.close, payload: closePayload(1011) })

function reconnects(attempts: number, failed = 0) {
  return ({ result }: Outcome): boolean =>
    result?.connections.reconnects === attempts && result.connections.failedReconnects === failed
}

matrix('reconnects', [
  {
    fault: 'a close frame each time',
    run: flooding(() => closing({ after, code: 1012 }), twice),
    ...thrice,
    codes: 'CLOSE_1012',
    holds: { 'each is opened again twice': reconnects(6) },
  },
  {
    fault: 'a close frame each time, and TCP left open',
    run: flooding(() => misbehaving({ when: after, say: goodbye, afterwards: 'ignore' }), twice),
    ...thrice,
    codes: 'CLOSE_1011',
    holds: { 'each is opened again twice': reconnects(6) },
  },
  {
    fault: 'the end of TCP each time',
    run: flooding(() => vanishing({ after }), twice),
    ...thrice,
    codes: 'CLOSE_1006',
    holds: { 'each is opened again twice': reconnects(6) },
  },
  {
    fault: 'a reset each time',
    run: flooding(() => resetting({ after }), twice),
    ...thrice,
    codes: codesOfReset,
    holds: { 'each is opened again twice': reconnects(6) },
  },
  {
    fault: 'one end of each, and a server that is well again',
    run: flooding(() => closing({ after, code: 1012, only: 3 }), { reconnect, pings: 300 }),
    exit: 1,
    closedEarly: 3,
    codes: 'CLOSE_1012',
    holds: { 'each is opened again once': reconnects(3) },
  },
  {
    fault: 'an end in the closed model, and a server that is well again',
    run: flooding(() => closing({ after, code: 1012, only: 1 }), { reconnect, inFlight: 1, duration: 600 }),
    exit: 1,
    closedEarly: 1,
    codes: 'CLOSE_1012',
    holds: { 'it is opened again once': reconnects(1) },
  },
])
