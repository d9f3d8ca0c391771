/** What `ws-json-loop.ts` sends and reads, by functions. */
import { defineProtocol } from '../../dist/wire/protocol.js'

export default defineProtocol({
  request: (id) => JSON.stringify({ id, method: 'echo' }),
  reply: (message) => (JSON.parse(String(message)) as { id: number }).id,
})
