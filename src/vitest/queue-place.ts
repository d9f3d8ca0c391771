import { connect } from 'node:net'
import { inject } from 'vitest'
import type { Place } from './lane.ts'
import { testFile } from './test-file.ts'

/** Where a run's queue is to be found. */
export interface QueueAddress {
  /** On 127.0.0.1. */
  readonly port: number
  /** What only this run knows. */
  readonly secret: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** `null` where floods need not wait for each other. */
    wsLoadQueue: QueueAddress | null
  }
}

/**
 * A place for a flood: its file waits for the other files of the run that flood, and it for those of the file whose owner is
 * another one.
 * @param owner the concurrent test that it belongs to; `undefined` for a test that is alone in its file meanwhile
 */
export function joinQueue(owner: object | undefined): Place {
  if (configuredQueue() === null) return { reached: Promise.resolve(), leave() {} }
  const file = joinAsFile()
  const test = owner === undefined ? undefined : testFile().lane.join(owner)
  return {
    reached: Promise.all([file.reached, test?.reached]).then(() => {}),
    leave() {
      test?.leave()
      file.leave()
    },
  }
}

/** The place of the file itself: all that want it share it, and the last one to leave gives it up. */
export function joinAsFile(): Place {
  const queue = configuredQueue()
  if (queue === null) return { reached: Promise.resolve(), leave() {} }
  const file = testFile()
  const joined = (file.place ??= { place: placeIn(queue), floods: 0 })
  joined.floods++
  let hasLeft = false
  return {
    reached: joined.place.reached,
    leave() {
      if (hasLeft) return
      hasLeft = true
      if (--joined.floods > 0) return
      joined.place.leave()
      if (file.place === joined) file.place = undefined
    },
  }
}

function configuredQueue(): QueueAddress | null {
  return inject('wsLoadQueue') ?? null
}

/** A connection is a place: however this worker ends, the connection does. Without the main process nobody waits. */
function placeIn({ port, secret }: QueueAddress): Place {
  const reached = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', () => reached.resolve())
  socket.on('close', () => reached.resolve())
  socket.write(secret)
  socket.unref()
  return { reached: reached.promise, leave: () => socket.destroy() }
}
