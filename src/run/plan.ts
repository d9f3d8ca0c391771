import { randomInt } from 'node:crypto'
import type { FanOutPlan, OpenPlan, ThreadPlan } from '../generator/thread-plan.ts'
import type { ResolvedOptions } from '../options/options.ts'
import { sum } from '../statistics/sum.ts'
import { availableProcessors } from '../system/processors.ts'
import { type Segment, threadSeed } from '../generator/schedule.ts'

/** With fewer connections a thread costs more than it brings. */
const fewestConnectionsOfThread = 16

/** How a flood takes turns with others. */
export type TurnTaking = Pick<ThreadPlan, 'measuredAfter' | 'turns'>

/**
 * Splits a run over its threads: connections, rates and pings as evenly as whole numbers allow.
 * @param machines how many threads each of them has
 */
export function planThreads(
  options: ResolvedOptions,
  url: string,
  { measuredAfter, turns }: TurnTaking = { measuredAfter: options.warmup, turns: undefined },
  machines: readonly number[] = [threadsFor(options)],
): ThreadPlan[] {
  const threads = sum(machines)
  const tag = randomInt(2 ** 32)
  const { connections, pings, connectRate, sessionRate, until, confidence: _, machines: __, fanOut, ...rest } = options
  const parts = fanOut === undefined ? undefined : planFanOut(fanOut, options, machines)
  let firstConnection = 0
  return Array.from({ length: threads }, (_, thread) => {
    const part = parts?.[thread]
    const own = part === undefined ? share(connections, thread, threads) : membersIn(part)
    const ofConnections = own / connections
    const ofRate = part === undefined ? ofConnections : part.publishers[part.thread]! / fanOut!.publishers
    const plan = {
      ...rest,
      url,
      measuredAfter,
      turns,
      firstConnection,
      connections: own,
      allConnections: connections,
      tag,
      connectRate: connectRate * ofConnections,
      sessionRate: sessionRate * ofConnections,
      decidable: until !== undefined,
      pings: pings === undefined ? Infinity : share(pings, thread, threads),
      open: planOpen(options, ofRate, thread, threads),
      fanOut: part,
    }
    firstConnection += own
    return plan
  })
}

/**
 * Half of the processors that this process may use, so that the server under test has the others; fewer for few connections.
 * Of a fan-out each thread has a subscriber at least.
 */
export function threadsFor(
  { threads, connections: all, fanOut, pings = Infinity }: ResolvedOptions,
  processors: number = availableProcessors(),
): number {
  const connections = fanOut?.subscribers ?? all
  const isAuto = threads === 'auto'
  const wanted = isAuto ? Math.max(1, Math.floor(processors / 2)) : threads
  const worthwhile = isAuto ? Math.floor(connections / fewestConnectionsOfThread) : connections
  return Math.max(1, Math.min(wanted, worthwhile, pings))
}

/**
 * How many threads each of several machines has: all of its processors but the one that its agent needs, as the server is
 * elsewhere; fewer for few connections, and one at least.
 * @param processors of each machine; of a quota there may be half a one
 */
export function threadsOf(
  { threads, connections: all, fanOut, pings = Infinity }: ResolvedOptions,
  processors: readonly number[],
): number[] {
  const connections = fanOut?.subscribers ?? all
  const isAuto = threads === 'auto'
  const worthwhile = Math.min(isAuto ? Math.floor(connections / fewestConnectionsOfThread) : connections, pings)
  const most = Math.floor(worthwhile / processors.length)
  return processors.map((of) => Math.max(1, Math.min(isAuto ? Math.floor(of) - 1 : threads, most)))
}

/** Messages that each publisher may have under way, at least and at most; those of all publishers together, at least. */
const [fewestUnderWay, mostUnderWay, fewestOfAll] = [16, 65_536, 4_096]
/** How many times as many as are due on average within the time that one may take. */
const bursts = 2
const secondMs = 1_000

/** The threads' parts of a fan-out. */
function planFanOut(
  { subscribers, publishers, rooms }: NonNullable<ResolvedOptions['fanOut']>,
  { stages, startRate, timeout, inFlight }: ResolvedOptions,
  machines: readonly number[],
): FanOutPlan[] {
  const highestRate = Math.max(startRate, ...(stages ?? []).map(({ rate }) => rate))
  const underWay = ((highestRate / publishers) * (timeout + secondMs) * bursts) / secondMs
  const wanted = Math.max(fewestUnderWay, fewestOfAll / publishers, inFlight, underWay)
  const capacity = 2 ** Math.ceil(Math.log2(Math.min(mostUnderWay, wanted)))
  const all = {
    publishers: shareOverMachines(publishers, machines, 1),
    subscribers: shareOverMachines(subscribers, machines, rooms),
  }
  const firstThread = (machine: number): number => sum(machines.slice(0, machine))
  const publishersOfMachines = machines.map((own, machine) => {
    const first = firstThread(machine)
    return sum(all.publishers.slice(first, first + own))
  })
  return machines.flatMap((own, machine) => {
    const first = firstThread(machine)
    const shape = {
      rooms,
      publishers: all.publishers.slice(first, first + own),
      subscribers: all.subscribers.slice(first, first + own),
      capacity,
      machine,
      machines: machines.length,
      firstPublisher: sum(all.publishers.slice(0, first)),
      firstSubscriber: sum(all.subscribers.slice(0, first)),
      publishersOfMachines,
    }
    return Array.from({ length: own }, (_, thread) => ({ ...shape, thread }))
  })
}

/**
 * What each thread has of a total: as much as others, unless a machine would then have less than it needs.
 * @param machines how many threads each of them has
 * @param least that each machine needs: no more than is there for it
 */
function shareOverMachines(total: number, machines: readonly number[], least: number): number[] {
  const threads = sum(machines)
  const firstOf = machines.map((_, machine) => sum(machines.slice(0, machine)))
  const even = Array.from({ length: threads }, (_, thread) => share(total, thread, threads))
  const isEnough = machines.every((own, machine) => sum(even.slice(firstOf[machine], firstOf[machine]! + own)) >= least)
  if (isEnough) return even
  const rest = total - least * machines.length
  return machines.flatMap((own, machine) =>
    Array.from(
      { length: own },
      (_, thread) => share(least, thread, own) + share(rest, firstOf[machine]! + thread, threads),
    ),
  )
}

/** Connections of a thread's part. */
function membersIn({ publishers, subscribers, thread }: FanOutPlan): number {
  return publishers[thread]! + subscribers[thread]!
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
  return { segments, arrivals, offset: thread / threads, seed: threadSeed(seed, thread, threads) }
}

function share(total: number, nth: number, of: number): number {
  return Math.floor(((nth + 1) * total) / of) - Math.floor((nth * total) / of)
}
