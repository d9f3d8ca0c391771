import type { LoadResult } from '../result/load-result.ts'
import { type Decision, endWhenDecided, lastLook, type ResultsOf, type SettledOptions } from './interim-looks.ts'
import { announceFlood } from './other-floods.ts'
import { Observer } from './observer.ts'
import { openGenerator } from './open-generator.ts'
import { planThreads } from './plan.ts'
import { watch, type Watcher } from './progress.ts'
import { summarize } from './summarize.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import type { Family } from '../server/descendants.ts'
import { checkPlatform } from '../server/platform.ts'
import type { ServerIdentity } from '../server/watched-processes.ts'
import { timeForAll, turnLengthMs } from '../generator/turns.ts'

// Taken when the module loads: a test's fake timers do not change when a run began.
const { now } = Date

/** Who watches {@link runSideBySide}, and may end it before its time. */
export interface SideBySide<Results = readonly LoadResult[]> {
  readonly signal?: AbortSignal | undefined
  readonly decision?: Decision<Results> | undefined
  /** What tells the processes of each flood's server from others, where this package has started it. */
  readonly families?: readonly (Family | undefined)[]
  /** Judges a run without `decision` like one of the same length that was not decided before its end. */
  readonly asLastLook?: boolean
  readonly watcher?: Watcher | undefined
}

/**
 * Runs one flood, or several that take turns in short slices of time, in the same load threads: whatever disturbs the
 * machine meanwhile disturbs all of them. Each has the warm-up and the duration that it asks for to itself.
 * @throws {WsLoadError} `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, `WSLOAD_ERR_MACHINE_LIMIT`, `WSLOAD_ERR_THREAD_CRASHED`; of agents
 * `WSLOAD_ERR_NATS`, `WSLOAD_ERR_AGENTS`
 */
export async function runSideBySide<const Floods extends readonly SettledOptions[]>(
  floods: Floods,
  { signal, decision, families = [], asLastLook = false, watcher }: SideBySide<ResultsOf<Floods>>,
): Promise<ResultsOf<Floods>> {
  checkPlatform()
  const sides = floods.length
  const connections = floods.reduce((sum, flood) => sum + flood.connections, 0)
  const measuredAfter = timeForAll(Math.max(...floods.map(({ warmup }) => warmup)), sides)
  const longest = Math.max(...floods.map(({ duration }) => duration)) * sides
  const undecidedLook = asLastLook ? lastLook(longest) : undefined
  const { seed } = floods[0]!
  const turns = floods.map((_, side) => (sides === 1 ? undefined : { side, sides, length: turnLengthMs, seed }))
  const plan = (machines?: readonly number[]): ThreadPlan[][] =>
    floods.map((options, side) => planThreads(options, options.url, { measuredAfter, turns: turns[side] }, machines))
  const generator = await openGenerator(floods[0]!, plan, signal)
  const abort = (): void => generator.abort()
  signal?.addEventListener('abort', abort, { once: true })
  // It may have been aborted while the target was starting.
  if (signal?.aborted) abort()
  let unwatch = (): void => {}
  const announced = generator.isLocal ? announceFlood() : undefined
  let observer: Observer | undefined
  try {
    watcher?.report({ phase: 'connecting', remaining: Infinity, connections, seconds: [] })
    await generator.connected()
    observer = new Observer(
      floods.map((options, side) => identityOf(options, families[side])),
      turns,
    )
    const begin = (await generator.start()) + measuredAfter
    const startedAt = new Date(now() + begin - process.uptime() * 1_000)
    observer.watch(begin, longest)
    announced?.countFrom(begin)
    announced?.countUntil(begin + longest)
    if (watcher !== undefined) unwatch = watch(watcher, { generator, begin, longest, connections })
    const { looks, results: atLook } =
      decision === undefined
        ? { looks: undecidedLook }
        : await endWhenDecided(decision as Decision, { generator, floods, begin, longest, startedAt, observer })
    if (atLook !== undefined) announced?.countUntil(process.uptime() * 1_000)
    const reports = await generator.done()
    const otherFloods = announced?.end() ?? 0
    const agents = generator.agents(begin)
    const results = observer.observed(
      floods.map((options, side) => summarize(reports[side]!, options, startedAt, looks, agents?.[side])),
    )
    const settled = atLook === undefined ? results : ((decision as Decision).settle?.(results, atLook) ?? results)
    return settled.map((result, side) => ({
      ...result,
      ...(results[side]!.machines !== undefined && { machines: results[side]!.machines }),
      environment: { ...result.environment, otherFloods },
    })) as unknown as ResultsOf<Floods>
  } finally {
    announced?.end()
    observer?.end()
    unwatch()
    signal?.removeEventListener('abort', abort)
    await generator.terminate()
  }
}

/** By what the processes of a flood's server are known; `undefined` if nobody wants to know. */
function identityOf({ server, url }: SettledOptions, family: Family | undefined): ServerIdentity | undefined {
  if (server === false) return undefined
  if (server !== 'auto') return 'pid' in server ? { source: 'pid', ...server } : { source: 'cgroup', ...server }
  return family === undefined ? { source: 'port', url } : { source: 'command', family, url }
}
