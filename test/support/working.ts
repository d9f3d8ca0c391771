/** A server in a process of its own that spends processor time on each ping, and knows how much it has spent. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocketServer } from 'ws'

export interface WorkOptions {
  /** Milliseconds of processor time that it spends on each ping, however long it waits for a processor. @default 0 */
  spin?: number
  /** Milliseconds that it waits before it answers. @default 0 */
  sleep?: number
  /** Bytes that it keeps of each ping for good. @default 0 */
  keep?: number
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

function serve({ spin = 0, sleep = 0, keep = 0 }: WorkOptions): void {
  const kept: Buffer[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false }, () => {
    process.send!((server.address() as { port: number }).port)
  })
  server.on('connection', (socket) => {
    socket.on('ping', (payload: Buffer) => {
      if (keep > 0) kept.push(Buffer.alloc(keep, 1))
      for (const end = spentMs() + spin; spentMs() < end;);
      if (sleep === 0) socket.pong(payload)
      else setTimeout(() => socket.pong(payload), sleep)
    })
  })
  process.on('message', () => {
    process.send!(spentMs())
  })
  process.on('disconnect', () => process.exit())
}

function spentMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  serve(JSON.parse(process.argv[2]!) as WorkOptions)
}
