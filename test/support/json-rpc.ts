/** Servers of JSON-RPC 2.0, by rpc-websockets. */
import type { AddressInfo } from 'node:net'
import { Server } from 'rpc-websockets'

export interface RPCServer extends AsyncDisposable {
  readonly url: string
  /** Parameters of the calls that were answered. */
  readonly calls: unknown[]
  connections(): number
  /** Says something unasked to everybody. */
  notify(): void
}

/** Knows `echo`, which says its parameters back, `fail`, and `secret`, which asks for `rpc.login` with the token. */
export async function callable(): Promise<RPCServer> {
  const server = new Server({ host: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => server.on('listening', resolve))
  const calls: unknown[] = []
  server.register('echo', (params) => {
    calls.push(params)
    return params
  })
  server.register('fail', () => {
    throw new Error('out of tea')
  })
  server.register('secret', () => 42).protected()
  server.setAuth(async (params) => (params as { token?: string }).token === 'letmein')
  server.event('news')
  return {
    url: `ws://127.0.0.1:${(server.wss.address() as AddressInfo).port}`,
    calls,
    connections: () => server.wss.clients.size,
    notify: () => server.emit('news', { at: 1 }),
    async [Symbol.asyncDispose]() {
      await server.close()
    },
  }
}
