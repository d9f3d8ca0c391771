/** MQTT's codec, of its makers: it is loaded when it is needed, and need not be there otherwise. */
import { createRequire } from 'node:module'
import type * as Codec from 'mqtt-packet'
import type { Packet, Parser } from 'mqtt-packet'
import type { ProbeMessage } from '../wire/probe-message.ts'

export type PacketOf<Command> = Extract<Packet, { cmd: Command }>

interface Version {
  readonly protocolVersion: 4 | 5
}

const name = 'mqtt-packet'
const require = createRequire(import.meta.url)

/** What is said where it is not {@link installed}. */
export const missing = `expected the package ${name} to be installed; try npm i -D ${name}`

const [continues, valueOf7Bits] = [0x80, 0x7f]
/** Bytes of a packet's length at most. @see MQTT 5.0 section 1.5.5 */
const mostLengthBytes = 4
const shownBytes = 20

export function installed(): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

export function writePacket(packet: Packet, version: Version): Buffer {
  return codec().generate(packet, version)
}

const readers = new Map<Version['protocolVersion'], (packet: Buffer) => Packet>()

/**
 * Reads a packet.
 * @throws {Error} if it is none
 */
export function readPacket(message: ProbeMessage, { protocolVersion }: Version): Packet {
  if (typeof message === 'string') throw new Error('expected a packet of MQTT in binary, got a text')
  if (packetLength(message) !== message.length) throw new Error(`expected a packet of MQTT, got ${show(message)}`)
  let read = readers.get(protocolVersion)
  if (read === undefined) readers.set(protocolVersion, (read = readerOf(protocolVersion)))
  try {
    return read(Buffer.from(message.buffer, message.byteOffset, message.byteLength))
  } catch (error) {
    // It would begin in the midst of the next packet, whichever connection that is of.
    readers.delete(protocolVersion)
    throw error
  }
}

/** How many bytes the first packet in these has: 0 if that cannot be told yet. */
export function packetLength(bytes: Uint8Array): number {
  let length = 0
  for (let nth = 1; nth <= mostLengthBytes; nth++) {
    const byte = bytes[nth]
    if (byte === undefined) return 0
    length += (byte & valueOf7Bits) * 2 ** (7 * (nth - 1))
    if ((byte & continues) === 0) return 1 + nth + length
  }
  throw new Error(`expected a packet of MQTT, got ${show(bytes)}`)
}

/** The beginning of bytes, in hexadecimal. */
function show(bytes: Uint8Array): string {
  return `${bytes.length} bytes: ${Buffer.from(bytes.subarray(0, shownBytes)).toString('hex')}${bytes.length > shownBytes ? '…' : ''}`
}

function codec(): typeof Codec {
  return require(name) as typeof Codec
}

function readerOf(protocolVersion: Version['protocolVersion']): (packet: Buffer) => Packet {
  const parser: Parser = codec().parser({ protocolVersion })
  let read: Packet | undefined
  parser.on('packet', (packet: Packet) => (read = packet))
  parser.on('error', (error: Error) => {
    throw error
  })
  return (packet) => {
    read = undefined
    parser.parse(packet)
    if (read === undefined) throw new Error(`expected a packet of MQTT, got ${show(packet)}`)
    return read
  }
}
