/** The servers whose every byte is their own: an opening handshake and frames on a bare socket. */
import { createHash } from 'node:crypto'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { noEvidence, seenHandshake, type Evidence, type Server } from './evidence.ts'
import { encodeFrame, FrameReader, opcodes, type Frame } from './frames.ts'
import { listen, type ListenOptions } from './listener.ts'
import type { Outlet } from './outlet.ts'

/** What one connection's server does otherwise than a plain echo. */
export interface Manner {
  /** The way bytes reach the socket; the socket itself by default. */
  outlet?: Outlet
  /** Whether the handshake's response goes through the outlet as well. */
  handshakeThroughOutlet?: boolean
  /** The handshake's response, given what the client expects as its `Sec-WebSocket-Accept`; a proper one by default. */
  respond?: (accept: string) => Buffer
  /** Bytes written together with the handshake's response, before it. */
  preamble?: Buffer
  /** Likewise, behind it. */
  opening?: Buffer
  opened?: () => void
  /** The answers to a frame of the client, each written by itself. */
  answer?: (frame: Required<Frame>) => Buffer[]
}

export interface BytesOptions extends ListenOptions {
  /** Leaves its half of TCP open when a client has ended the other one. @default false */
  allowHalfOpen?: boolean
}

export async function serveBytes(
  { allowHalfOpen = false, ...options }: BytesOptions,
  mannerOf: (socket: Socket, server: Server) => Manner,
): Promise<Server> {
  const evidence = noEvidence()
  const listener = await listen((tls) => {
    if (tls)
      return createTlsServer({ ...tls, noDelay: true, allowHalfOpen }, attend).on('tlsClientError', (error) =>
        evidence.errors.push(error),
      )
    return createTcpServer({ noDelay: true, allowHalfOpen }, attend)
  }, options)
  const server = Object.assign(listener, evidence)

  function attend(socket: Socket): void {
    const {
      outlet = socket,
      handshakeThroughOutlet = false,
      preamble = Buffer.alloc(0),
      respond,
      opening = Buffer.alloc(0),
      opened,
      answer = echoFrame,
    } = mannerOf(socket, server)
    const reader = new FrameReader()
    let head: Buffer = Buffer.alloc(0)
    let upgraded = false
    let code = 1006
    let reason = ''

    socket.on('data', (bytes: Buffer) => {
      if (upgraded) return answerFrames(bytes)
      head = Buffer.concat([head, bytes])
      const request = parseRequest(head)
      if (request === undefined) return
      upgraded = true
      const handshake = seenHandshake(request.path, request.headers, socket)
      handshake.protocol = request.headers['sec-websocket-protocol']?.split(',')[0]?.trim() ?? ''
      server.handshakes.push(handshake)
      const accept = acceptOf(request.headers['sec-websocket-key'] ?? '')
      const response = respond?.(accept) ?? switchingProtocols(accept, handshake.protocol)
      const way = handshakeThroughOutlet ? outlet : socket
      way.write(Buffer.concat([preamble, response, opening]))
      opened?.()
      answerFrames(request.rest)
    })
    socket.on('error', (error) => server.errors.push(error))
    socket.on('close', () => {
      if (upgraded) server.closes.push({ code, reason })
    })

    function answerFrames(bytes: Buffer): void {
      for (const frame of reader.read(bytes)) {
        recordFrame(frame, server)
        for (const reply of answer(frame)) outlet.write(reply)
        if (frame.opcode !== opcodes.close) continue
        code = frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE()
        reason = frame.payload.toString('utf8', 2)
        outlet.end()
      }
    }
  }

  return server
}

/** What a well-behaved echo server answers, frame by frame. */
export function echoFrame({ opcode, payload, fin }: Required<Frame>): Buffer[] {
  if (opcode === opcodes.pong) return []
  return [encodeFrame({ opcode: opcode === opcodes.ping ? opcodes.pong : opcode, payload, fin })]
}

function recordFrame({ opcode, payload, masked, rsv }: Required<Frame>, evidence: Evidence): void {
  if (!masked) evidence.errors.push(new Error('A frame of the client is not masked'))
  if (rsv !== 0) evidence.errors.push(new Error('A frame of the client has reserved bits set'))
  if (opcode === opcodes.ping) {
    evidence.pings++
    evidence.pingSizes.push(payload.length)
  } else if (opcode === opcodes.pong) {
    evidence.pongs++
  } else if (opcode === opcodes.text || opcode === opcodes.binary) {
    evidence.messages++
    evidence.messageSizes.push(payload.length)
  }
}

interface Request {
  readonly path: string
  readonly headers: Record<string, string>
  readonly rest: Buffer
}

function parseRequest(bytes: Buffer): Request | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [requestLine, ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
    }),
  )
  return { path: requestLine!.split(' ')[1] ?? '', headers, rest: bytes.subarray(end + 4) }
}

/** @see RFC 6455 section 4.2.2 */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** What a handshake is answered with. */
export function switchingProtocols(accept: string, protocol = ''): Buffer {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** The same, agreeing to compression. @see RFC 7692 */
export function compressing(accept: string): Buffer {
  const agreed = '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'
  return Buffer.from(switchingProtocols(accept).toString('latin1').replace('\r\n\r\n', agreed), 'latin1')
}
