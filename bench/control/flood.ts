/** What a contender is asked to do, and what it answers: one JSON object each, by command line and standard output. */
export interface FloodOrder {
  readonly url: string
  readonly connections: number
  readonly inFlight: number
  readonly seconds: number
}

export interface FloodOutcome {
  readonly pings: number
  readonly seconds: number
  /** CPU time of the whole process from the first connect to the finished summary, in milliseconds. */
  readonly cpu: number
}

/** Handshakes under way at the same time at most: more would overflow a server's listen backlog. */
export const mostHandshakes = 128

/** Runs a contender's flood as this process's job. */
export async function contend(
  flood: (order: FloodOrder) => Promise<{ pings: number; seconds: number }>,
): Promise<void> {
  const order = JSON.parse(process.argv[2]!) as FloodOrder
  const before = process.cpuUsage()
  const outcome = await flood(order)
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(JSON.stringify({ ...outcome, cpu: (user + system) / 1_000 } satisfies FloodOutcome))
  process.exit()
}
