/** A server in a process of its own that spends processor time on each ping, and knows how much it has spent. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocketServer } from 'ws'

export interface WorkOptions {
  /** Milliseconds that it spins for each ping. @default 0 */
  spin?: number
  /** Milliseconds that it waits before it answers. @default 0 */
  sleep?: number
}

export interface WorkingServer extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Milliseconds of processor time that it has spent until now. */
  spent(): Promise<number>
}

export async function working(options: WorkOptions = {}): Promise<WorkingServer> {
  const child = fork(import.meta.filename, [JSON.stringify(options)])
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `ws://127.0.0.1:${port}`,
    pid: child.pid!,
    async spent() {
      child.send('spent')
      const [spent] = (await once(child, 'message')) as [number]
      return spent
    },
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

function serve({ spin = 0, sleep = 0 }: WorkOptions): void {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false }, () => {
    process.send!((server.address() as { port: number }).port)
  })
  server.on('connection', (socket) => {
    socket.on('ping', (payload: Buffer) => {
      for (const end = performance.now() + spin; performance.now() < end;);
      if (sleep === 0) socket.pong(payload)
      else setTimeout(() => socket.pong(payload), sleep)
    })
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send!((user + system) / 1_000)
  })
  process.on('disconnect', () => process.exit())
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  serve(JSON.parse(process.argv[2]!) as WorkOptions)
}
