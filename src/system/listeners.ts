import { execFileSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { readIfThere } from './read-file.ts'

/** Who listens at a TCP port of this machine. */
export interface Listeners {
  /** Whether anybody does. */
  readonly areThere: boolean
  /** Process ids; those of other users are missing where this one may not look into them. */
  readonly pids: readonly number[]
}

interface ListeningSocket {
  /** As the system writes it: 32 bits at a time, their lowest byte first, in hexadecimal. */
  readonly address: string
  readonly inode: string
}

const listening = '0A'
/** What is listened at that is listened at for every address. */
const everyAddress = new Set(['0'.repeat(8), '0'.repeat(32)])

/** Whether a host of a URL is this machine itself, as far as it can be told without asking a name server. */
export function isThisMachine(host: string): boolean {
  const address = host.replaceAll(/[[\]]/g, '')
  if (/^(127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0|::|(.+\.)?localhost)$/i.test(address)) return true
  return Object.values(networkInterfaces()).some((own) => own?.some((one) => one.address === address))
}

/** The processes that listen at a port of this machine. @param host of the URL by which they are reached */
export function listenersAt(host: string, port: number): Listeners {
  if (process.platform !== 'linux') return parseLsof(lsof(port))
  const sockets = ['tcp', 'tcp6'].flatMap((table) => parseSockets(readIfThere(`/proc/net/${table}`), port))
  const inodes = new Set(socketsFor(host, sockets).map(({ inode }) => inode))
  return { areThere: inodes.size > 0, pids: inodes.size > 0 ? holdersOf(inodes) : [] }
}

/** Reads what /proc/net/tcp and its like list: those that listen at a port. @see proc_pid_net(5) */
export function parseSockets(table: string, port: number): ListeningSocket[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const [address = '', ofPort] = local.split(':')
    return state === listening && ofPort === hexadecimal ? [{ address, inode }] : []
  })
}

/** Those of several at one port that a connection to a host reaches: one at its very address goes before those at every address. */
export function socketsFor(host: string, sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const address = asListed(host)
  // A name may stand for addresses of both kinds.
  if (address === undefined) return [...sockets]
  const exact = sockets.filter((socket) => socket.address.endsWith(address) && !everyAddress.has(socket.address))
  return exact.length > 0 ? exact : sockets.filter((socket) => everyAddress.has(socket.address))
}

/** An address as {@link ListeningSocket} has it, of version 4 also the end of one that is mapped to version 6. */
function asListed(host: string): string | undefined {
  if (host === '[::1]') return `${'0'.repeat(24)}01000000`
  const [, ...bytes] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host) ?? []
  if (bytes.length === 0 || host === '0.0.0.0') return undefined
  return bytes
    .toReversed()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

/** The processes that hold one of these sockets. */
function holdersOf(inodes: ReadonlySet<string>): number[] {
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`))
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => filesOf(pid).some((file) => wanted.has(targetOf(`/proc/${pid}/fd/${file}`))))
    .map(Number)
}

function filesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return []
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

function lsof(port: number): string {
  try {
    return execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return ''
  }
}

/** Reads what `lsof -t` prints: a process id a line. */
function parseLsof(list: string): Listeners {
  const pids = [...list.matchAll(/^\d+$/gm)].map(Number)
  return { areThere: pids.length > 0, pids }
}
