/** What every server of the tests stands on: a port of its own on loopback, and no socket left when it is disposed of. */
import { once } from 'node:events'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import type { SecureVersion, TlsOptions } from 'node:tls'
import { certificates } from './certificates.ts'

export interface ListenOptions {
  /** @default '127.0.0.1' */
  host?: string
  /** @default 0, any free port */
  port?: number
  /** `true` for a valid certificate of our own authority. */
  tls?: boolean | TlsCharacter
}

export interface TlsCharacter {
  certificate?: 'valid' | 'expired' | 'misnamed' | 'selfSigned'
  demandClientCertificate?: boolean
  maxVersion?: SecureVersion
}

export interface Listener extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** TCP connections that are open now. */
  connections(): number
  /** TCP connections accepted so far. */
  readonly accepted: number
  /** The most TCP connections that were open at once. */
  readonly peak: number
  /** Aborted when the server is disposed of. */
  readonly disposal: AbortSignal
  /** Ends a connection, of TLS too, with a TCP reset. */
  reset(socket: Socket): void
  /** Reads what nobody reads any more, and ends what is left half open: what then stays open, its client has not ended. */
  release(): void
}

export async function listen(
  build: (tls: TlsOptions | undefined) => NetServer,
  options: ListenOptions,
): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, tls = false } = options
  const server = build(tls === false ? undefined : await tlsOptions(tls === true ? {} : tls))
  const disposal = new AbortController()
  const sockets = new Set<Socket>()
  /** The same connections, where they speak TLS. */
  const secured = new Set<Socket>()
  let accepted = 0
  let peak = 0

  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    peak = Math.max(peak, sockets.size)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: Socket) => {
    secured.add(socket)
    socket.once('close', () => secured.delete(socket))
  })
  server.listen({ host, port, backlog: 4096 })
  await once(server, 'listening')

  const { port: taken } = server.address() as AddressInfo
  return {
    url: `${tls === false ? 'ws' : 'wss'}://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    port: taken,
    connections: () => sockets.size,
    get accepted() {
      return accepted
    },
    get peak() {
      return peak
    },
    disposal: disposal.signal,
    reset({ remoteAddress, remotePort }) {
      for (const socket of sockets) {
        if (socket.remotePort === remotePort && socket.remoteAddress === remoteAddress) socket.resetAndDestroy()
      }
    },
    release() {
      for (const socket of tls === false ? sockets : secured) {
        if (socket.isPaused()) socket.resume()
        if (socket.readableEnded) socket.end()
        else socket.once('end', () => socket.end())
      }
    },
    async [Symbol.asyncDispose]() {
      if (disposal.signal.aborted) return
      disposal.abort()
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function tlsOptions({
  certificate = 'valid',
  demandClientCertificate = false,
  maxVersion = 'TLSv1.3',
}: TlsCharacter): Promise<TlsOptions> {
  const made = await certificates()
  return {
    ...made[certificate],
    maxVersion,
    ...(demandClientCertificate && { ca: made.ca, requestCert: true }),
  }
}
