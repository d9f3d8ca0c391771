/** A server whose every fault is its own: what it says, when, and what becomes of the connection then. */
import type { Socket } from 'node:net'
import { DelayLine } from './delay-line.ts'
import type { Server } from './evidence.ts'
import { type Frame, opcodes } from './frames.ts'
import type { ListenOptions } from './listener.ts'
import { chopped, type Outlet } from './outlet.ts'
import { echoFrame, serveBytes } from './raw-server.ts'

/**
 * When a connection goes wrong: in one write with the handshake's response, with its nth answer (0: in the turn after the
 * handshake), when so many pings and messages have come, none of which is answered, or so many ms after its handshake.
 */
export type Moment =
  | 'in the handshake'
  | { readonly answers: number }
  | { readonly unanswered: number }
  | { readonly ms: number }

/** What becomes of the connection then. */
export type Aftermath =
  /** Answers nothing any more but the client's close frame, and ends TCP after that. */
  | 'obey'
  /** Answers nothing any more, and ends TCP after the client's close frame. */
  | 'hang up'
  /** As if nothing was. */
  | 'go on'
  /** Reads, answers nothing, and leaves TCP open, whatever the client does. */
  | 'ignore'
  /** Likewise, and reads nothing. */
  | 'stop reading'
  /** Ends TCP. */
  | 'end'
  /** Resets TCP. */
  | 'reset'

export interface Misdeed extends ListenOptions {
  /** The handshake's response, given what the client expects as its `Sec-WebSocket-Accept`. */
  readonly respond?: (accept: string) => Buffer
  /** @default in the turn after the handshake */
  readonly when?: Moment
  /** Bytes, each written in a turn of the event loop of its own. */
  readonly say?: Buffer | readonly Buffer[]
  /** How it answers until then. @default as an echo does */
  readonly answer?: (frame: Required<Frame>) => Buffer[]
  /** @default 'obey' */
  readonly afterwards?: Aftermath
  /** Of the first so many connections alone. @default all */
  readonly only?: number
  /** Cuts all that it sends every so many bytes, each piece written in a turn of its own. */
  readonly cut?: number
}

/** Echoes until its moment comes. */
export function misbehaving(misdeed: Misdeed = {}): Promise<Server> {
  const { respond, when = { answers: 0 }, say = [], afterwards = 'obey', only = Infinity, cut, ...options } = misdeed
  const { answer = echoFrame, ...listening } = options
  const words = Buffer.isBuffer(say) ? [say] : say
  const isFirstThing = when === 'in the handshake'
  let connections = 0

  return serveBytes({ allowHalfOpen: leavesOpen(afterwards), ...listening }, (socket, server) => {
    const goesWrong = ++connections <= only
    const outlet = outletOf(socket, cut, goesWrong ? afterwards : 'go on')
    const line = new DelayLine()
    socket.on('close', () => line.clear())
    let requests = 0
    let hasBegun = false

    /** Whether it is the request with which a connection goes wrong; none is answered if it is said how many are not. */
    function isMoment(): boolean {
      if (isFirstThing || 'ms' in when) return false
      return ++requests === ('answers' in when ? when.answers : when.unanswered)
    }

    function begin(): void {
      hasBegun = true
      setImmediate(() => speak(outlet, words, () => depart(socket, server, afterwards)))
    }

    return {
      outlet,
      handshakeThroughOutlet: cut !== undefined,
      ...(respond !== undefined && { respond }),
      ...(isFirstThing && goesWrong && { opening: Buffer.concat(words) }),
      opened() {
        if (!goesWrong) return
        if (isFirstThing) {
          hasBegun = true
          depart(socket, server, afterwards)
        } else if ('ms' in when) line.hold(when.ms, begin)
        else if ('answers' in when && when.answers === 0) begin()
      },
      answer(frame) {
        const isRequest = frame.opcode !== opcodes.pong && frame.opcode !== opcodes.close
        if (hasBegun && afterwards !== 'go on')
          return frame.opcode === opcodes.close && afterwards === 'obey' ? answer(frame) : []
        if (!goesWrong || !isRequest || hasBegun) return answer(frame)
        if (isMoment()) begin()
        return !isFirstThing && 'unanswered' in when ? [] : answer(frame)
      },
    }
  })
}

function outletOf(socket: Socket, cut: number | undefined, afterwards: Aftermath): Outlet {
  const outlet = cut === undefined ? socket : chopped(socket, cut)
  return {
    write: (bytes) => outlet.write(bytes),
    end: () => (leavesOpen(afterwards) ? undefined : outlet.end()),
  }
}

function leavesOpen(afterwards: Aftermath): boolean {
  return afterwards === 'ignore' || afterwards === 'stop reading'
}

function speak(outlet: Outlet, [first, ...rest]: readonly Buffer[], done: () => void): void {
  if (first === undefined) return done()
  outlet.write(first)
  setImmediate(() => speak(outlet, rest, done))
}

function depart(socket: Socket, server: Server, afterwards: Aftermath): void {
  if (afterwards === 'end') socket.end()
  else if (afterwards === 'reset') server.reset(socket)
  else if (afterwards === 'stop reading') socket.pause().removeAllListeners('data')
}
