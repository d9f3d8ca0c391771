/** Control: a loop over `ws` as one would write it by hand: messages found by id, who has them in a table, latencies in one HDR histogram. */
import { contend } from './fan-out.ts'
import { openSockets } from './plain-ws.ts'
import { Room } from './room.ts'

await contend(async (order) => {
  const [publisher, ...subscribers] = await openSockets(order.url, 1 + order.subscribers)
  const room = new Room(subscribers.length, (text) => publisher!.send(text))
  for (const [nth, socket] of subscribers.entries()) {
    socket.on('message', (message: Buffer) => room.receive(nth, String(message)))
  }
  return room.hold(order)
})
