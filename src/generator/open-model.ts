import { Alarm } from './alarm.ts'
import type { Connection } from './connection.ts'
import type { LoadModel, LoadModelContext } from './load-model.ts'
import { constantArrivals, poissonArrivals, Schedule } from './schedule.ts'

/** Pings sent in one iteration of the event loop at most, so that a late generator still reads answers. */
const mostPerIteration = 1_024

/**
 * The open model: pings are due on a schedule that answers do not influence, on one connection after the other. A ping
 * that leaves late keeps the time it was due, be it the generator that is late or the server that has not answered those
 * before it (`maxPendingPongs`); one that cannot leave at all is counted as dropped.
 */
export function openModel({ plan, clock, recorder, turns, ping, connections, finished }: LoadModelContext): LoadModel {
  const { segments, arrivals, offset, seed } = plan.open!
  const schedule = new Schedule(segments)
  const points = arrivals === 'constant' ? constantArrivals(offset) : poissonArrivals(seed)
  const alarm = new Alarm(sendDue)
  /** Connections with queued pings. */
  const queued: Connection[] = []
  /** When the next ping is due. */
  let due = 0
  let left = plan.pings
  /** The connection that is asked next. */
  let cursor = 0
  let sending = false

  /** Sends what is due by now, and sets the alarm for what is due next. */
  function sendDue(): void {
    if (!sending) return
    const now = clock.update()
    for (let nth = 0; nth < mostPerIteration && isDue(now); nth++) {
      queueDue()
      advance()
    }
    if (queued.length > 0) {
      for (const connection of queued) connection.flush()
      queued.length = 0
      clock.worked(now)
    }
    if (left === 0 || (due >= recorder.until && now >= recorder.until)) finish()
    else alarm.set(Math.min(due, recorder.until))
  }

  function isDue(now: number): boolean {
    return due <= now && due < recorder.until && left > 0
  }

  /** Goes on to the next ping. */
  function advance(): void {
    if (due >= recorder.from) left--
    due = nextDue()
  }

  /** The schedule knows this flood's own time only. */
  function nextDue(): number {
    const own = schedule.dueAt(points.next()) - plan.warmup
    return recorder.from + (turns === undefined || own === Infinity ? own : turns.elapsed(own))
  }

  /** Gives the ping that is due to the next connection that can take it. */
  function queueDue(): void {
    for (let tried = 0; tried < connections.length; tried++) {
      const connection = connections[cursor]!
      cursor = (cursor + 1) % connections.length
      if (!connection.writable) continue
      if (!connection.ready) break
      ping.due = due
      if (connection.queue()) queued.push(connection)
      return
    }
    recorder.count('dropped', due)
  }

  /** Counts what should have left by now and will not. */
  function dropDue(): void {
    const now = performance.now()
    for (; isDue(now); advance()) recorder.count('dropped', due)
  }

  function finish(): void {
    sending = false
    finished()
  }

  return {
    start() {
      sending = true
      due = nextDue()
      sendDue()
    },
    freed() {},
    catchUp() {
      alarm.clear()
      sendDue()
    },
    stop() {
      sendDue()
      if (sending) dropDue()
      sending = false
      alarm.clear()
    },
  }
}
