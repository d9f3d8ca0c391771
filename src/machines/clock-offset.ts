/** How far the clock of another machine is from this one's. */
export interface ClockOffset {
  /** Milliseconds that are added to a time of this machine. */
  readonly offset: number
  /** How far that may be off, in milliseconds: half of the round trip that it comes from. */
  readonly uncertainty: number
  /** When it was found out, in milliseconds of this machine's `process.uptime()`. */
  readonly at: number
}

/** Round trips of which the fastest counts. */
const roundTrips = 24

/**
 * Finds out how far another clock is from this one's `process.uptime()`: it was read between the question and the answer.
 * @param ask what the other clock shows, in milliseconds
 * @see Cristian, Probabilistic clock synchronization, Distributed Computing 3 (1989)
 */
export async function measureOffset(ask: () => Promise<number>): Promise<ClockOffset> {
  let best: ClockOffset = { offset: 0, uncertainty: Infinity, at: 0 }
  for (let nth = 0; nth < roundTrips; nth++) {
    const asked = process.uptime() * 1_000
    const other = await ask()
    const uncertainty = (process.uptime() * 1_000 - asked) / 2
    if (uncertainty < best.uncertainty) best = { offset: other - asked - uncertainty, uncertainty, at: asked }
  }
  return best
}
