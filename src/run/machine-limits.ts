import { readdirSync, readFileSync } from 'node:fs'
import { WsLoadError } from '../errors.ts'
import { formatCount } from '../units.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import { sum } from '../statistics/sum.ts'

/** File descriptors that a run needs besides its sockets. */
const filesBesidesSockets = 32
/** Those that a load thread needs besides its sockets: its event loop's, and one of what it reads now and then. */
const filesOfThread = 6
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

/** Connections of one thread, and where they go to. */
type OpenedByThread = Pick<ThreadPlan, 'connections' | 'url' | 'localAddresses'>

/**
 * Says before a run starts what the machine will not allow.
 * @param threads of this process
 * @throws {WsLoadError} `WSLOAD_ERR_MACHINE_LIMIT` with each limit and the setting to change
 */
export function checkMachineLimits(
  { opened, threads }: { readonly opened: readonly OpenedByThread[]; readonly threads: number },
  { freeFiles, ports }: MachineLimits = readMachineLimits(),
): void {
  const connections = connectionsOf(opened)
  const isBound = opened.some(({ localAddresses }) => localAddresses.length > 0)
  const sharingPorts = isBound ? connections : mostToOneServer(opened)
  const addresses = Math.max(1, new Set(opened.flatMap(({ localAddresses }) => localAddresses)).size)
  const problems: string[] = []
  const filesOfThreads = threads * filesOfThread
  if (connections + filesOfThreads + filesBesidesSockets > freeFiles) {
    problems.push(
      `${formatCount(connections)} connections need as many file descriptors, and ${formatCount(threads)} load ` +
        `${threads === 1 ? 'thread' : 'threads'} ${formatCount(filesOfThreads)}, and ${filesBesidesSockets} are for what else a run does; this process has ${formatCount(freeFiles)} left: ` +
        `raise the limit (ulimit -n ${connections + filesOfThreads + advisedSpareFiles} before the run, LimitNOFILE= of a service, --ulimit nofile= of a container)`,
    )
  }
  if (sharingPorts > ports * addresses) {
    problems.push(
      `${formatCount(sharingPorts)} connections${isBound ? '' : ' to one server'} need ${formatCount(Math.ceil(sharingPorts / ports))} source addresses ` +
        `with ${formatCount(ports)} ephemeral ports each, there ${addresses === 1 ? 'is 1' : `are ${addresses}`}: give more ` +
        `localAddresses (on loopback 127.0.0.2, 127.0.0.3, …; an agent's own are its --local-address) or widen net.ipv4.ip_local_port_range`,
    )
  }
  if (problems.length === 0) return
  throw new WsLoadError(
    'WSLOAD_ERR_MACHINE_LIMIT',
    `wsLoad: this machine does not allow the run\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  )
}

function connectionsOf(opened: readonly OpenedByThread[]): number {
  return sum(opened.map(({ connections }) => connections))
}

/**
 * How many connections need ports of their own: those to one server, a port may be used once towards each. A socket that is bound to an
 * address takes its port before it is known where it goes to.
 */
function mostToOneServer(opened: readonly OpenedByThread[]): number {
  const byServer = Map.groupBy(opened, ({ url }) => new URL(url).origin)
  return Math.max(...[...byServer.values()].map(connectionsOf))
}

/** What a system says when it starts no thread, and the setting to change. */
const limitsOfThreads: Readonly<Record<string, string>> = {
  EMFILE: 'this process has no file descriptor left: raise the limit (ulimit -n before the run)',
  EAGAIN:
    'this user, service or container may have no more threads: raise the limit (ulimit -u, TasksMax= of a service, --pids-limit of a container), or take fewer threads',
  ENOMEM: 'there is no memory left for its stack: take fewer threads, or give the process more memory',
}

/** The error of a load thread that this machine did not start; `undefined` of any other error. */
export function threadNotAllowed(error: NodeJS.ErrnoException): WsLoadError | undefined {
  // Without a file left its modules cannot be read either.
  const isOutOfFiles = /\bEMFILE\b|too many open files/.test(error.message)
  if (error.code !== 'ERR_WORKER_INIT_FAILED' && !isOutOfFiles) return undefined
  const code = isOutOfFiles ? 'EMFILE' : (/\bE[A-Z]+$/.exec(error.message)?.[0] ?? error.message)
  const cure = limitsOfThreads[code] ?? 'take fewer threads'
  return new WsLoadError(
    'WSLOAD_ERR_MACHINE_LIMIT',
    `wsLoad: this machine does not allow the run\n  a load thread could not be started (${code}): ${cure}`,
    { cause: error },
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
