/** A place among others that wait for each other. */
export interface Place {
  /** Resolves when it is this one's turn. */
  readonly reached: Promise<void>
  /** Gives up the turn, or the waiting for it; once is enough. */
  leave(): void
}

interface Waiting {
  readonly owner: object
  readonly go: () => void
}

/** Lets owners go one after the other, in the order they came. What comes of the owner whose turn it is goes at once. */
export class Lane {
  #owner: object | undefined
  /** Places of the owner whose turn it is. */
  #going = 0
  #waiting: Waiting[] = []

  join(owner: object): Place {
    const reached = Promise.withResolvers<void>()
    const waiting = { owner, go: reached.resolve }
    this.#waiting.push(waiting)
    this.#proceed()
    let hasLeft = false
    return {
      reached: reached.promise,
      leave: () => {
        if (hasLeft) return
        hasLeft = true
        if (this.#waiting.includes(waiting)) this.#waiting = this.#waiting.filter((one) => one !== waiting)
        else this.#going--
        this.#proceed()
      },
    }
  }

  #proceed(): void {
    if (this.#going === 0) this.#owner = this.#waiting[0]?.owner
    const next = this.#waiting.filter(({ owner }) => owner === this.#owner)
    this.#waiting = this.#waiting.filter(({ owner }) => owner !== this.#owner)
    this.#going += next.length
    for (const { go } of next) go()
  }
}
