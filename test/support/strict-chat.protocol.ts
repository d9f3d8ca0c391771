/** A user of the chat who reads what is said. */
import { defineProtocol } from '../../src/wire/protocol.ts'
import chat from './chat.protocol.ts'

interface Said {
  readonly type: string
  readonly room: string
  readonly message: string
}

export default defineProtocol({
  subprotocols: ['chat.v1'],
  data: { token: 'letmein' },
  async session(connection, { index, data }) {
    connection.send(JSON.stringify({ type: 'login', user: `user-${index}`, token: data.token }))
    const said = JSON.parse(String(await connection.receive())) as Said
    if (said.type !== 'welcome') throw new Error(said.message)
    return { room: said.room }
  },
  request: (id, { state }) => JSON.stringify({ id, type: 'echo', room: state.room }),
  reply: chat.reply,
})
