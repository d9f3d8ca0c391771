/** Servers on bare sockets that answer only the newest of several pings, as RFC 6455 section 5.5.3 allows. */
import { DelayLine } from './delay-line.ts'
import type { Server } from './evidence.ts'
import { encodeFrame, opcodes } from './frames.ts'
import { echoFrame, serveBytes } from './raw-server.ts'

/** Answers the newest of the pings that come in one read. */
export function coalescingReads(): Promise<Server> {
  return serveBytes({}, (socket) => {
    let newest: Buffer | undefined
    return {
      answer(frame) {
        if (frame.opcode !== opcodes.ping) return echoFrame(frame)
        if (newest === undefined) {
          setImmediate(() => {
            socket.write(pong(newest!))
            newest = undefined
          })
        }
        newest = frame.payload
        return []
      },
    }
  })
}

/** Stands still on each connection for `ms`, then answers the newest ping alone, and so on: on each at another time. */
export function standingStill(ms: number): Promise<Server> {
  const phaseOf = phases()
  return serveBytes({}, (socket) => {
    const line = new DelayLine()
    socket.on('close', () => line.clear())
    let newest: Buffer | undefined

    function wake(): void {
      if (newest !== undefined) socket.write(pong(newest))
      newest = undefined
      line.hold(ms, wake)
    }

    line.hold(ms * phaseOf(), wake)
    return {
      answer(frame) {
        if (frame.opcode !== opcodes.ping) return echoFrame(frame)
        newest = frame.payload
        return []
      },
    }
  })
}

/**
 * Stands still on each connection for `ms`, then answers the oldest ping, then at once the newest one, twice, as each arrives,
 * and so on: on each at another time.
 */
export function napping(ms: number): Promise<Server> {
  const phaseOf = phases()
  return serveBytes({}, (socket) => {
    const line = new DelayLine()
    socket.on('close', () => line.clear())
    let oldest: Buffer | undefined
    let answersUntilNap = 0

    function wake(): void {
      answersUntilNap = 2
      if (oldest !== undefined) socket.write(pong(oldest))
      oldest = undefined
    }

    line.hold(ms * phaseOf(), wake)
    return {
      answer(frame) {
        if (frame.opcode !== opcodes.ping) return echoFrame(frame)
        if (answersUntilNap === 0) {
          oldest ??= frame.payload
          return []
        }
        if (--answersUntilNap === 0) line.hold(ms, wake)
        return [pong(frame.payload)]
      },
    }
  })
}

/** Shares of a cycle that fill it evenly: steps of the golden ratio. */
function phases(): () => number {
  let phase = 0
  return () => (phase = (phase + (Math.sqrt(5) - 1) / 2) % 1)
}

function pong(payload: Buffer): Buffer {
  return encodeFrame({ opcode: opcodes.pong, payload })
}
