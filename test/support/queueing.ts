import { type QueueingOptions, startQueueingServer } from '../../bench/control/queueing-server.ts'

/** A server of known capacity, in a process of its own. */
export async function queueing(options: QueueingOptions): Promise<AsyncDisposable & { readonly url: string }> {
  const server = await startQueueingServer(options)
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      server.stop()
    },
  }
}
