/** A server of packets, a length and so many bytes, that come in WebSocket messages however they like (as MQTT 5 section 6.0 has it). */
import { serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface PacketOptions extends ServeOptions {
  /** Cuts what it sends every so many bytes, each piece a WebSocket message of its own. */
  readonly every?: number
  /** Sends texts, whose bytes are ASCII. @default binaries */
  readonly asText?: boolean
}

export type PacketServer = WsServer & {
  /** What was said besides `hello` and numbers. */
  readonly heard: string[]
}

/** A packet of a text of up to 99 ASCII characters: two digits, then the text. */
function packet(text: string): Buffer {
  return Buffer.from(`${String(text.length).padStart(2, '0')}${text}`)
}

/** Greets who says `hello` in two packets, and says numbers back behind two packets of its own. */
export async function packets({ every, asText = false, ...options }: PacketOptions = {}): Promise<PacketServer> {
  const heard: string[] = []
  const server = await serveWebSockets(options, (socket) => {
    socket.on('message', (payload: Buffer) => {
      const text = String(payload).slice(2)
      if (text === 'hello') send('who is there?', 'welcome', 'beat')
      else if (/^\d+$/.test(text)) send('beat', 'more news', text)
      else heard.push(text)
    })

    function send(...texts: string[]): void {
      const bytes = Buffer.concat(texts.map(packet))
      for (let at = 0; at < bytes.length; at += every ?? bytes.length) {
        const piece = bytes.subarray(at, at + (every ?? bytes.length))
        socket.send(asText ? piece.toString() : piece)
      }
    }
  })
  return Object.assign(server, { heard })
}
