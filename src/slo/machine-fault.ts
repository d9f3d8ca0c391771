import type { LoadResult } from '../result/load-result.ts'
import { sum } from '../statistics/sum.ts'
import { formatCount } from '../units.ts'

/** Whose limits they are, and where more addresses are given to it. */
interface Generator {
  readonly process: string
  readonly machine: string
  readonly addresses: string
}

const here: Generator = { process: 'this process', machine: 'this machine', addresses: 'localAddresses' }
const elsewhere: Generator = {
  process: 'an agent',
  machine: 'the machine of an agent',
  addresses: 'addresses (--local-address of ws-load agent)',
}

/** Faults that a limit of the generator's own machine causes, by Node's code: what there was none of, and the setting to change. */
const limits: Readonly<Record<string, (of: Generator) => string>> = {
  EMFILE: ({ process }) =>
    `${process} had no file descriptor left: raise its limit (ulimit -n, LimitNOFILE= of a service, --ulimit nofile= of a container)`,
  ENFILE: ({ machine }) => `${machine} had no file descriptor left: raise fs.file-max`,
  EADDRNOTAVAIL: ({ machine, addresses }) =>
    `${machine} had no such local address, or no free port at it: give ${addresses} that it has, more of them, or widen net.ipv4.ip_local_port_range`,
  EADDRINUSE: outOfPorts,
  EAGAIN: outOfPorts,
  ENOBUFS: ({ machine }) =>
    `${machine} had no memory for sockets left: take fewer connections, or raise net.ipv4.tcp_mem`,
  ENOMEM: ({ machine }) => `${machine} had no memory left: take fewer connections, or give it, or the container, more`,
  ERR_ACCESS_DENIED: () => 'Node runs with --permission: add --allow-net',
}

function outOfPorts({ machine, addresses }: Generator): string {
  return `${machine} had no free local port: give more ${addresses}, or widen net.ipv4.ip_local_port_range`
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

/** What the generator's machine did not allow, and the setting to change; nothing if it allowed all. */
export function describeMachineFaults({ errors, machines }: Pick<LoadResult, 'errors' | 'machines'>): string[] {
  const generator = machines === undefined ? here : elsewhere
  return Object.entries(limits)
    .filter(([code]) => Object.hasOwn(errors, code))
    .map(
      ([code, cureFor]) =>
        `not the server's doing: ${code} × ${formatCount(errors[code]!.count)}, ${cureFor(generator)}`,
    )
}
