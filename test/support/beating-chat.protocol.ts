/** A user of the chat who answers its heartbeats. */
import { defineProtocol } from '../../src/wire/protocol.ts'

interface Said {
  readonly type: string
  readonly room: string
  readonly id?: number
}

function read(message: string | Uint8Array): Said {
  return JSON.parse(String(message)) as Said
}

export default defineProtocol({
  subprotocols: ['chat.v1'],
  async session({ send, receive }, { index }) {
    send(JSON.stringify({ type: 'login', user: `user-${index}`, token: 'letmein' }))
    const { room } = read(await receive((message) => read(message).type === 'welcome'))
    return { room }
  },
  message(message, { connection }) {
    if (message === '2') connection.send('3')
  },
  request: (id, { state }) => JSON.stringify({ id, type: 'echo', room: state.room }),
  reply: (message) => read(message).id,
})
