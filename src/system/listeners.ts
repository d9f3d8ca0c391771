import { execFileSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
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
const everyAddress = { version4: '0'.repeat(8), version6: '0'.repeat(32) }
/** How an address of version 4 begins that is mapped to version 6. */
const mappedPrefix = `${'0'.repeat(16)}FFFF0000`

/** Whether a host of a URL is this machine itself, as far as it can be told without asking a name server. */
export function isThisMachine(host: string): boolean {
  const address = withoutBrackets(host)
  if (/^::ffff:(7f[\da-f]{2}:|127\.)/i.test(address) || address === hostname()) return true
  if (/^(127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0|::|(.+\.)?localhost)$/i.test(address)) return true
  return Object.values(networkInterfaces()).some((own) => own?.some((one) => one.address === address))
}

/** The processes that listen at a port of this machine. @param host of the URL by which they are reached */
export function listenersAt(host: string, port: number): Listeners {
  if (process.platform !== 'linux') return parseLsof(lsof(port))
  const ofVersion4 = parseSockets(readIfThere('/proc/net/tcp'), port)
  const isFound = isIP(host) === 4 && socketsFor(host, ofVersion4).length > 0
  // The kernel takes milliseconds to list all connections of either version.
  const ofVersion6 = isFound ? [] : parseSockets(readIfThere('/proc/net/tcp6'), port)
  const inodes = new Set(socketsFor(host, [...ofVersion4, ...ofVersion6]).map(({ inode }) => inode))
  return { areThere: inodes.size > 0, pids: inodes.size > 0 ? holdersOf(inodes) : [] }
}

/** Reads what /proc/net/tcp and its like list: those that listen at a port. @see proc_pid_net(5) */
export function parseSockets(table: string, port: number): ListeningSocket[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0')
  const line = new RegExp(`^ *\\d+: ([\\dA-F]+):${hexadecimal} \\S+ ${listening} (?:\\S+ +){5}(\\d+)`, 'gm')
  return [...table.matchAll(line)].map(([, address, inode]) => ({ address: address!, inode: inode! }))
}

/** Those of several at one port that a connection to a host reaches: one at its very address goes before those at every address. */
export function socketsFor(host: string, sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const address = withoutBrackets(host)
  if (/(^|\.)localhost$/.test(address))
    return [...new Set(['127.0.0.1', '::1'].flatMap((one) => socketsAt(one, sockets)))]
  return isIP(address) === 0 ? [...sockets] : socketsAt(address, sockets)
}

function socketsAt(address: string, sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const listed = asListed(address)
  const isVersion4 = listed.length === everyAddress.version4.length
  const exact = sockets.filter((socket) => [listed, mappedPrefix + listed].includes(socket.address))
  if (exact.length > 0) return exact
  const at = (every: string): ListeningSocket[] => sockets.filter((socket) => socket.address === every)
  // One at every address of version 6 takes those of version 4 as well, unless there is one for these.
  const ofVersion4 = isVersion4 ? at(everyAddress.version4) : []
  return ofVersion4.length > 0 ? ofVersion4 : at(everyAddress.version6)
}

/** An address as {@link ListeningSocket} has it, one of version 4 that is mapped to version 6 as itself. */
function asListed(address: string): string {
  const bytes = isIP(address) === 4 ? address.split('.').map(Number) : bytesOf(address)
  const words = Array.from({ length: bytes.length / 4 }, (_, nth) => bytes.slice(4 * nth, 4 * nth + 4).toReversed())
  const listed = words.flat().map(inHexadecimal).join('')
  return listed.startsWith(mappedPrefix) ? listed.slice(mappedPrefix.length) : listed
}

/** The 16 bytes of an address of version 6, as URLs have it. */
function bytesOf(address: string): number[] {
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [before = '', after = ''] = address.split('::')
  const [first, last] = [groups(before), groups(after)]
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => 0)
  return [...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff])
}

function inHexadecimal(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function withoutBrackets(host: string): string {
  return host.replaceAll(/[[\]]/g, '')
}

/** The processes that hold one of these sockets; this one alone if it is among them. */
function holdersOf(inodes: ReadonlySet<string>): number[] {
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`))
  const holds = (pid: string): boolean => filesOf(pid).some((file) => wanted.has(targetOf(`/proc/${pid}/fd/${file}`)))
  // Where it is this very process, as in many a test, nobody has to look into the others.
  if (holds('self')) return [process.pid]
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter(holds)
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
