/** What the controls of a fan-out publish and read, by functions. */
import { defineProtocol } from '../../dist/wire/protocol.js'

export default defineProtocol({
  publish: (id, { room }) => JSON.stringify({ room, id }),
  delivery: (message) => (JSON.parse(String(message)) as { id: number }).id,
})
