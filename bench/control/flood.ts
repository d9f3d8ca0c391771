/** What a contender is asked to do, and what it answers: one JSON object each, by command line and standard output. */
export interface FloodOrder {
  readonly url: string
  readonly connections: number
  readonly inFlight: number
  readonly seconds: number
  /** Of this package; control-frame pings without it. */
  readonly probe?: { readonly text: string } | { readonly protocol: string }
}

export interface FloodOutcome {
  readonly pings: number
  readonly seconds: number
  /** CPU time of the whole process, in milliseconds, in the measured window and for the summary. */
  readonly flooding: number
  /** CPU time of the whole process, in milliseconds, for opening and closing the connections. */
  readonly connecting: number
}

/** Handshakes under way at the same time at most: more would overflow a server's listen backlog. */
export const mostHandshakes = 128

/** CPU time of the whole process until now, in milliseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Runs a contender's flood as this process's job. */
export async function contend(flood: (order: FloodOrder) => Promise<Omit<FloodOutcome, 'connecting'>>): Promise<void> {
  const order = JSON.parse(process.argv[2]!) as FloodOrder
  const before = cpuTime()
  const outcome = await flood(order)
  const connecting = cpuTime() - before - outcome.flooding
  process.stdout.write(JSON.stringify({ ...outcome, connecting } satisfies FloodOutcome))
  process.exit()
}
