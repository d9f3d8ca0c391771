import { performance } from 'node:perf_hooks'
import { Alarm } from './alarm.ts'
import type { LoadModel, LoadModelContext, Sender } from './load-model.ts'

/**
 * Pings leave at the end of an event loop's iteration, in one burst for the kernel and the server; of many connections as
 * soon as so many have been read, because the processor's cache has forgotten the first of them by the end.
 */
const connectionsPerBurst = 64

/**
 * The closed model: each connection keeps `inFlight` pings unanswered and sends the next one when an answer frees a
 * place. A server that stalls is asked less: its slow moments are sampled less often than they last.
 */
export function closedModel({ plan, loop, recorder, turns, ping, senders, finished }: LoadModelContext): LoadModel {
  const { clock } = loop
  const freed = new FreePlaces()
  /** What became free while others had their turn. */
  const parked = new FreePlaces()
  const nextTurn = new Alarm(resume)
  let left = plan.pings
  let sending = false
  let burstIsScheduled = false

  function sendBurst(): void {
    burstIsScheduled = false
    fill(freed)
  }

  /** Sends a ping for each free place, all of them in one go. */
  function fill(places: FreePlaces): void {
    const began = performance.now()
    const { length } = places
    // What is parked on the way comes to lie on what was read.
    places.length = 0
    for (let nth = 0; nth < length; nth++) send(places.senders[nth]!, places.counts[nth]!)
    clock.worked(began)
  }

  function send(sender: Sender, places: number): void {
    if (!sending || !sender.writable) return
    const now = performance.now()
    if (now >= recorder.until) return
    if (turns !== undefined && !turns.has(now - recorder.from)) {
      if (parked.length === 0) nextTurn.set(turnAfter(now))
      parked.add(sender, places)
      return
    }
    const isMeasured = now >= recorder.from
    const count = isMeasured ? Math.min(places, left) : places
    ping.due = now
    ping.sent = now
    sender.send(count)
    if (!isMeasured) return
    left -= count
    if (left > 0) return
    sending = false
    finished()
  }

  /** Fills what was parked as soon as it is this flood's turn. */
  function resume(): void {
    const now = clock.update()
    const start = turnAfter(now)
    if (now < start) nextTurn.set(start)
    else fill(parked)
  }

  /** When this flood may send: `time` itself during its turn. */
  function turnAfter(time: number): number {
    return recorder.from + turns!.next(time - recorder.from)
  }

  function free(sender: Sender, places: number): void {
    if (!burstIsScheduled) setImmediate(sendBurst)
    burstIsScheduled = true
    freed.add(sender, places)
    if (freed.length === connectionsPerBurst) fill(freed)
  }

  return {
    start() {
      sending = true
      for (const sender of senders) send(sender, plan.inFlight)
    },
    freed: free,
    cameBack(sender) {
      if (sending) free(sender, plan.inFlight)
    },
    catchUp() {},
    stop() {
      sending = false
      nextTurn.clear()
    },
  }
}

/** Senders with free places, and how many: nothing is allocated once the lists are long enough. */
class FreePlaces {
  readonly senders: Sender[] = []
  readonly counts: number[] = []
  length = 0

  add(sender: Sender, count: number): void {
    this.senders[this.length] = sender
    this.counts[this.length++] = count
  }
}
