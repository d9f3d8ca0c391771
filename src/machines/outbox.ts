import { mostBytesOf, type NatsConnection } from './nats.ts'
import { pack } from './parcels.ts'

/** Sends messages to one who takes them in order. What is to be said while NATS is away is said when it is back. */
export class Outbox<Message> {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #mostBytes: number
  #held: Message[] | undefined
  #sent = 0

  constructor(connection: NatsConnection, subject: string) {
    this.#connection = connection
    this.#subject = subject
    this.#mostBytes = mostBytesOf(connection)
  }

  send(message: Message): void {
    if (this.#connection.isClosed()) return
    if (this.#held === undefined) {
      for (const parcel of pack(message, this.#sent++, this.#mostBytes)) this.#connection.publish(this.#subject, parcel)
    } else this.#held.push(message)
  }

  /** Sends what is of no use later. */
  sendNow(message: Message): void {
    if (this.#held === undefined) this.send(message)
  }

  /** NATS is away. */
  hold(): void {
    this.#held ??= []
  }

  /** It is back. */
  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const message of held) this.send(message)
  }
}
