/** What a contender is asked to do, and what it answers: one JSON object each, by command line and standard output. */
export interface FanOutOrder {
  readonly url: string
  readonly subscribers: number
  /** Messages per second; the closed model without it. */
  readonly rate?: number
  readonly seconds: number
}

export interface FanOutOutcome {
  readonly deliveries: number
  /** Deliveries that did not come within {@link timeout}. */
  readonly missed: number
  readonly duplicates: number
  readonly seconds: number
  /** CPU time of the whole process, in milliseconds, in the measured window. */
  readonly cpu: number
  /** The part of it that went on anything but polling an idle core; `undefined` where that is all. */
  readonly atWork?: number
  /** Of deliveries, from when a message was due, in milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** How long deliveries are waited for, in milliseconds. */
export const timeout = 5_000

/** Runs a contender's fan-out as this process's job. */
export async function contend(fanOut: (order: FanOutOrder) => Promise<FanOutOutcome>): Promise<void> {
  const outcome = await fanOut(JSON.parse(process.argv[2]!) as FanOutOrder)
  process.stdout.write(JSON.stringify(outcome), () => process.exit())
}
