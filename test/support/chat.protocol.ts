/** What a user of the chat has to say. */
import { defineProtocol } from '../../src/wire/protocol.ts'

interface Welcome {
  readonly type: string
  readonly room: string
}

export default defineProtocol({
  subprotocols: ['chat.v1'],
  data: { token: 'letmein' },
  async session(connection, { index, data }) {
    connection.send(JSON.stringify({ type: 'login', user: `user-${index}`, token: data.token }))
    const welcome = await connection.receive((message) => (JSON.parse(String(message)) as Welcome).type === 'welcome')
    return { room: (JSON.parse(String(welcome)) as Welcome).room }
  },
  request: (id, { state }) => JSON.stringify({ id, type: 'echo', room: state.room }),
  reply: (message) => (JSON.parse(String(message)) as { id?: number }).id,
})
