/** The embedded target. Arguments: its port, 0 for any; how many milliseconds each answer waits. */
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

const [port, delay] = process.argv.slice(2).map(Number) as [number?, number?]
/** Node's timers are late by up to a millisecond and more: the last stretch is spent polling. */
const timerErrorMs = 2
const waiting: { readonly dueAt: number; readonly answer: () => void }[] = []

/** Answers in time to a few microseconds. */
function later(answer: () => void): void {
  waiting.push({ dueAt: performance.now() + delay!, answer })
  if (waiting.length === 1) releaseDue()
}

function releaseDue(): void {
  const left = waiting[0]!.dueAt - performance.now() - timerErrorMs
  if (left > 0) setTimeout(release, left)
  else setImmediate(release)
}

function release(): void {
  const now = performance.now()
  const first = waiting.findIndex(({ dueAt }) => dueAt > now)
  for (const { answer } of waiting.splice(0, first === -1 ? waiting.length : first)) answer()
  if (waiting.length > 0) releaseDue()
}

const answers = delay === undefined || delay === 0 ? (answer: () => void) => answer() : later
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: port ?? 0,
  backlog: 4_096,
  clientTracking: false,
  perMessageDeflate: true,
  autoPong: false,
})

server.on('connection', (socket) => {
  socket.on('ping', (data) => answers(() => socket.pong(data)))
  socket.on('message', (data, isBinary) => answers(() => socket.send(data, { binary: isBinary })))
  socket.on('error', () => {})
})
server.once('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }))

for (const end of ['message', 'disconnect'] as const) process.once(end, () => process.exit())
if (process.send !== undefined && !process.connected) process.exit()
