/** Servers whose handshake is their own, byte for byte, and those that end it before it is over. */
import { createServer, type Socket } from 'node:net'
import { listen, type Listener } from './listener.ts'

/** How the server ends a connection, or does not. */
export type Ending = 'end' | 'reset' | 'stay'

/** Ends each connection as soon as it is there. */
export function endingAtOnce(how: Ending): Promise<Listener> {
  return attending((socket, finish) => {
    socket.resume()
    finish(how)
  })
}

/** Answers the first bytes of a client with bytes of its own, whatever it asks. */
export function answeringWith(bytes: Buffer | string, how: Ending): Promise<Listener> {
  return attending((socket, finish) => {
    socket.once('data', () => {
      socket.resume()
      socket.write(bytes, () => setImmediate(() => finish(how)))
    })
  })
}

/** Answers the first bytes of a client with a beginning, and then the same bytes again and again, every `ms`. */
export function dripping(beginning: string, again: string, ms: number): Promise<Listener> {
  return attending((socket) => {
    socket.once('data', () => {
      socket.write(beginning)
      const timer = setInterval(() => socket.write(again), ms)
      socket.on('close', () => clearInterval(timer)).resume()
    })
  })
}

async function attending(attend: (socket: Socket, finish: (how: Ending) => void) => void): Promise<Listener> {
  const listener = await listen(
    () =>
      createServer((socket) => {
        socket.on('error', () => {})
        attend(socket, (how) => {
          if (how === 'end') socket.end()
          else if (how === 'reset') setImmediate(() => listener.reset(socket))
        })
      }),
    {},
  )
  return listener
}
