const [here, elsewhere] = [0, 1]

/** How many threads may still have a connection of a flood, as all threads of a process see it at once. */
export class Presence {
  readonly memory: SharedArrayBuffer
  readonly #threads: Int32Array

  /** @param memory of {@link allocate} */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#threads = new Int32Array(memory)
  }

  /** @param hasOthers whether the flood has threads in other processes, of which nobody here can tell */
  static allocate(threads: number, hasOthers: boolean): Presence {
    const presence = new Presence(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
    presence.#threads.set([threads, Number(hasOthers)])
    return presence
  }

  /** A thread has no connection left, and none comes back. */
  leave(): void {
    Atomics.sub(this.#threads, here, 1)
  }

  get isAnyoneHere(): boolean {
    return Atomics.load(this.#threads, here) > 0
  }

  get isAnyone(): boolean {
    return this.isAnyoneHere || Atomics.load(this.#threads, elsewhere) > 0
  }
}
