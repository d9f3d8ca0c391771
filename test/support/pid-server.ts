/**
 * A server program with a WebSocket on 127.0.0.1 that tells each client its process id:
 * `node pid-server.ts PORT [--refuse STATUS] [--later CODE --later-times N] [--ignore-sigterm] [--ends-with-stdin] [--ends-by SIGNAL] [--clean-up MS] [--chatter BYTES] [--last-words TEXT]`.
 * With `--later` it closes what it accepts first, so many times, with that code.
 * With `--ends-by` that signal makes it end, after its clean-up; it then writes `cleaned up` to the file CLEANED, if there is one.
 * A client that says `die` makes it write its last words to stderr and exit with code 7.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    refuse: { type: 'string' },
    later: { type: 'string' },
    'later-times': { type: 'string', default: 'Infinity' },
    'ignore-sigterm': { type: 'boolean' },
    'ends-with-stdin': { type: 'boolean' },
    'ends-by': { type: 'string' },
    'clean-up': { type: 'string', default: '0' },
    chatter: { type: 'string' },
    'last-words': { type: 'string', default: 'farewell' },
  },
})

if (values['ignore-sigterm']) process.on('SIGTERM', () => {})
if (values['ends-with-stdin']) {
  process.stdin.resume().once('end', () => process.exit())
  // So that it is never up before it has seen that.
  await sleep(500)
}
if (values['ends-by'] !== undefined) {
  process.once(values['ends-by'], () => {
    setTimeout(() => {
      if (process.env['CLEANED'] !== undefined) writeFileSync(process.env['CLEANED'], 'cleaned up')
      process.exit()
    }, Number(values['clean-up']))
  })
}
if (values.chatter !== undefined) {
  const line = `${'x'.repeat(1_023)}\n`
  for (let bytes = 0; bytes < Number(values.chatter); bytes += line.length) process.stdout.write(line)
}

let accepted = 0
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(positionals[0]),
  verifyClient: (_request, decide) => decide(values.refuse === undefined, Number(values.refuse)),
})
server.on('connection', (socket) => {
  if (values.later !== undefined && ++accepted <= Number(values['later-times'])) {
    // As after a look at its database.
    setTimeout(() => socket.close(Number(values.later), 'warming up'), 10)
    return
  }
  socket.send(String(process.pid))
  socket.on('message', (text: Buffer) => {
    if (text.toString() !== 'die') return
    process.stderr.write(`${values['last-words']}\n`)
    process.exitCode = 7
    server.close()
    for (const client of server.clients) client.terminate()
  })
})
