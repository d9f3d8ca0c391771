/** Servers that pass on what is published to a room, each with a character. */
import type { WebSocket } from 'ws'
import { DelayLine } from './delay-line.ts'
import { serveWebSockets, type ServeOptions, type WsServer } from './ws-server.ts'

export interface RoomsOptions extends ServeOptions {
  /** How long it takes until a member has a message, in ms: `nth` counts the members of the room in the order they came. @default 0 */
  delay?: (nth: number, message: number) => number
  /** How often a member is sent a message, which counts from 0 on the server. @default once */
  times?: (nth: number, message: number) => number
  /** Whether every second message waits for the one behind it. @default false */
  swaps?: boolean
  /** How often members at another address than the publisher's get a message, as those of other nodes may not. @default once */
  crosses?: (message: number) => number
  /** How much longer it takes until those have it, in ms. @default 0 */
  crossesIn?: number
  /** Passes on to every room. @default false */
  leaks?: boolean
  /** Sends a message once more so many ms later. */
  again?: { readonly message: number; readonly ms: number }
  /** Ends the connection of a member when it is to be sent this message. */
  leaves?: (nth: number, message: number) => boolean
}

export type RoomsServer = WsServer & {
  /** What it was told to pass on. */
  published: number
  /** Of each sending of a message with `at`: milliseconds from then until it was begun, and until it was done. */
  readonly sent: { readonly message: number; readonly begun: number; readonly done: number }[]
}

interface Member {
  readonly address: string
  readonly socket: WebSocket
  readonly line: DelayLine
}

/** Members say `{"join":room}` and are told `joined`; who says `{"room","id","at"}` has it passed on. */
export async function passingOn(options: RoomsOptions = {}): Promise<RoomsServer> {
  const {
    delay = () => 0,
    times = () => 1,
    swaps = false,
    crosses = () => 1,
    crossesIn = 0,
    leaks = false,
    leaves = () => false,
    again,
  } = options
  const rooms = new Map<number, Member[]>()
  let held: { readonly text: string; readonly address: string; readonly room: number; readonly at: number } | undefined

  const server = Object.assign(
    await serveWebSockets(options, (socket, _, { remoteAddress = '' }) => {
      socket.on('message', (payload: Buffer) => {
        const text = String(payload)
        const said = JSON.parse(text) as { readonly join?: number; readonly room: number; readonly at: number }
        if (said.join === undefined) hear({ text, address: remoteAddress, room: said.room, at: said.at })
        else {
          rooms.set(said.join, [
            ...(rooms.get(said.join) ?? []),
            { socket, address: remoteAddress, line: new DelayLine() },
          ])
          socket.send('joined')
        }
      })
    }),
    { published: 0, sent: [] as { message: number; begun: number; done: number }[] },
  )

  function hear(message: NonNullable<typeof held>): void {
    const before = held
    held = swaps && before === undefined ? message : undefined
    if (held !== undefined) return
    passOn(message)
    if (before !== undefined) passOn(before)
  }

  function send(socket: WebSocket, message: number, { text, at }: NonNullable<typeof held>): void {
    const since = (): number => performance.timeOrigin + performance.now() - at
    const begun = since()
    socket.send(text)
    server.sent.push({ message, begun, done: since() })
  }

  function passOn(message: NonNullable<typeof held>): void {
    const { room } = message
    const number = server.published++
    const members = leaks ? [...rooms.values()].flat() : (rooms.get(room) ?? [])
    for (const [nth, { address, socket, line }] of members.entries()) {
      const isElsewhere = address !== message.address
      const copies = times(nth, number) * (isElsewhere ? crosses(number) : 1)
      if (leaves(nth, number)) socket.terminate()
      if (number === again?.message) setTimeout(() => send(socket, number, message), again.ms)
      const ms = delay(nth, number) + (isElsewhere ? crossesIn : 0)
      for (let copy = 0; copy < copies; copy++) {
        if (ms === 0) send(socket, number, message)
        else line.hold(ms, () => send(socket, number, message))
      }
    }
  }

  return server
}
