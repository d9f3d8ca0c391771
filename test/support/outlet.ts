/** The ways bytes can reach a socket. */
import type { Socket } from 'node:net'

export interface Outlet {
  write(bytes: Buffer): unknown
  end(): unknown
}

/** Cuts what it is given every `size` bytes, and hands each piece to the kernel in a turn of its own. */
export function chopped(socket: Socket, size: number): Outlet {
  const pieces: Buffer[] = []
  let ended = false
  let busy = false

  function next(): void {
    const piece = pieces.shift()
    busy = piece !== undefined && !socket.destroyed
    if (busy) socket.write(piece!, () => setImmediate(next))
    else if (ended) socket.end()
  }

  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
      if (!busy) next()
    },
    end() {
      ended = true
      if (!busy) next()
    },
  }
}

/** Writes the first `size` bytes by themselves, and holds back all others for `ms`. */
export function cutOnce(socket: Socket, size: number, ms: number): Outlet {
  const pieces: Buffer[] = []
  let ended = false
  let timer: NodeJS.Timeout | undefined
  socket.once('close', () => clearTimeout(timer))

  function release(): void {
    socket.write(Buffer.concat(pieces))
    pieces.length = 0
    timer = undefined
    if (ended) socket.end()
  }

  return {
    write(bytes) {
      if (size > 0) socket.write(bytes.subarray(0, size))
      pieces.push(bytes.subarray(size))
      size = Math.max(0, size - bytes.length)
      timer ??= setTimeout(release, ms)
    },
    end() {
      ended = true
      if (timer === undefined) socket.end()
    },
  }
}

/** Collects what it is given for `ms` after the first piece, and writes it at once; `wrote` hears how many pieces it was. */
export function glued(socket: Socket, ms: number, wrote: (pieces: number) => void): Outlet {
  let pieces: Buffer[] = []
  let timer: NodeJS.Timeout | undefined
  socket.once('close', () => clearTimeout(timer))

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (pieces.length === 0) return
    socket.write(Buffer.concat(pieces))
    wrote(pieces.length)
    pieces = []
  }

  return {
    write(bytes) {
      pieces.push(bytes)
      timer ??= setTimeout(flush, ms)
    },
    end() {
      flush()
      socket.end()
    },
  }
}
