import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/**
 * Answers a server's pings: each of them, however many come at once; while the server reads so slowly that pongs would pile
 * up, only the newest.
 *
 * @see RFC 6455 section 5.5.3
 */
export function answerPings(ws: WebSocket, socket: Socket): void {
  let newest: Buffer | undefined

  const catchUp = (): void => {
    if (newest !== undefined && ws.readyState === WebSocket.OPEN) ws.pong(newest)
    newest = undefined
  }

  ws.on('ping', (payload: Buffer) => {
    if (ws.readyState !== WebSocket.OPEN) return
    if (!socket.writableNeedDrain) {
      ws.pong(payload)
      return
    }
    if (newest === undefined) socket.once('drain', catchUp)
    newest = Buffer.from(payload)
  })
}
