import { printable } from '../printable.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount } from '../units.ts'
import type { Objective } from './objective.ts'

/** Of what others published so much has to have come, where no bound on `reach` says otherwise. */
const leastShare = 0.99

/** That what one machine publishes reaches nobody on another one: each would find its own messages complete. */
export function describeIslands({ machines = [] }: LoadResult): string[] {
  const published = machines.filter(({ pings }) => pings !== undefined && pings.sent > 0)
  return machines.flatMap(({ name, fromOthers }) =>
    fromOthers === 0 && published.some((other) => other.name !== name)
      ? [`nothing that other agents published came to the subscribers of the agent ${printable(name)}`]
      : [],
  )
}

/**
 * That too little of what one machine publishes reaches the others, though something does. Nobody times that, so what came late is not
 * told from what was lost: it is no miss, but never a pass.
 */
export function describeAstray({ machines = [] }: LoadResult, objectives: readonly Objective[] = []): string[] {
  const reach = objectives.filter(({ indicator, level }) => indicator === 'reach' && level === 'fail')
  const least = reach.length === 0 ? leastShare : Math.max(...reach.map(({ limit }) => limit))
  return machines.flatMap(({ name, fromOthers = 0, expectedFromOthers = 0 }) => {
    const isIsland = fromOthers === 0
    if (isIsland || expectedFromOthers === 0 || fromOthers / expectedFromOthers >= least) return []
    const [lacking, all] = [formatCount(expectedFromOthers - fromOthers), formatCount(expectedFromOthers)]
    return [
      `${lacking} of ${all} deliveries that other agents published at least a second before had not come to the subscribers of the agent ${printable(name)}`,
    ]
  })
}
