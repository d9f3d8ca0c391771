/** Servers whose answers may go to other connections than those that asked, and that may say what nobody asked for. */
import type { Socket } from 'node:net'
import type { Server } from './evidence.ts'
import { encodeFrame, opcodes, type Frame } from './frames.ts'
import { echoFrame, serveBytes } from './raw-server.ts'

/** A ping or a message, and where it came from. */
export interface Asked {
  /** What would answer it properly. */
  readonly answer: Buffer
  readonly payload: Buffer
  /** Which connection asked, in the order of their TCP connections. */
  readonly nth: number
  readonly sockets: readonly Socket[]
}

/** Leaves each ping and each message to `handler`, which may write anything to any of the connections. */
export function handling(handler: (asked: Asked) => void): Promise<Server> {
  const sockets: Socket[] = []
  return serveBytes({}, (socket) => {
    const nth = sockets.push(socket) - 1
    return {
      answer(frame: Required<Frame>) {
        if (frame.opcode === opcodes.close) return echoFrame(frame)
        for (const answer of echoFrame(frame)) handler({ answer, payload: frame.payload, nth, sockets })
        return []
      },
    }
  })
}

/** Answers each connection on the one that follows it, the last one on the first, as far as `isCrossed` says. */
export function crossing(isCrossed: (nth: number) => boolean = () => true): Promise<Server> {
  return handling(({ answer, nth, sockets }) => {
    const open = sockets.filter((socket, other) => isCrossed(other) && !socket.destroyed)
    const next = open[(open.indexOf(sockets[nth]!) + 1) % open.length]
    ;(isCrossed(nth) ? next : sockets[nth])!.write(answer)
  })
}

/** Sends every answer to all connections. */
export function answeringAll(): Promise<Server> {
  return handling(({ answer, sockets }) => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(answer)
  })
}

export function pong(payload: Uint8Array): Buffer {
  return encodeFrame({ opcode: opcodes.pong, payload: Buffer.from(payload) })
}
