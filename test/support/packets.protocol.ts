/** Who speaks in packets, whole ones each. */
import { defineProtocol, type ProbeMessage } from '../../src/wire/protocol.ts'

const header = 2

function packet(text: string): string {
  return `${String(text.length).padStart(header, '0')}${text}`
}

function textOf(message: ProbeMessage): string {
  const text = typeof message === 'string' ? message : Buffer.from(message).toString()
  if (Number(text.slice(0, header)) !== text.length - header) throw new Error(`no whole packet: ${text}`)
  return text.slice(header)
}

export default defineProtocol({
  split: (bytes) => (bytes.length < header ? 0 : header + (bytes[0]! - 48) * 10 + bytes[1]! - 48),
  async session({ send, receive }) {
    send(packet('hello'))
    await receive((message) => textOf(message) === 'welcome')
  },
  message(message, { connection }) {
    connection.send(packet(`${typeof message} ${textOf(message)}`))
  },
  request: (id) => packet(String(id)),
  reply: (message) => Number(textOf(message)),
})
