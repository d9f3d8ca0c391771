/** Servers that say more than most. */
import { encodeFrame, opcodes } from './frames.ts'
import type { Server } from './evidence.ts'
import type { ListenOptions } from './listener.ts'
import { echoFrame, serveBytes } from './raw-server.ts'
import { onRequest, serveWebSockets, type WsServer } from './ws-server.ts'

/** Echoes, and pings each client every so many ms. */
export function asking(every: number): Promise<WsServer> {
  return serveWebSockets({}, (socket) => {
    onRequest(socket, (answer) => answer())
    const timer = setInterval(() => socket.ping(), every)
    socket.on('close', () => clearInterval(timer))
  })
}

export type DeafAskingServer = Server & {
  /** Payload of the latest pong. */
  latest: string
}

/** Pings each client so many times while it reads nothing, then reads and echoes. The payload is the ping's number, and long. */
export async function deafAsking(pings: number): Promise<DeafAskingServer> {
  const server = await serveBytes({}, (socket) => ({
    opened() {
      socket.pause()
      let nth = 0
      const ask = (): void => {
        while (nth < pings) {
          const payload = Buffer.alloc(125, ' ')
          payload.write(String(++nth))
          if (socket.write(encodeFrame({ opcode: opcodes.ping, payload }))) continue
          socket.once('drain', ask)
          return
        }
        setTimeout(() => socket.resume(), 200)
      }
      ask()
    },
    answer(frame) {
      if (frame.opcode === opcodes.pong) heard.latest = frame.payload.toString().trim()
      return echoFrame(frame)
    },
  }))
  const heard = Object.assign(server, { latest: '' })
  return heard
}

export interface UnendingOptions extends ListenOptions {
  /** The first so many connections. @default Infinity */
  only?: number
  /** Bytes behind which it is silent, about. @default Infinity */
  most?: number
}

/** Echoes pings, and begins a message of fragments that never ends: `segment` is written again and again. */
export function unending(
  segment: Buffer,
  { only = Infinity, most = Infinity, ...options }: UnendingOptions = {},
): Promise<Server> {
  let opened = 0
  return serveBytes(options, (socket) => ({
    opened() {
      if (++opened > only) return
      let said = 0
      const speak = (): void => {
        while (!socket.destroyed && said < most) {
          said += segment.length
          if (socket.write(segment)) continue
          socket.once('drain', speak)
          return
        }
      }
      socket.write(encodeFrame({ opcode: opcodes.binary, payload: Buffer.of(1), fin: false }))
      speak()
    },
  }))
}
