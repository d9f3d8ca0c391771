import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ThreadPlan } from './thread-plan.ts'

/** What `ws` wants of a socket: where to connect to. */
export type SocketAddress = object & { readonly host?: string; readonly servername?: string }

/** Begins to connect one of a thread's sockets, whose bytes come through `onread`, a buffer that others may share. */
export function openSocket(plan: ThreadPlan, index: number, address: SocketAddress, onread: OnReadOpts): Socket {
  const localAddress = plan.localAddresses[index % plan.localAddresses.length]
  const common = {
    ...address,
    ...(localAddress !== undefined && { localAddress }),
    noDelay: true,
    onread,
    path: undefined,
  }
  if (!plan.url.startsWith('wss:')) return connectTcp(common as never)
  const servername = address.servername ?? (isIP(address.host ?? '') ? '' : address.host)
  return connectTls({ ...common, servername, ...plan.tls, path: undefined } as never)
}
