import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** Resolves when something accepts connections on a port, for programs that tell nobody. @param ended when they have ended */
export async function accepting(port: number, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await setTimeout(5)
    } finally {
      socket.destroy()
    }
  }
}
