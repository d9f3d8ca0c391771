/** Servers that end the WebSocket, or break its protocol, and leave TCP open. */
import type { Socket } from 'node:net'
import { encodeFrame, opcodes } from './frames.ts'
import type { Server } from './evidence.ts'
import type { ListenOptions } from './listener.ts'
import { echoFrame, serveBytes } from './raw-server.ts'
import { onRequest, serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface LingeringOptions extends ListenOptions {
  /** When a connection hears the bytes: with its nth answer, or so many ms after its handshake. */
  after: { answers: number } | { ms: number }
  /** Every how many connections. @default 1: all of them */
  every?: number
  /** Whether it goes on answering behind the bytes. @default false */
  answersOn?: boolean
  /** Whether it ends its side of TCP behind them. @default false */
  halfCloses?: boolean
}

export type LingeringServer = Server & {
  /** Pings that came behind the client's own close frame. */
  late: number
  /** Connections that have heard the bytes, and on which the client has not said goodbye since, nor ended TCP. */
  deaf: number
}

/** Echoes, then says `bytes` and leaves TCP open, whatever the client does. */
export async function lingering(
  bytes: Buffer,
  { after, every = 1, answersOn = false, halfCloses = false, ...options }: LingeringOptions,
): Promise<LingeringServer> {
  let opened = 0
  const server = await serveBytes(options, (socket) => {
    socket.allowHalfOpen = true
    socket.on('end', () => holdOpen(socket))
    const isMortal = opened++ % every === 0
    let answers = 0
    let isOver = false
    let isHeard = false

    function speak(): void {
      isOver = true
      counts.deaf++
      socket.write(bytes)
      if (halfCloses) socket.end()
    }

    function hear(): void {
      if (isOver && !isHeard) counts.deaf--
      isHeard = true
    }
    socket.on('close', hear)

    return {
      outlet: { write: (reply) => socket.writable && socket.write(reply), end() {} },
      opened() {
        if (!isMortal || !('ms' in after)) return
        const timer = setTimeout(speak, after.ms)
        socket.on('close', () => clearTimeout(timer))
      },
      answer(frame) {
        if (frame.opcode === opcodes.ping && isHeard) counts.late++
        if (frame.opcode === opcodes.close) hear()
        if (isOver && !answersOn) return []
        if (isMortal && !isOver && 'answers' in after && ++answers === after.answers) setImmediate(speak)
        return frame.opcode === opcodes.close ? [] : echoFrame(frame)
      },
    }
  })
  const counts = Object.assign(server, { late: 0, deaf: 0 })
  return counts
}

/** Keeps its side of TCP open until the client has no socket any more, which only writing shows. */
function holdOpen(socket: Socket): void {
  const nothing = encodeFrame({ opcode: opcodes.pong, payload: Buffer.alloc(0) })
  const timer = setInterval(() => socket.writable && socket.write(nothing), 20)
  socket.on('close', () => clearInterval(timer))
  if (!socket.writable) socket.destroy()
}

/** Echoes as `ws` does, then says `bytes` behind the nth answer and reads nothing any more. */
export function freezing(
  bytes: Buffer,
  { answers: mostAnswers, ...options }: ServeOptions & { answers: number },
): Promise<WsServer> {
  return serveWebSockets(options, (socket, _, tcp) => {
    let answers = 0
    onRequest(socket, (answer) => {
      answer()
      if (++answers !== mostAnswers) return
      // Behind what is still being compressed.
      setTimeout(() => {
        tcp.write(bytes)
        tcp.pause()
      }, 20)
    })
  })
}

/** A frame that says goodbye. */
export function goodbye(payload: Buffer): Buffer {
  return encodeFrame({ opcode: opcodes.close, payload })
}
