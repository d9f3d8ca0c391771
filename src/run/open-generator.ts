import type { LoadGenerator } from '../generator/load-generator.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import { Agents } from '../machines/agents.ts'
import { sum } from '../statistics/sum.ts'
import { describeEnvironment } from './environment.ts'
import type { SettledOptions } from './interim-looks.ts'
import { checkMachineLimits } from './machine-limits.ts'
import { threadsOf } from './plan.ts'
import { LoadThreads } from './threads.ts'

/** Threads of this process, or agents, with what they have to do. */
export async function openGenerator(
  flood: SettledOptions,
  plan: (machines?: readonly number[]) => ThreadPlan[][],
  signal: AbortSignal | undefined,
): Promise<LoadGenerator> {
  if (flood.machines === undefined) return openThreads(plan())
  return Agents.engage(flood.machines, {
    plans: (agents) => {
      const threads = threadsOf(
        flood,
        agents.map(({ processors }) => processors),
      )
      const all = plan(threads)
      return threads.map((count, nth) => {
        const first = sum(threads.slice(0, nth))
        return all.map((plans) => plans.slice(first, first + count))
      })
    },
    version: describeEnvironment().version,
    signal,
  })
}

/**
 * Opens the connections of floods in threads of this process.
 * @throws {WsLoadError} `WSLOAD_ERR_MACHINE_LIMIT`
 */
export function openThreads(plans: readonly (readonly ThreadPlan[])[]): LoadThreads {
  checkMachineLimits({ opened: plans.flat(), threads: Math.max(...plans.map(({ length }) => length)) })
  return new LoadThreads(plans)
}
