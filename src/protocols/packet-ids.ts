/** Packet identifiers have 16 bits, and 0 is none. @see MQTT 5.0 section 2.2.1 */
const highest = 65_535

/**
 * The packet identifiers of one connection, each of the ping or the message whose acknowledgement it waits for. One is given to
 * another one only once it was acknowledged, however late: so no acknowledgement is taken for that of another one.
 */
export class PacketIds {
  /** Pings by packet identifier. */
  readonly #pings: Map<number, number> = new Map()
  readonly #most: number
  readonly #instead: string
  #latest = 0

  /**
   * @param instead what to take where the broker takes no more
   * @param most publishes that it takes unacknowledged
   */
  constructor(instead: string, most: number = highest) {
    this.#instead = instead
    this.#most = most
  }

  /**
   * Takes an identifier for a ping.
   * @throws {RangeError} if the broker takes no more
   */
  take(ping: number): number {
    if (this.#pings.size >= this.#most) {
      throw new RangeError(
        `the broker takes ${this.#most} unacknowledged publishes of a connection; take ${this.#instead}`,
      )
    }
    do this.#latest = (this.#latest % highest) + 1
    while (this.#pings.has(this.#latest))
    this.#pings.set(this.#latest, ping)
    return this.#latest
  }

  /** The ping that an identifier was taken for, which is free from now on; `undefined` if it was not taken. */
  release(packetId: number): number | undefined {
    const ping = this.#pings.get(packetId)
    this.#pings.delete(packetId)
    return ping
  }
}
