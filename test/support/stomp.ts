/** Servers of STOMP that take everything. */
import type { WebSocket } from 'ws'
import { frame, frameHead, readFrame } from '../../src/protocols/stomp-frame.ts'
import { answering } from './answers.ts'
import { serveWebSockets, type WsServer } from './ws-server.ts'

export interface ReceiptOptions {
  /** Characters of a WebSocket message. @default all of an answer */
  readonly every?: number
  /** @default '\n' */
  readonly lineEnd?: '\n' | '\r\n'
  /** What it says of its heart-beats, of which it sends none. @default '0,0' */
  readonly heartBeat?: string
}

/** Greets who connects, and gives the receipts that are asked for. */
export function receipting({
  every = Infinity,
  lineEnd = '\n',
  heartBeat = '0,0',
}: ReceiptOptions = {}): Promise<WsServer> {
  return answering((message, send) => {
    const { command, headers } = readFrame(message)!
    const answers: string[] = []
    if (command === 'CONNECT') answers.push(frame('CONNECTED', { version: '1.2', 'heart-beat': heartBeat }))
    const receipt = headers.get('receipt')
    if (receipt !== undefined) answers.push(frame('RECEIPT', { 'receipt-id': receipt }))
    const text = answers.map((answer) => `${answer}\n`.replaceAll('\n', lineEnd)).join('')
    for (let at = 0; at < text.length; at += every) send(text.slice(at, at + every))
  })
}

/**
 * Takes its time for the receipt of a subscription, and sends whoever is silent meanwhile away.
 * @param bears milliseconds of silence
 * @param receiptAfter milliseconds
 */
export function subscribingSlowly({ bears = 1_000, receiptAfter = 1_500 } = {}): Promise<WsServer> {
  return serveWebSockets({}, (socket) => {
    let silence: NodeJS.Timeout | undefined
    socket.on('message', (data: Buffer) => {
      clearTimeout(silence)
      silence = setTimeout(() => socket.close(4000, 'nothing came'), bears)
      const { command, headers } = readFrame(data.toString()) ?? { headers: new Map<string, string>() }
      if (command === 'CONNECT') socket.send(frame('CONNECTED', { version: '1.2', 'heart-beat': '0,100' }))
      const receipt = headers.get('receipt')
      if (receipt === undefined) return
      const give = (): void => socket.send(frame('RECEIPT', { 'receipt-id': receipt }))
      if (command === 'SUBSCRIBE') setTimeout(give, receiptAfter)
      else give()
    })
    socket.on('close', () => clearTimeout(silence))
  })
}

/**
 * Passes what is sent to `/app/…` on to those who have subscribed to `/topic/…`, as Spring's simple broker does, which gives no
 * receipts for subscriptions.
 */
export async function relaying(): Promise<WsServer> {
  const members = new Map<string, Set<WebSocket>>()
  return serveWebSockets({}, (socket) => {
    socket.on('message', (data: Buffer) => {
      const { command, headers, body } = readFrame(data.toString())!
      const destination = headers.get('destination')?.replace('/app/', '/topic/') ?? ''
      if (command === 'CONNECT') socket.send(frame('CONNECTED', { version: '1.2' }))
      if (command === 'SUBSCRIBE') members.set(destination, (members.get(destination) ?? new Set()).add(socket))
      if (command !== 'SEND') return
      const message = `${frameHead('MESSAGE', { destination, subscription: '0', 'message-id': '1' })}${body}\0`
      for (const member of members.get(destination) ?? []) member.send(message)
    })
    socket.on('close', () => members.forEach((those) => those.delete(socket)))
  })
}
