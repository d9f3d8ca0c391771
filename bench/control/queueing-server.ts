/**
 * A server of known capacity, in a process of its own: workers that each take a fixed time for a ping, from one queue in the order of
 * arrival. It answers 1,000 ÷ `service` pings per second and worker, neither more nor less.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import type { RunningServer } from './running-server.ts'

export interface QueueingOptions {
  /** Milliseconds that a worker takes for a ping. */
  service: number
  /** @default 1 */
  workers?: number
  /** Pings that wait, beyond which a worker takes three times as long. @default Infinity */
  collapseAbove?: number
  /** Milliseconds, from the first ping on, in which a worker takes `cold` times as long. @default 0 */
  coldFor?: number
  cold?: number
  /** Pings in a second, beyond which it closes the connection that they come over. @default Infinity */
  mostPerSecond?: number
  /** Connections at the same time; others are refused with 503. @default Infinity */
  mostConnections?: number
}

export async function startQueueingServer(options: QueueingOptions): Promise<RunningServer> {
  const server = fork(import.meta.filename, [JSON.stringify(options)])
  const [url] = (await once(server, 'message')) as [string]
  return { url, stop: () => server.kill() }
}

/** How many times as long a worker takes that has too much to do. */
const collapsed = 3

/** Answers that are due, in the order in which they are. */
class Workers {
  readonly #options: Required<Pick<QueueingOptions, 'service' | 'collapseAbove' | 'coldFor' | 'cold'>>
  readonly #freeAt: number[]
  readonly #waiting: { readonly at: number; readonly answer: () => void }[] = []
  #firstAt = Infinity

  constructor({ service, workers = 1, collapseAbove = Infinity, coldFor = 0, cold = 1 }: QueueingOptions) {
    this.#options = { service, collapseAbove, coldFor, cold }
    this.#freeAt = Array.from({ length: workers }, () => 0)
  }

  take(answer: () => void): void {
    const { service, collapseAbove, coldFor, cold } = this.#options
    const now = performance.now()
    this.#firstAt = Math.min(this.#firstAt, now)
    const worker = this.#freeAt.indexOf(Math.min(...this.#freeAt))
    const factor = (this.#waiting.length > collapseAbove ? collapsed : 1) * (now < this.#firstAt + coldFor ? cold : 1)
    const at = Math.max(now, this.#freeAt[worker]!) + service * factor
    this.#freeAt[worker] = at
    this.#waiting.push({ at, answer })
    if (this.#waiting.length === 1) this.#wait()
  }

  readonly #answerDue = (): void => {
    const now = performance.now()
    let answered = 0
    for (; answered < this.#waiting.length && this.#waiting[answered]!.at <= now; answered++) {
      this.#waiting[answered]!.answer()
    }
    this.#waiting.splice(0, answered)
    if (this.#waiting.length > 0) this.#wait()
  }

  /** A timer is late by up to a millisecond: answers then leave together, and none later than that. */
  #wait(): void {
    setTimeout(this.#answerDue, Math.max(1, this.#waiting[0]!.at - performance.now()))
  }
}

function serve(options: QueueingOptions): void {
  const { mostConnections = Infinity, mostPerSecond = Infinity } = options
  let [second, ofSecond] = [0, 0]
  const workers = new Workers(options)
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    autoPong: false,
    verifyClient: (_, done) => done(server.clients.size < mostConnections, 503),
  })
  server.on('listening', () => process.send!(`ws://127.0.0.1:${(server.address() as { port: number }).port}`))
  server.on('connection', (socket) => {
    socket.on('ping', (payload: Buffer) => {
      const now = Math.floor(performance.now() / 1_000)
      ofSecond = now === second ? ofSecond + 1 : 1
      second = now
      if (ofSecond > mostPerSecond) socket.close(1008)
      else workers.take(() => socket.pong(payload))
    })
  })
  process.on('disconnect', () => process.exit())
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  serve(JSON.parse(process.argv[2]!) as QueueingOptions)
}
