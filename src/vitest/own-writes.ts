import { printableLine } from '../printable.ts'
import { tell } from './tell.ts'

/** In fewer turns in a row, it may be somebody who edits a file while the tests run. */
const mostTurns = 5
/** How long after the tests a server may still write what it has to say of them. */
export const lastWritesMs = 1_000

/**
 * Tells the files that a server writes itself from those that somebody edits: they change in turn after turn, from one start of the
 * server to the next, while it is in use. Else the server would be started anew for ever.
 */
export class OwnWrites {
  readonly #found: (file: string, turns: number) => void
  readonly #own = new Set<string>()
  /** In how many turns in a row a file has changed so. */
  #turns = new Map<string, number>()
  readonly #inThisTurn = new Set<string>()

  /** @param found is told once of each file that the server writes itself, and of how many turns it changed in */
  constructor(found: (file: string, turns: number) => void) {
    this.#found = found
  }

  /** The server is started anew. */
  beginTurn(): void {
    this.#turns = new Map([...this.#inThisTurn].map((file) => [file, this.#turnsBefore(file) + 1]))
    this.#inThisTurn.clear()
  }

  /** A file has changed while the server was in use. Returns whether it is one that the server writes itself. */
  note(file: string): boolean {
    this.#inThisTurn.add(file)
    const turns = this.#turnsBefore(file) + 1
    if (turns >= mostTurns && !this.#own.has(file)) {
      this.#own.add(file)
      this.#found(file, turns)
    }
    return this.#own.has(file)
  }

  /** A file has changed while the server was not in use: whoever did that was not the server. */
  forget(file: string): void {
    this.#own.delete(file)
    this.#turns.delete(file)
    this.#inThisTurn.delete(file)
  }

  #turnsBefore(file: string): number {
    return this.#turns.get(file) ?? 0
  }
}

export function tellOfOwnWrites(file: string, turns: number): void {
  tell(
    `${printableLine(file)} changed while the server under test was in use, ${turns} times in a row, as a file does that the ` +
      'server writes itself: so the server is started anew for it no more.\n' +
      'Leave the file out of the option watch. If it was you who changed it, save it again between two runs.',
  )
}
