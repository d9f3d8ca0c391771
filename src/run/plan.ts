import { randomInt } from 'node:crypto'
import type { OpenPlan, ThreadPlan } from '../generator/thread-plan.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { availableProcessors } from '../generator/processors.ts'
import { type Segment, threadSeed } from '../generator/schedule.ts'

/** With fewer connections a thread costs more than it brings. */
const fewestConnectionsOfThread = 16

/** How a flood takes turns with others. */
export type TurnTaking = Pick<ThreadPlan, 'measuredAfter' | 'turns'>

/**
 * Splits a run over its threads: connections, rates and pings as evenly as whole numbers allow.
 * @param processors that this process may use
 */
export function planThreads(
  options: ResolvedOptions,
  url: string,
  { measuredAfter, turns }: TurnTaking = { measuredAfter: options.warmup, turns: undefined },
  processors: number = availableProcessors(),
): ThreadPlan[] {
  const threads = threadsFor(options, processors)
  const tag = randomInt(2 ** 32)
  const { connections, pings, connectRate, sessionRate, until, confidence: _, ...rest } = options
  let firstConnection = 0
  return Array.from({ length: threads }, (_, thread) => {
    const own = share(connections, thread, threads)
    const part = own / connections
    const plan = {
      ...rest,
      url,
      measuredAfter,
      turns,
      firstConnection,
      connections: own,
      allConnections: connections,
      tag,
      connectRate: connectRate * part,
      sessionRate: sessionRate * part,
      decidable: until !== undefined,
      pings: pings === undefined ? Infinity : share(pings, thread, threads),
      open: planOpen(options, part, thread, threads),
    }
    firstConnection += own
    return plan
  })
}

/** Half of the processors that this process may use, so that the server under test has the others; fewer for few connections. */
function threadsFor({ threads, connections, pings = Infinity }: ResolvedOptions, processors: number): number {
  const isAuto = threads === 'auto'
  const wanted = isAuto ? Math.max(1, Math.floor(processors / 2)) : threads
  const worthwhile = isAuto ? Math.floor(connections / fewestConnectionsOfThread) : connections
  return Math.max(1, Math.min(wanted, worthwhile, pings))
}

function planOpen(options: ResolvedOptions, part: number, thread: number, threads: number): OpenPlan | undefined {
  const { stages, startRate, warmup, arrivals, seed } = options
  if (stages === undefined) return undefined
  const segments: Segment[] = []
  if (warmup > 0) segments.push({ duration: warmup, from: startRate * part, to: startRate * part })
  let from = startRate
  for (const { duration, rate } of stages) {
    if (duration > 0) segments.push({ duration, from: from * part, to: rate * part })
    from = rate
  }
  return { segments, arrivals, offset: thread / threads, seed: threadSeed(seed, thread) }
}

function share(total: number, nth: number, of: number): number {
  return Math.floor(((nth + 1) * total) / of) - Math.floor((nth * total) / of)
}
