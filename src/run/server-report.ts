import { Turns, type TurnsPlan } from '../generator/turns.ts'
import type {
  LoadInterval,
  LoadResult,
  MachineReport,
  MachineUse,
  ServerBlock,
  ServerReport,
  ServerUse,
} from '../result/load-result.ts'
import type { Slices } from '../result/slices.ts'
import type { ServerUsage } from '../server/server-meter.ts'
import type { NotWatched } from '../server/watched-processes.ts'
import { ratio } from './ratio.ts'
import type { Reading } from './readings.ts'

/** How the server of a flood is watched, or why it is not. */
export type Side = Pick<ServerReport, 'source'> | NotWatched

/** What was seen of floods that took turns, or of a single one. */
export interface Observed {
  readonly readings: readonly Reading[]
  /** Why a reading failed; `undefined` where none did. */
  readonly refusal?: string | undefined
  /** Of each flood; `undefined` of those that are not to be watched. */
  readonly sides: readonly (Side | undefined)[]
  /** Which of them a result is of. */
  readonly side: number
  readonly turns: TurnsPlan | undefined
}

/** Parts of the window that a report keeps. */
const mostBlocks = 128
/** By how much a reading may be taken after the instant that it is meant for. */
const latestMs = 25
/** In less time ticks of 10 ms tell little. */
const shortestMs = 100

/** A result with what its server and the machine did meanwhile. */
export function withUse(result: LoadResult, observed: Observed): LoadResult {
  const { sides, side } = observed
  const own = sides[side]
  if (own === undefined) return result
  const times = sides.map((_, nth) => new OwnTime(observed.turns && { ...observed.turns, side: nth }))
  const time = times[side]!
  const readings = within(withTasks(observed.readings), time.over(result.duration), times)
  const [from, to] = [readings[0], readings.at(-1)]
  if (from === undefined || to === undefined || time.own(to.at) - time.own(from.at) < shortestMs) {
    return { ...result, serverUnwatched: 'reason' in own ? own.reason : whyUnread(observed) }
  }
  if ('source' in own && usagesOf({ from, to }, side)[1].processes < 1) {
    return { ...result, serverUnwatched: 'its processes have ended meanwhile' }
  }
  const isForeignKnown = sides.every((one) => one !== undefined && ('source' in one || one.isAccounted))
  const cameBy = arrivalsOf(result.slices)
  const useIn = (part: Part): Pick<LoadInterval, 'server' | 'machine'> => ({
    ...('source' in own && { server: useOfServer(part, side, time, cameBy) }),
    machine: useOfMachine(part, isForeignKnown),
  })
  return {
    ...result,
    ...('source' in own
      ? { server: { ...own, ...reportServer(readings, side, time, cameBy) } }
      : { serverUnwatched: own.reason }),
    machine: reportMachine({ from, to }, isForeignKnown),
    intervals: result.intervals.map((interval) => {
      const [start, end] = [time.elapsed(interval.start), time.over(interval.start + interval.duration)]
      const part = partOf(readings, start, end, times)
      return part === undefined ? interval : { ...interval, ...useIn(part) }
    }),
  }
}

function whyUnread({ refusal }: Observed): string {
  return refusal === undefined ? 'the run was too short for it' : `the system refused to tell: ${refusal}`
}

function reportServer(
  readings: readonly Reading[],
  side: number,
  time: OwnTime,
  cameBy: CameBy,
): Omit<ServerReport, 'source'> {
  const part = { from: readings[0]!, to: readings.at(-1)! }
  const [before, after] = usagesOf(part, side)
  const blocks = blocksOf(readings, side, time, cameBy)
  const pings = blocks.reduce((sum, block) => sum + block.pings, 0)
  const { cores, waiting, throttled } = useOfServer(part, side, time, cameBy)
  const peaks = readings.map((reading) => reading.peaks[side]!)
  const resident = (usage: ServerUsage): number => Math.round(usage.rss)
  return {
    processes: Math.round(Math.max(...peaks.map(({ processes }) => processes))),
    cpuPerPing: pings > 0 ? (after.cpu - before.cpu) / pings : NaN,
    cores,
    busiestThread:
      after.busiestThread && shareOf(after.busiestThread - (before.busiestThread ?? 0), time.between(part)),
    waiting,
    throttled,
    rss: { start: resident(before), max: Math.round(Math.max(...peaks.map(({ rss }) => rss))), end: resident(after) },
    blocks,
  }
}

function useOfServer(part: Part, side: number, time: OwnTime, cameBy: CameBy): ServerUse {
  const [before, after] = usagesOf(part, side)
  const { running, queued } = threadsBetween(before, after)
  const cpu = after.cpu - before.cpu
  const pings = cameBy(time.own(part.to.at)) - cameBy(time.own(part.from.at))
  return {
    cores: ratio(cpu, time.between(part)),
    waiting: running + queued > 0 ? queued / (running + queued) : undefined,
    throttled: after.throttled === undefined ? undefined : throttledShare(before, after),
    cpuPerPing: pings > 0 ? cpu / pings : undefined,
    rss: Math.round(after.rss),
  }
}

/** How long its threads ran and waited for a processor; 0 where the system does not tell. */
function threadsBetween(
  before: ServerUsage,
  after: ServerUsage,
): { readonly running: number; readonly queued: number } {
  return {
    running: (after.threads?.running ?? 0) - (before.threads?.running ?? 0),
    queued: (after.threads?.queued ?? 0) - (before.threads?.queued ?? 0),
  }
}

/** Of the time that it wanted a processor. A quota that is used up stops each processor's queue for itself, and all of them add up. */
function throttledShare(before: ServerUsage, after: ServerUsage): number {
  const stopped = (after.throttled ?? 0) - (before.throttled ?? 0)
  const { running, queued } = threadsBetween(before, after)
  // Of several threads in a queue each waits, and the queue was stopped once.
  if (running + queued === 0) return shareOfWanted(stopped, after.cpu - before.cpu)
  return shareOfWanted(Math.min(stopped, queued), running)
}

function shareOfWanted(stopped: number, running: number): number {
  return shareOf(stopped, running + stopped)
}

function reportMachine(part: Part, isForeignKnown: boolean): MachineReport {
  return { cores: part.to.machine.processors, ...useOfMachine(part, isForeignKnown) }
}

function throttledShareOfGenerator({ from, to }: Part): number | undefined {
  const { throttled } = to.generator
  if (throttled === undefined) return undefined
  const stopped = throttled - (from.generator.throttled ?? 0)
  return shareOfWanted(stopped, to.generator.cpu - from.generator.cpu)
}

function useOfMachine(part: Part, isForeignKnown: boolean): MachineUse {
  const { from, to } = part
  const spent = (of: 'total' | 'idle' | 'interrupts' | 'stolen'): number =>
    (to.machine[of] ?? 0) - (from.machine[of] ?? 0)
  const known = to.servers.reduce((sum, server, nth) => sum + (server?.cpu ?? 0) - (from.servers[nth]?.cpu ?? 0), 0)
  const ofGenerator = to.generator.cpu - from.generator.cpu
  // Kernels that do not account interrupts by themselves count them for whichever process they interrupt, too.
  const ofProcessors = spent('total') - spent('idle') - spent('interrupts') - spent('stolen')
  // In a container, others than its own processes are not in sight.
  const ofTasks = to.tasks === undefined || from.tasks === undefined ? 0 : to.tasks - from.tasks
  const foreign = Math.max(ofProcessors, ofTasks) - known - ofGenerator
  return {
    busy: shareOf(spent('total') - spent('idle'), spent('total')),
    generator: shareOf(ofGenerator, spent('total')),
    foreign: isForeignKnown ? shareOf(foreign, spent('total')) : undefined,
    steal: to.machine.stolen === undefined ? undefined : shareOf(spent('stolen'), spent('total')),
    throttled: throttledShareOfGenerator(part),
    pressure: pressureIn(part),
  }
}

function pressureIn({ from, to }: Part): MachineUse['pressure'] {
  const share = (before: number | undefined, after: number | undefined): number | undefined =>
    before === undefined || after === undefined ? undefined : shareOf(after - before, to.at - from.at)
  return {
    cpu: share(from.pressure.cpu, to.pressure.cpu),
    memory: share(from.pressure.memory, to.pressure.memory),
    io: share(from.pressure.io, to.pressure.io),
  }
}

/** The readings in at most {@link mostBlocks} parts, each with the answers that came in it. */
function blocksOf(readings: readonly Reading[], side: number, time: OwnTime, cameBy: CameBy): ServerBlock[] {
  const every = Math.ceil((readings.length - 1) / mostBlocks)
  const ends = readings.filter((_, nth) => nth % every === 0 || nth === readings.length - 1)
  return ends.slice(1).map((to, nth) => {
    const from = ends[nth]!
    const [before, after] = usagesOf({ from, to }, side)
    const [start, end] = [time.own(from.at), time.own(to.at)]
    return { start, duration: end - start, cpu: after.cpu - before.cpu, pings: cameBy(end) - cameBy(start) }
  })
}

/** How many answers had come by a moment of a flood's own time. */
type CameBy = (own: number) => number

/** Within a slice answers are taken to be spread evenly. */
function arrivalsOf(slices: Slices): CameBy {
  const sums = [0]
  for (const arrivals of slices.arrivals() ?? []) sums.push(sums.at(-1)! + arrivals)
  return (own) => {
    const at = Math.min(Math.max(own / slices.length, 0), slices.count)
    const slice = Math.floor(at)
    const [before, after = before] = [sums[slice]!, sums[slice + 1]]
    return before + (after - before) * (at - slice)
  }
}

/** What all processes had used is known where they were listed, and taken to have grown evenly in between. */
function withTasks(readings: readonly Reading[]): Reading[] {
  const listed = readings.filter(({ tasks }) => tasks !== undefined)
  let next = 0
  return readings.map((reading) => {
    while (next < listed.length && listed[next]!.at < reading.at) next++
    const [before, after] = [listed[next - 1], listed[next]]
    if (reading.tasks !== undefined || before === undefined || after === undefined) return reading
    return { ...reading, tasks: between(before.tasks, after.tasks, (reading.at - before.at) / (after.at - before.at)) }
  })
}

/** Readings up to an instant, and what is known of that instant. */
function within(readings: readonly Reading[], end: number, times: readonly OwnTime[]): Reading[] {
  const inside = readings.filter(({ at }) => at <= end + latestMs)
  const [last, next] = [inside.at(-1), readings[inside.length]]
  if (last === undefined || next === undefined || end - last.at < latestMs) return inside
  return [...inside, readBetween(last, next, end, times)]
}

/** What happened between two readings. */
interface Part {
  readonly from: Reading
  readonly to: Reading
}

function usagesOf({ from, to }: Part, side: number): readonly [ServerUsage, ServerUsage] {
  return [from.servers[side]!, to.servers[side]!]
}

/** What happened between two moments, see {@link readBetween}; `undefined` beyond the readings. */
function partOf(readings: readonly Reading[], start: number, end: number, times: readonly OwnTime[]): Part | undefined {
  const [from, to] = [readingAt(readings, start, times), readingAt(readings, end, times)]
  return from === undefined || to === undefined || to.at <= from.at ? undefined : { from, to }
}

function readingAt(readings: readonly Reading[], at: number, times: readonly OwnTime[]): Reading | undefined {
  const [first, last] = [readings[0]!, readings.at(-1)!]
  if (at < first.at) return first.at - at <= latestMs ? first : undefined
  if (at > last.at) return at - last.at <= latestMs ? last : undefined
  const next = readings.findIndex((reading) => reading.at >= at)
  const [before, after] = [readings[Math.max(0, next - 1)]!, readings[next]!]
  return after.at === before.at ? after : readBetween(before, after, at, times)
}

/** An instant between two readings, as if all had gone on evenly, but for servers: these work in their own turns. */
function readBetween(before: Reading, after: Reading, at: number, times: readonly OwnTime[]): Reading {
  const share = (at - before.at) / (after.at - before.at)
  const shareOfTurns = (time: OwnTime): number => {
    const own = time.between({ from: before, to: after })
    return own > 0 ? (time.own(at) - time.own(before.at)) / own : share
  }
  const servers = times.map((time, nth) => between(before.servers[nth], after.servers[nth], shareOfTurns(time)))
  return { ...between(before, after, share), servers }
}

/** Every number of two equal structures, so far from the one to the other. */
function between<T>(one: T, other: T, share: number): T {
  if (typeof one === 'number' && typeof other === 'number') return (one + (other - one) * share) as T
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return other
  if (Array.isArray(one)) return one.map((item: unknown, nth) => between(item, (other as unknown[])[nth], share)) as T
  const fields = Object.entries(one).map(([name, value]) => [
    name,
    between(value as unknown, (other as Record<string, unknown>)[name], share),
  ])
  return Object.fromEntries(fields) as T
}

function shareOf(part: number, whole: number): number {
  return Math.min(1, Math.max(0, ratio(part, whole)))
}

/** The time of a flood that has turns, or all of it. */
class OwnTime {
  readonly #turns: Turns | undefined

  constructor(plan: TurnsPlan | undefined) {
    this.#turns = plan && new Turns(plan)
  }

  own(elapsed: number): number {
    return this.#turns?.own(elapsed) ?? elapsed
  }

  elapsed(own: number): number {
    return this.#turns?.elapsed(own) ?? own
  }

  over(own: number): number {
    return this.#turns?.over(own) ?? own
  }

  between({ from, to }: Part): number {
    return this.own(to.at) - this.own(from.at)
  }
}
