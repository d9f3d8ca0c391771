/**
 * A server whose latency is known: answers each ping after a delay of its own, on time to a small part of a millisecond,
 * because it spins while an answer is due. Takes the delays in milliseconds as a JSON list, which pings get in turn;
 * answers of a connection keep their order. Sends its URL to its parent and ends with it.
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { RunningServer } from './running-server.ts'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const lengthOfHead = 6

/** Answers of one connection that leave together. */
interface Held {
  readonly socket: Socket
  readonly dueAt: number
  readonly pongs: Buffer[]
}

/** Starts the server in a process of its own; pings wait for the `delays` (milliseconds) in turn. */
export async function startDelayingServer(delays: readonly number[]): Promise<RunningServer> {
  const server = fork(import.meta.filename, [JSON.stringify(delays)])
  const [url] = (await once(server, 'message')) as [string]
  return { url, stop: () => server.kill() }
}

/** Holds answers, a queue for each of the delays: each queue is in order by itself. */
class DelayLine {
  readonly #queues = new Map<number, Held[]>()
  readonly #latest = new WeakMap<Socket, Held>()
  #held = 0

  hold(socket: Socket, delay: number, pong: Buffer): void {
    const dueAt = performance.now() + delay
    const latest = this.#latest.get(socket)
    if (latest !== undefined && latest.dueAt >= dueAt) {
      latest.pongs.push(pong)
      return
    }
    const held = { socket, dueAt, pongs: [pong] }
    const queue = this.#queues.get(delay) ?? []
    this.#queues.set(delay, queue)
    queue.push(held)
    this.#latest.set(socket, held)
    if (this.#held++ === 0) setImmediate(this.#release)
  }

  readonly #release = (): void => {
    for (const queue of this.#queues.values()) {
      const now = performance.now()
      let released = 0
      for (; released < queue.length && queue[released]!.dueAt <= now; released++) {
        const { socket, pongs } = queue[released]!
        socket.write(pongs.length === 1 ? pongs[0]! : Buffer.concat(pongs))
      }
      if (released > 0) queue.splice(0, released)
      this.#held -= released
    }
    if (this.#held > 0) setImmediate(this.#release)
  }
}

/** Unmasks the whole ping frames at the front of `bytes` and hands each pong on; returns what is cut. */
function readPings(bytes: Buffer, answer: (pong: Buffer) => void): Buffer {
  let at = 0
  while (bytes.length - at >= lengthOfHead) {
    const length = bytes[at + 1]! & 0x7f
    const end = at + lengthOfHead + length
    if (end > bytes.length) break
    if (bytes[at] === 0x89) {
      const pong = Buffer.allocUnsafe(2 + length)
      pong[0] = 0x8a
      pong[1] = length
      for (let nth = 0; nth < length; nth++)
        pong[2 + nth] = bytes[at + lengthOfHead + nth]! ^ bytes[at + 2 + (nth & 3)]!
      answer(pong)
    }
    at = end
  }
  return bytes.subarray(at)
}

if (import.meta.main) {
  const delays = JSON.parse(process.argv[2]!) as number[]
  const line = new DelayLine()
  let pings = 0

  const server = createServer({ noDelay: true }, (socket) => {
    const answer = (pong: Buffer): void => {
      const delay = delays[pings++ % delays.length]!
      if (delay === 0) socket.write(pong)
      else line.hold(socket, delay, pong)
    }
    let cut: Buffer = Buffer.alloc(0)
    socket.once('data', (request) => {
      const key = /^sec-websocket-key: *(.+?)\r$/im.exec(String(request))?.[1] ?? ''
      const accept = createHash('sha1')
        .update(key + magic)
        .digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      socket.on('data', (bytes) => (cut = readPings(cut.length === 0 ? bytes : Buffer.concat([cut, bytes]), answer)))
    })
    socket.on('error', () => socket.destroy())
  })

  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
    process.send?.(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  process.on('disconnect', () => process.exit())
}
