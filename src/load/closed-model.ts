import type { Connection } from './connection.ts'
import type { LoadModel, LoadModelContext } from './load-model.ts'

/**
 * The closed model: each connection keeps `inFlight` pings unanswered and sends the next one when an answer frees a
 * place. A server that stalls is asked less: its slow moments are sampled less often than they last.
 */
export function closedModel({ plan, clock, recorder, connections, finished }: LoadModelContext): LoadModel {
  const freed: Connection[] = []
  const places: number[] = []
  let waiting = 0
  let left = plan.pings
  let sending = false

  function sendAll(): void {
    const began = performance.now()
    for (let nth = 0; nth < waiting; nth++) send(freed[nth]!, places[nth]!)
    waiting = 0
    clock.worked(began)
  }

  function send(connection: Connection, places: number): void {
    if (!sending || !connection.writable) return
    clock.departure = performance.now()
    if (clock.departure >= recorder.until) return
    const measured = clock.departure >= recorder.from
    const count = measured ? Math.min(places, left) : places
    connection.send(count)
    if (!measured) return
    left -= count
    if (left > 0) return
    sending = false
    finished()
  }

  return {
    start() {
      sending = true
      for (const connection of connections) send(connection, plan.inFlight)
    },
    freed(connection, count) {
      if (waiting === 0) setImmediate(sendAll)
      freed[waiting] = connection
      places[waiting++] = count
    },
    catchUp() {},
    stop() {
      sending = false
    },
  }
}
