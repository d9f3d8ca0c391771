/** A server that knows how long each ping really took at most, and the probe whose messages tell it when they were sent. */
import { Histogram } from '../../src/result/histogram.ts'
import { DelayLine } from './delay-line.ts'
import { encodeFrame, opcodes } from './frames.ts'
import { echoFrame, serveBytes } from './raw-server.ts'

/** How long a ping is held in ms: the `nth` that arrives, `at` ms after the first. */
export type Delay = (nth: number, at: number) => number

interface Stamps {
  /** When one of the two functions was called last, on the clock that all threads of a process share. */
  last: number
  /** When one of them was called last before the pings being made were sent. */
  before: number
  /** The connection being served; -1 when an answer came in between. */
  sender: number
  connections: number
}

/** What {@link stamped} is given as its `data`. */
export function stampsFor(connections: number): Stamps {
  return { last: 0, before: 0, sender: -1, connections }
}

/** Each message carries an instant just before it was sent. */
export const stamped = {
  request(id: number, data: unknown) {
    const stamps = data as Stamps
    const sender = id % stamps.connections
    if (sender !== stamps.sender) stamps.before = stamps.last
    stamps.sender = sender
    stamps.last = Number(process.hrtime.bigint())
    return `${id} ${stamps.before}`
  },
  reply(answer: unknown, data: unknown) {
    const stamps = data as Stamps
    stamps.sender = -1
    stamps.last = Number(process.hrtime.bigint())
    return Number.parseInt(String(answer), 10)
  },
}

/**
 * Echoes after a delay and knows how long each ping took: at least the time it was held here, at most from just before it
 * was sent to just after its answer was written. What arrived together is answered in one segment, so that no answer
 * waits for TCP.
 */
export async function holding(delay: Delay) {
  const atLeast = new Histogram()
  const atMost = new Histogram()
  let nth = 0
  let began: number | undefined
  const server = await serveBytes({}, (socket) => {
    const line = new DelayLine()
    let arrived: Buffer[] = []

    function release(messages: Buffer[], from: number): void {
      const held = performance.now() - from
      socket.write(Buffer.concat(messages.map((payload) => encodeFrame({ opcode: opcodes.text, payload }))))
      const until = Number(process.hrtime.bigint())
      for (const message of messages) {
        atLeast.record(held * 1e6)
        atMost.record(until - Number(message.toString().split(' ')[1]))
      }
    }

    return {
      answer(frame) {
        if (frame.opcode !== opcodes.text) return echoFrame(frame)
        if (arrived.length === 0) {
          const from = performance.now()
          const together = arrived
          began ??= from
          line.hold(delay(++nth, from - began), () => release(together, from))
          setImmediate(() => (arrived = []))
        }
        arrived.push(frame.payload)
        return []
      },
    }
  })
  return Object.assign(server, { atLeast, atMost })
}
