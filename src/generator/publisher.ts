import { performance } from 'node:perf_hooks'
import type { Connection } from './connection.ts'
import type { Sender } from './load-model.ts'
import type { PingTimes } from './ping-times.ts'
import type { Publications } from './publications.ts'

/** Who sends the messages of a fan-out over one connection. */
export class Publisher implements Sender {
  readonly #number: number
  readonly #connection: () => Connection | undefined
  readonly #publications: Publications
  readonly #ping: PingTimes
  /** When the queued messages were due. */
  readonly #queued: number[] = []

  /** @param number among the publishers of the run, from 0 */
  constructor(
    number: number,
    {
      connection,
      publications,
      ping,
    }: { connection: () => Connection | undefined; publications: Publications; ping: PingTimes },
  ) {
    this.#number = number
    this.#connection = connection
    this.#publications = publications
    this.#ping = ping
  }

  get writable(): boolean {
    return this.#connection()?.writable ?? false
  }

  get ready(): boolean {
    const isReady = this.#connection()?.ready ?? false
    return isReady && this.#publications.hasPlace(this.#number, this.#queued.length)
  }

  send(count: number): void {
    for (let nth = 0; nth < count; nth++) this.#publications.publish(this.#number)
  }

  queue(): boolean {
    return this.#queued.push(this.#ping.due) === 1
  }

  flush(): void {
    for (const due of this.#queued) {
      this.#ping.due = due
      this.#ping.sent = performance.now()
      this.#publications.publish(this.#number)
    }
    this.#queued.length = 0
  }
}
