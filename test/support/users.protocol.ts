/** Users that differ in where they connect, and as whom. */
import { defineProtocol } from '../../src/wire/protocol.ts'

export default defineProtocol({
  subprotocols: ['chat.v1'],
  data: (index, given: { readonly room: string }) => ({ user: `user-${index}`, ...given }),
  url: (_index, { room, user }) => `/${room}?user=${user}`,
  headers: (_index, { user }) => ({ 'x-user': user }),
  request: (id, { data: { user } }) => JSON.stringify({ id, user }),
  reply: (message) => (JSON.parse(String(message)) as { id: number }).id,
})
