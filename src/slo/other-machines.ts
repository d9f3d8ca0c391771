import { printable } from '../printable.ts'
import type { AgentReport, LoadResult } from '../result/load-result.ts'
import { sum } from '../statistics/sum.ts'
import { formatCount } from '../units.ts'
import { meets } from './judge.ts'
import type { Objective } from './objective.ts'

/** Of what others published so much has to have come, where no bound on `reach` says otherwise. */
const leastShare = 0.99

/** That what one machine publishes reaches nobody on another one: each would find its own messages complete. */
export function describeIslands({ machines = [] }: LoadResult): string[] {
  return machines
    .filter((agent) => agent.fromOthers === 0 && hearsOfOthers(agent, machines))
    .map(({ name }) => `nothing that other agents published came to the subscribers of the agent ${printable(name)}`)
}

/**
 * That too little of what one machine publishes reaches the others, though something does, or that nobody knows yet. Nobody times that,
 * so what came late is not told from what was lost: it is no miss, but never a pass.
 */
export function describeAstray({ machines = [] }: LoadResult, objectives: readonly Objective[] = []): string[] {
  const bounds = objectives.filter(({ level }) => level === 'fail')
  const boundsOn = (name: string): Objective[] => bounds.filter(({ indicator }) => indicator === name)
  const reach = boundsOn('reach')
  const missedByAll = sum(machines.map((agent) => agent.missedFromOthers ?? 0))
  const areTooMany = boundsOn('missed').some((bound) => !meets(missedByAll, bound))
  const isTooLittle = (came: number, missed: number): boolean =>
    reach.some((bound) => !meets(came, bound)) ||
    boundsOn('errorRate').some((bound) => !meets(missed, bound)) ||
    (reach.length === 0 && came < leastShare)
  return machines.flatMap((agent) => {
    const { fromOthers = 0, expectedFromOthers: expected, missedFromOthers: missed } = agent
    if (fromOthers === 0 || expected === undefined || missed === undefined || !hearsOfOthers(agent, machines)) return []
    const subscribers = `the subscribers of the agent ${printable(agent.name)}`
    if (expected === 0) {
      return [`the run was too short to tell whether all that other agents publish comes to ${subscribers}`]
    }
    const isLost = isTooLittle((expected - missed) / expected, missed / expected)
    if (!isLost && !(areTooMany && missed > 0)) return []
    return [
      `${formatCount(missed)} of ${formatCount(expected)} deliveries that other agents published at least a second before had not come to ${subscribers}`,
    ]
  })
}

/** Whether others have published what the subscribers of an agent are to receive. */
function hearsOfOthers({ name }: AgentReport, machines: readonly AgentReport[]): boolean {
  return machines.some((other) => other.name !== name && (other.pings?.sent ?? 0) > 0)
}
