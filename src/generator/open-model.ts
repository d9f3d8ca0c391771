import { performance } from 'node:perf_hooks'
import { Alarm } from './alarm.ts'
import type { LoadModel, LoadModelContext, Sender } from './load-model.ts'
import { constantArrivals, poissonArrivals, Schedule } from './schedule.ts'

/** Pings sent in one iteration of the event loop at most, so that a late generator still reads answers. */
const mostPerIteration = 1_024

/**
 * The open model: pings are due on a schedule that answers do not influence, on one connection after the other. A ping
 * that leaves late keeps the time it was due, be it the generator that is late or the server that has not answered those
 * before it (`maxPendingPongs`); one that cannot leave at all is counted as dropped.
 */
export function openModel({ plan, loop, recorder, turns, ping, senders, drop, finished }: LoadModelContext): LoadModel {
  const { segments, arrivals, offset, seed } = plan.open!
  const { clock } = loop
  const schedule = new Schedule(segments)
  const points = arrivals === 'constant' ? constantArrivals(offset) : poissonArrivals(seed)
  const alarm = new Alarm(sendDue, loop)
  /** Those with queued pings. */
  const queued: Sender[] = []
  /** When the next ping is due. */
  let due = 0
  let left = plan.pings
  /** The sender that is asked next. */
  let cursor = 0
  /** Senders in a row that did not take a ping in this iteration. */
  let refused = 0
  let sending = false

  /** Sends what is due by now, and sets the alarm for what is due next. */
  function sendDue(): void {
    if (!sending) return
    const now = clock.update()
    refused = 0
    let [taken, dropped] = [0, 0]
    while (isDue(now) && taken < mostPerIteration && dropped < senders.length) {
      if (queueDue()) {
        taken++
        advance(1)
      } else if (refused < senders.length) {
        dropped++
        dropOne()
      } else {
        dropDue(now)
      }
    }
    if (queued.length > 0) {
      for (const sender of queued) sender.flush()
      queued.length = 0
      clock.worked(now)
    }
    if (left === 0 || (due >= recorder.until && now >= recorder.until)) finish()
    else alarm.set(Math.min(due, recorder.until))
  }

  function isDue(now: number): boolean {
    return due <= now && due < recorder.until && left > 0
  }

  /** Goes on behind so many pings, of which the last is the one that was due. */
  function advance(pings: number): void {
    if (due >= recorder.from) left -= pings
    due = nextDue()
  }

  /** The schedule knows this flood's own time only. */
  function nextDue(): number {
    const own = schedule.dueAt(points.next()) - plan.warmup
    return recorder.from + (turns === undefined || own === Infinity ? own : turns.elapsed(own))
  }

  /** Gives the ping that is due to the next connection that can take it; says whether there was one. */
  function queueDue(): boolean {
    while (refused < senders.length) {
      const sender = senders[cursor]!
      cursor = (cursor + 1) % senders.length
      refused++
      if (!sender.writable) continue
      if (!sender.ready) return false
      refused = 0
      ping.due = due
      if (sender.queue()) queued.push(sender)
      return true
    }
    return false
  }

  function dropOne(): void {
    drop(due, 1)
    advance(1)
  }

  /** Counts what was due by `now` and does not leave: as one what was due in one slice, however much that is. */
  function dropDue(now: number): void {
    while (isDue(now)) {
      const pings = 1 + Math.min(skipDue(now), left - 1)
      drop(due, pings)
      advance(pings)
    }
  }

  /** Passes over what is due by `now` behind the ping at hand and in the same slice; says how many pings. */
  function skipDue(now: number): number {
    const end = due < recorder.from ? 0 : recorder.sliceEndAfter(due)
    const own = Math.min(end, recorder.windowAt(Math.min(now, recorder.until)))
    return points.skip(schedule.arrivalsBy(own + plan.warmup))
  }

  function finish(): void {
    sending = false
    finished()
  }

  loop.spareCore.preferSleep()
  return {
    start() {
      sending = true
      due = nextDue()
      sendDue()
    },
    freed() {},
    cameBack() {},
    catchUp() {
      alarm.clear()
      sendDue()
    },
    stop() {
      sendDue()
      if (sending) dropDue(performance.now())
      sending = false
      alarm.clear()
    },
  }
}
