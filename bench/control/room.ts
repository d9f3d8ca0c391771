import { setTimeout as sleep } from 'node:timers/promises'
import { type FanOutOrder, type FanOutOutcome, timeout } from './fan-out.ts'
import { cpuTime } from './flood.ts'
import { latencyHistogram } from './plain-ws.ts'

interface Message {
  readonly due: number
  readonly has: Uint8Array
  lacking: number
}

/** What a control knows of its messages: who has them, and how long that took. */
export class Room {
  readonly #subscribers: number
  readonly #publish: (text: string) => void
  readonly #underWay: Map<number, Message> = new Map()
  readonly #latencies = latencyHistogram()
  /** Is told when everybody has a message. */
  #reached: () => void = () => {}
  #published = 0
  #deliveries = 0
  #duplicates = 0

  /** @param publish sends a message to all subscribers */
  constructor(subscribers: number, publish: (text: string) => void) {
    this.#subscribers = subscribers
    this.#publish = publish
  }

  /** A message has come to a subscriber. */
  receive(nth: number, text: string): void {
    const now = performance.now()
    const { id } = JSON.parse(text) as { id: number }
    const message = this.#underWay.get(id)
    if (message === undefined || message.has[nth] === 1) {
      this.#duplicates++
      return
    }
    message.has[nth] = 1
    this.#deliveries++
    this.#latencies.recordValue(Math.round((now - message.due) * 1e6))
    if (--message.lacking > 0) return
    this.#underWay.delete(id)
    this.#reached()
  }

  /** Publishes for as long as it is ordered; waits for what is late. */
  async hold({ rate, seconds }: FanOutOrder): Promise<FanOutOutcome> {
    const before = cpuTime()
    const start = performance.now()
    const until = start + seconds * 1_000
    if (rate === undefined) {
      this.#reached = () => {
        if (performance.now() < until) this.#say(performance.now())
      }
      this.#say(start)
    } else {
      for (let due = start; due < until; due += 1_000 / rate) {
        while (performance.now() < due) await sleep(Math.max(0, due - performance.now()))
        this.#say(due)
      }
    }
    await sleep(Math.max(0, until - performance.now()))
    const measured = {
      deliveries: this.#deliveries,
      seconds: (performance.now() - start) / 1_000,
      cpu: cpuTime() - before,
    }
    while (this.#underWay.size > 0 && performance.now() < until + timeout) await sleep(1)
    const missed = [...this.#underWay.values()].reduce((sum, { lacking }) => sum + lacking, 0)
    const at = (percentile: number): number => this.#latencies.getValueAtPercentile(percentile) / 1e6
    return { ...measured, missed, duplicates: this.#duplicates, p50: at(50), p99: at(99) }
  }

  #say(due: number): void {
    const id = ++this.#published
    this.#underWay.set(id, { due, has: new Uint8Array(this.#subscribers), lacking: this.#subscribers })
    this.#publish(JSON.stringify({ room: 0, id }))
  }
}
