import { WsLoadError } from '../errors.ts'
import type { RunningTarget } from './command.ts'
import { Program } from './program.ts'

/**
 * Starts an echo server on 127.0.0.1 in a process of its own, for a run without a target.
 * @param delay milliseconds that each answer waits
 * @param port 0 for any that is free
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_EXITED` when that process ends before it listens
 */
export async function startEmbedded(delay = 0, port = 0): Promise<RunningTarget> {
  const server = new Program('echo-server', [String(port), String(delay)])
  const exited = server.ended.then((how) => `The embedded echo server ${how}. ${server.lastWords()}`)
  const listening = await new Promise<number>((resolve, reject) => {
    server.process.once('message', (message: { port: number }) => resolve(message.port))
    void exited.then((message) => reject(new WsLoadError('WSLOAD_ERR_TARGET_EXITED', message)))
  })
  server.unref()
  return { url: `ws://127.0.0.1:${listening}`, reused: false, exited, stop: () => server.stop().then(() => undefined) }
}
