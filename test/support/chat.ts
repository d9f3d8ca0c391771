/** Servers of a chat: who has not logged in is not answered. */
import type { WebSocket } from 'ws'
import { DelayLine } from './delay-line.ts'
import { serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface ChatOptions extends ServeOptions {
  /** What it says to who logs in with another one: words, or the code of a close with them. @default 'words' */
  refuses?: 'words' | 'close' | 'both'
  /** How long it takes to welcome, in ms; Infinity if it never does. @default 0 */
  welcomesAfter?: number
  /** What it says besides before it welcomes. @default nothing */
  greetings?: readonly string[]
  /** How long it takes to say back what it is told, in ms. @default 0 */
  answersAfter?: number
  /** Milliseconds from one "2" to the next; who does not answer one with "3" within `patience` is sent away. */
  heartbeat?: { readonly every: number; readonly patience: number }
}

export type ChatServer = WsServer & {
  /** Who logged in, in order. */
  readonly users: string[]
  /** Heartbeats that were answered, by user. */
  readonly beats: Map<string, number>
}

interface Said {
  readonly type: string
  readonly user: string
  readonly token: string
  readonly room: string
}

export const goodToken = 'letmein'

/** Speaks `chat.v1`: welcomes to a room, and says back what it is told in it. */
export async function chatting(options: ChatOptions = {}): Promise<ChatServer> {
  const { refuses = 'words', welcomesAfter = 0, greetings = [], answersAfter = 0, heartbeat } = options
  const users: string[] = []
  const beats = new Map<string, number>()

  const server = await serveWebSockets({ protocols: ['chat.v1'], ...options }, (socket) => {
    const line = new DelayLine()
    let user: string | undefined
    if (heartbeat !== undefined) beat(socket, heartbeat, () => beats.set(user!, (beats.get(user!) ?? 0) + 1))
    socket.on('message', (payload: Buffer) => {
      const text = String(payload)
      if (text === '3') return
      const said = JSON.parse(text) as Said
      if (said.type !== 'login') {
        if (said.room === `${user}'s`) line.hold(answersAfter, () => socket.send(text))
        else socket.close(4400, 'not in this room')
      } else if (said.token === goodToken) logIn(said.user)
      else {
        if (refuses !== 'close') socket.send(JSON.stringify({ type: 'error', message: `no such token: ${said.token}` }))
        if (refuses !== 'words') socket.close(4401, `wrong token ${said.token}`)
      }
    })
    socket.on('close', () => line.clear())

    function logIn(name: string): void {
      user = name
      users.push(name)
      for (const greeting of greetings) socket.send(greeting)
      const welcome = JSON.stringify({ type: 'welcome', room: `${name}'s` })
      if (welcomesAfter < Infinity) line.hold(welcomesAfter, () => socket.send(welcome))
    }
  })
  return Object.assign(server, { users, beats })
}

function beat(socket: WebSocket, { every, patience }: NonNullable<ChatOptions['heartbeat']>, beaten: () => void): void {
  let gone: NodeJS.Timeout | undefined
  const timer = setInterval(() => {
    socket.send('2')
    gone ??= setTimeout(() => socket.close(4408, 'ping timeout'), patience)
  }, every)
  socket.on('message', (payload: Buffer) => {
    if (String(payload) !== '3') return
    clearTimeout(gone)
    gone = undefined
    beaten()
  })
  socket.on('close', () => {
    clearInterval(timer)
    clearTimeout(gone)
  })
}
