/**
 * A program that starts a target, as a test runner does: `node target-parent.ts COMMAND URL`. It says `up` over IPC, and
 * then ends in the way it is told to, or endures a Ctrl-C.
 */
import { startTarget } from '../../src/server/command.ts'
import { targetOf } from './target.ts'

const [command, url] = process.argv.slice(2) as [string, string]
await startTarget(targetOf({ command, url }))
process.on('message', (way) => {
  if (way === 'return') process.disconnect()
  else if (way === 'exit') process.exit()
  else if (way === 'endure') process.on('SIGINT', () => process.send?.('interrupted')).send?.('enduring')
  else throw new Error('A crash, as ordered.')
})
process.send?.('up')
