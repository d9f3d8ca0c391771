import { Alarm } from './alarm.ts'
import type { Connection } from './connection.ts'
import type { LoadModel, LoadModelContext } from './load-model.ts'
import { constantArrivals, poissonArrivals, Schedule } from './schedule.ts'

/** Pings sent in one turn of the event loop at most, so that a late generator still reads answers. */
const mostPerTurn = 1_024

/**
 * The open model: pings are due on a schedule that answers do not influence, on one connection after the other. A ping
 * that leaves late keeps the time it was due; one that cannot leave at all is counted as dropped.
 */
export function openModel({ plan, clock, recorder, turns, connections, finished }: LoadModelContext): LoadModel {
  const { segments, arrivals, offset, seed } = plan.open!
  const schedule = new Schedule(segments)
  const points = arrivals === 'constant' ? constantArrivals(offset) : poissonArrivals(seed)
  const touched: Connection[] = []
  const alarm = new Alarm(pump)
  let due = 0
  let left = plan.pings
  let cursor = 0
  let sending = false

  function pump(): void {
    if (!sending) return
    const now = clock.look()
    for (let sent = 0; due <= now && due < recorder.until && left > 0 && sent < mostPerTurn; sent++) {
      place(due)
      if (due >= recorder.from) left--
      due = nextDue()
    }
    if (touched.length > 0) {
      for (const connection of touched) connection.flush()
      touched.length = 0
      clock.worked(now)
    }
    if (left === 0 || (due >= recorder.until && now >= recorder.until)) finish()
    else alarm.set(Math.min(due, recorder.until))
  }

  /** The schedule knows this flood's own time only. */
  function nextDue(): number {
    const own = schedule.dueAt(points.next()) - plan.warmup
    return recorder.from + (turns === undefined || own === Infinity ? own : turns.elapsed(own))
  }

  /** Gives a due ping to the next connection that can take it. */
  function place(at: number): void {
    for (let tried = 0; tried < connections.length; tried++) {
      const connection = connections[cursor]!
      cursor = (cursor + 1) % connections.length
      if (!connection.writable) continue
      if (!connection.ready) break
      if (connection.queue(at)) touched.push(connection)
      return
    }
    recorder.count('dropped', at)
  }

  /** Counts what should have left by now and will not. */
  function dropLate(): void {
    const now = performance.now()
    for (; due <= now && due < recorder.until && left > 0; due = nextDue()) {
      recorder.count('dropped', due)
      if (due >= recorder.from) left--
    }
  }

  function finish(): void {
    sending = false
    finished()
  }

  return {
    start() {
      sending = true
      due = nextDue()
      pump()
    },
    freed() {},
    catchUp() {
      alarm.clear()
      pump()
    },
    stop() {
      pump()
      if (sending) dropLate()
      sending = false
      alarm.clear()
    },
  }
}
