/**
 * A server program with a WebSocket on 127.0.0.1 that tells each client its process id:
 * `node pid-server.ts PORT [--refuse STATUS] [--ignore-sigterm] [--chatter BYTES] [--last-words TEXT]`.
 * A client that says `die` makes it write its last words to stderr and exit with code 7.
 */
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    refuse: { type: 'string' },
    'ignore-sigterm': { type: 'boolean' },
    chatter: { type: 'string' },
    'last-words': { type: 'string', default: 'farewell' },
  },
})

if (values['ignore-sigterm']) process.on('SIGTERM', () => {})
if (values.chatter !== undefined) {
  const line = `${'x'.repeat(1_023)}\n`
  for (let bytes = 0; bytes < Number(values.chatter); bytes += line.length) process.stdout.write(line)
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(positionals[0]),
  verifyClient: (_request, decide) => decide(values.refuse === undefined, Number(values.refuse)),
})
server.on('connection', (socket) => {
  socket.send(String(process.pid))
  socket.on('message', (text: Buffer) => {
    if (text.toString() !== 'die') return
    process.stderr.write(`${values['last-words']}\n`)
    process.exitCode = 7
    server.close()
    for (const client of server.clients) client.terminate()
  })
})
