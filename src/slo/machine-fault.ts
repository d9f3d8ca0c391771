import type { LoadResult } from '../result/load-result.ts'
import { sum } from '../statistics/sum.ts'
import { formatCount } from '../units.ts'

/** Faults that a limit of the generator's own machine causes, by Node's code: what there was none of, and the setting to change. */
const limits: Readonly<Record<string, string>> = {
  EMFILE:
    'this process had no file descriptor left: raise its limit (ulimit -n, LimitNOFILE= of a service, --ulimit nofile= of a container)',
  ENFILE: 'this machine had no file descriptor left: raise fs.file-max',
  EADDRNOTAVAIL:
    'this machine had no such local address, or no free port at it: give localAddresses that it has, more of them, or widen net.ipv4.ip_local_port_range',
  EADDRINUSE: 'this machine had no free local port: give more localAddresses, or widen net.ipv4.ip_local_port_range',
  EAGAIN: 'this machine had no free local port: give more localAddresses, or widen net.ipv4.ip_local_port_range',
  ENOBUFS: 'the system had no memory for sockets left: take fewer connections, or raise net.ipv4.tcp_mem',
  ENOMEM: 'the system had no memory left: take fewer connections, or give it, or the container, more',
  ERR_ACCESS_DENIED: 'Node runs with --permission: add --allow-net',
}

/** Those of them that an open connection can have too. */
const alsoOfOpenConnections = ['ENOBUFS', 'ENOMEM']

/** Connections that a limit of this machine kept from opening, or ended; of both, at most so many. */
export function countMachineFaults({ errors, connections }: LoadResult): { failed: number; closedEarly: number } {
  const count = (codes: readonly string[]): number =>
    sum(codes.map((code) => (Object.hasOwn(errors, code) ? errors[code]!.count : 0)))
  return {
    failed: Math.min(connections.failed + connections.failedReconnects, count(Object.keys(limits))),
    closedEarly: Math.min(connections.closedEarly, count(alsoOfOpenConnections)),
  }
}

/** What this machine did not allow, and the setting to change; nothing if it allowed all. */
export function describeMachineFaults({ errors }: Pick<LoadResult, 'errors'>): string[] {
  return Object.entries(limits)
    .filter(([code]) => Object.hasOwn(errors, code))
    .map(([code, cure]) => `not the server's doing: ${code} × ${formatCount(errors[code]!.count)}, ${cure}`)
}
