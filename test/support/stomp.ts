/** A server of STOMP that takes everything. */
import { frame, readFrame } from '../../src/protocols/stomp-frame.ts'
import { answering } from './answers.ts'
import type { WsServer } from './ws-server.ts'

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
