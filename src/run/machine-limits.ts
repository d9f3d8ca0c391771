import { readdirSync, readFileSync } from 'node:fs'
import { WsLoadError } from '../errors.ts'
import { formatCount } from '../units.ts'
import type { ResolvedOptions } from '../options/options.ts'

/** File descriptors that a run needs besides its sockets. */
const filesBesidesSockets = 32
/** By how much the advised limit of file descriptors is above the number of connections. */
const advisedSpareFiles = 1_000

/** What this machine allows one process; a limit that it does not tell is Infinity. */
export interface MachineLimits {
  /** File descriptors that are still free. */
  readonly freeFiles: number
  /** Ephemeral ports, so connections from one source address to one target. */
  readonly ports: number
}

/** Reads the limits of this process. Node has raised the soft limit of file descriptors to the hard one. */
export function readMachineLimits(): MachineLimits {
  const files = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1]
  const [first, last] = read('/proc/sys/net/ipv4/ip_local_port_range').split(/\s+/).map(Number)
  return {
    freeFiles: files === undefined ? Infinity : Number(files) - readdirSync('/proc/self/fd').length,
    ports: first! > 0 && last! > 0 ? last! - first! + 1 : Infinity,
  }
}

/**
 * Says before a run starts what the machine will not allow.
 * @throws {WsLoadError} `WSLOAD_ERR_MACHINE_LIMIT` with each limit and the setting to change
 */
export function checkMachineLimits(
  { connections, localAddresses }: Pick<ResolvedOptions, 'connections' | 'localAddresses'>,
  { freeFiles, ports }: MachineLimits = readMachineLimits(),
): void {
  const addresses = Math.max(1, localAddresses.length)
  const problems: string[] = []
  if (connections + filesBesidesSockets > freeFiles) {
    problems.push(
      `${formatCount(connections)} connections need as many file descriptors, this process has ${formatCount(freeFiles)} left: ` +
        `raise the limit (ulimit -n ${connections + advisedSpareFiles} before the run, LimitNOFILE= of a service, --ulimit nofile= of a container)`,
    )
  }
  if (connections > ports * addresses) {
    problems.push(
      `${formatCount(connections)} connections to one port need ${formatCount(Math.ceil(connections / ports))} source addresses ` +
        `with ${formatCount(ports)} ephemeral ports each, there ${addresses === 1 ? 'is 1' : `are ${addresses}`}: give more ` +
        `localAddresses (on loopback 127.0.0.2, 127.0.0.3, …) or widen net.ipv4.ip_local_port_range`,
    )
  }
  if (problems.length === 0) return
  throw new WsLoadError(
    'WSLOAD_ERR_MACHINE_LIMIT',
    `wsLoad: this machine does not allow the run\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
