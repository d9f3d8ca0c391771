/** Programs that flood the same kind of server in turn, so that a busy moment of the machine strikes all of them. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FloodOrder, FloodOutcome } from './flood.ts'
import { startEchoServer } from './server.ts'

/** How many connections, and how many pings each of them keeps unanswered. */
export type Load = Pick<FloodOrder, 'connections' | 'inFlight'>

/** The command that floods as it is ordered. */
export type Contender = (order: FloodOrder) => readonly [file: string, ...args: string[]]

/** A contender that is a program in this directory. */
export function program(name: string, probe?: FloodOrder['probe']): Contender {
  return (order) => {
    const own: FloodOrder = { ...order, ...(probe !== undefined && { probe }) }
    return [process.execPath, join(import.meta.dirname, name), JSON.stringify(own)]
  }
}

/** Lets all contenders run in turn, so many times; each floods a fresh server in a process of its own. By their names. */
export async function contest(
  contenders: Readonly<Record<string, Contender>>,
  load: Load,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<ReadonlyMap<string, readonly FloodOutcome[]>> {
  const outcomes = new Map<string, FloodOutcome[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) outcomes.get(name)!.push(await flood(contender))
  }
  return outcomes

  async function flood(contender: Contender): Promise<FloodOutcome> {
    const server = await startEchoServer()
    try {
      const [file, ...args] = contender({ url: server.url, seconds, ...load })
      const { stdout } = await promisify(execFile)(file, args)
      return JSON.parse(stdout) as FloodOutcome
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
