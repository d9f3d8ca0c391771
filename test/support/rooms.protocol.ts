import { defineProtocol } from '../../src/wire/protocol.ts'

/** What the server of `rooms.ts` speaks. */
export default defineProtocol({
  async session(connection, { role, room }) {
    if (role === 'publisher') return
    connection.send(JSON.stringify({ join: room }))
    await connection.receive((message) => message === 'joined')
  },
  publish: (id, { room }) => JSON.stringify({ room, id, at: performance.timeOrigin + performance.now() }),
  delivery: (message) => (JSON.parse(String(message)) as { readonly id?: number }).id,
})
