/** Programs that flood the same kind of server in turn, so that a busy moment of the machine strikes all of them. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FloodOrder, FloodOutcome } from './flood.ts'
import { startEchoServer } from './server.ts'

/** How many connections, and how many pings each of them keeps unanswered. */
export type Load = Pick<FloodOrder, 'connections' | 'inFlight'>

/** The command that floods as it is ordered. */
export type Contender<Order = FloodOrder> = (order: Order) => readonly [file: string, ...args: string[]]

/** A contender that is a program in this directory. */
export function program(name: string, probe?: FloodOrder['probe']): Contender<object> {
  return (order) => {
    const own = { ...order, ...(probe !== undefined && { probe }) }
    return [process.execPath, join(import.meta.dirname, name), JSON.stringify(own)]
  }
}

/**
 * Lets all contenders run in turn, so many times; each floods a fresh server in a process of its own. By their names.
 * @param start starts the server
 */
export async function contest<Outcome = FloodOutcome, OwnLoad = Load>(
  contenders: Readonly<Record<string, Contender<OwnLoad & Pick<FloodOrder, 'url' | 'seconds'>>>>,
  load: OwnLoad,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  start: typeof startEchoServer = startEchoServer,
): Promise<ReadonlyMap<string, readonly Outcome[]>> {
  const outcomes = new Map<string, Outcome[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) outcomes.get(name)!.push(await flood(contender))
  }
  return outcomes

  async function flood(contender: (typeof contenders)[string]): Promise<Outcome> {
    const server = await start()
    try {
      const [file, ...args] = contender({ url: server.url, seconds, ...load })
      const { stdout } = await promisify(execFile)(file, args)
      return JSON.parse(stdout) as Outcome
    } finally {
      server.stop()
    }
  }
}

/** Pings per second in each round. */
export function ratesOf(outcomes: readonly FloodOutcome[]): number[] {
  return outcomes.map(({ pings, seconds }) => pings / seconds)
}

/** Microseconds of CPU per ping in each round. */
export function costsOf(outcomes: readonly FloodOutcome[]): number[] {
  return outcomes.map(({ pings, flooding }) => (flooding * 1_000) / pings)
}
