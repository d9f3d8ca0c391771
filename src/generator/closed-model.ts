import { Alarm } from './alarm.ts'
import type { Connection } from './connection.ts'
import type { LoadModel, LoadModelContext } from './load-model.ts'

/**
 * Pings leave at the end of a turn, in one burst for the kernel and the server; of many connections as soon as so many
 * have been read, because the processor's cache has forgotten the first of them by the end.
 */
const burst = 256

/** Connections with free places, each as often as some became free: nothing is allocated once the lists are long enough. */
interface Queue {
  readonly connections: Connection[]
  readonly places: number[]
  length: number
}

/**
 * The closed model: each connection keeps `inFlight` pings unanswered and sends the next one when an answer frees a
 * place. A server that stalls is asked less: its slow moments are sampled less often than they last.
 */
export function closedModel({ plan, clock, recorder, turns, connections, finished }: LoadModelContext): LoadModel {
  const freed: Queue = { connections: [], places: [], length: 0 }
  /** What became free while others had their turn. */
  const parked: Queue = { connections: [], places: [], length: 0 }
  const nextTurn = new Alarm(resume)
  let left = plan.pings
  let sending = false
  let turnEnds = false

  function endTurn(): void {
    turnEnds = false
    sendFrom(freed)
  }

  function sendFrom(queue: Queue): void {
    const began = performance.now()
    const { length } = queue
    // What is parked on the way comes to lie on what was read.
    queue.length = 0
    for (let nth = 0; nth < length; nth++) send(queue.connections[nth]!, queue.places[nth]!)
    clock.worked(began)
  }

  function send(connection: Connection, places: number): void {
    if (!sending || !connection.writable) return
    clock.departure = performance.now()
    if (clock.departure >= recorder.until) return
    if (turns !== undefined && !turns.has(clock.departure - recorder.from)) {
      park(connection, places)
      return
    }
    const measured = clock.departure >= recorder.from
    const count = measured ? Math.min(places, left) : places
    connection.send(count)
    if (!measured) return
    left -= count
    if (left > 0) return
    sending = false
    finished()
  }

  function park(connection: Connection, places: number): void {
    if (parked.length === 0) nextTurn.set(turnAfter(clock.departure))
    add(parked, connection, places)
  }

  function resume(): void {
    const now = clock.look()
    if (now < turnAfter(now)) nextTurn.set(turnAfter(now))
    else sendFrom(parked)
  }

  function turnAfter(time: number): number {
    return recorder.from + turns!.next(time - recorder.from)
  }

  return {
    start() {
      sending = true
      for (const connection of connections) send(connection, plan.inFlight)
    },
    freed(connection, count) {
      if (!turnEnds) setImmediate(endTurn)
      turnEnds = true
      add(freed, connection, count)
      if (freed.length === burst) sendFrom(freed)
    },
    catchUp() {},
    stop() {
      sending = false
      nextTurn.clear()
    },
  }
}

function add(queue: Queue, connection: Connection, places: number): void {
  queue.connections[queue.length] = connection
  queue.places[queue.length++] = places
}
