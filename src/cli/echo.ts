import { once } from 'node:events'
import { Command } from 'commander'
import { WsLoadError } from '../errors.ts'
import type { RunningTarget } from '../server/command.ts'
import { startEmbedded } from '../server/embedded.ts'
import { interruptible } from './interrupt.ts'
import { aWholeNumber } from './parse.ts'

interface EchoFlags {
  readonly port: number
  readonly delay: number
}

/** `ws-load echo`: the embedded target, to be flooded from elsewhere. */
export const echoCommand: Command = new Command('echo')
  .summary('run an echo server to flood, until Ctrl-C')
  .description('Runs an echo server on 127.0.0.1 until Ctrl-C: it answers pings, and sends every message back.')
  .option('-p, --port <number>', 'port; 0 is any that is free', aWholeNumber(0, 65_535), 0)
  .option('--delay <milliseconds>', 'that each answer waits', aWholeNumber(0, 60_000), 0)
  .addHelpText('after', '\nExample:\n  ws-load echo --port 3001 --delay 5')
  .action(async ({ port, delay }: EchoFlags) => {
    const server = await startEmbedded(delay, port)
    // Whoever reads the URL may interrupt at once.
    const staying = interruptible((signal) => aborted(signal, server))
    process.stdout.write(`${server.url}\n`)
    await staying
    await server.stop()
  })

/** Resolves when the signal is aborted, and keeps this process until then. Rejects when the server ends before. */
async function aborted(signal: AbortSignal, server: RunningTarget): Promise<void> {
  const died = server.exited.then((how) => {
    throw new WsLoadError('WSLOAD_ERR_TARGET_EXITED', how)
  })
  const staying = setInterval(() => {}, 2 ** 30)
  await Promise.race([once(signal, 'abort'), died]).finally(() => clearInterval(staying))
}
