/**
 * A PollClock in a process of its own, whose loop waits for timers and reads what comes from the port of 127.0.0.1 that it
 * is given: `node clock-program.ts PORT`. Writes the bounds of each read there, on a line: `FLOOR CEILING`, nanoseconds of
 * the clock that all processes share.
 */
import { connect } from 'node:net'
import { PollClock } from '../../src/generator/poll-clock.ts'

const clock = new PollClock()
const origin = Number(process.hrtime.bigint()) - performance.now() * 1e6
const socket = connect({ port: Number(process.argv[2]), host: '127.0.0.1', noDelay: true })
socket.on('data', () => {
  clock.stamp()
  socket.write(`${origin + clock.floor * 1e6} ${origin + clock.ceiling * 1e6}\n`)
})
socket.on('close', () => process.exit())
setInterval(() => clock.update(), 1)
