import { serveWebSockets, type WsServer } from '../../support/ws-server.ts'

/** The server of the page on fan-outs: members say `{"type":"join","room"}` and hear it again; `{"type":"say","room"}` is passed on. */
export function chatRooms(): Promise<WsServer> {
  const members = new WeakMap<object, number>()
  return serveWebSockets({}, (socket, server) => {
    socket.on('message', (message: Buffer) => {
      const text = String(message)
      const { type, room } = JSON.parse(text) as { readonly type: string; readonly room: number }
      if (type === 'join') {
        members.set(socket, room)
        socket.send(text)
      } else for (const other of server.sockets) if (members.get(other) === room) other.send(text)
    })
  })
}
