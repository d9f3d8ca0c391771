import type { Crossing, FloodReport } from '../generator/flood-report.ts'
import type { SeenAgent } from '../generator/load-generator.ts'
import { without } from '../options/without.ts'
import type { AgentReport, GeneratorReport } from '../result/load-result.ts'
import { LatencySummary } from '../result/latency-summary.ts'
import { sum } from '../statistics/sum.ts'
import { compareCrossing } from './crossing.ts'
import { merge } from './merge.ts'
import { sumPings } from '../result/sum-pings.ts'

/** What each agent measured and what it says of itself. */
export function reportAgents(
  agents: readonly SeenAgent[],
  reports: readonly FloodReport[],
  generators: ReadonlyMap<string, GeneratorReport>,
): AgentReport[] {
  return agents.map((seen) => {
    const generator = generators.get(seen.name)
    if (generator === undefined) return seen
    const own = reports.filter(({ agent }) => agent === seen.name)
    const others = reports.filter(({ agent }) => agent !== seen.name)
    const pings = sumPings(own.map(({ recording }) => recording.pings))
    const fanOuts = own.flatMap(({ fanOut }) => fanOut ?? [])
    const { expected, missed } = compareCrossing(crossingOf(own), crossingOf(others))
    const { p50, p99 } = new LatencySummary(merge(own.map(({ recording }) => recording.latency)))
    return {
      ...seen,
      opened: sum(own.map(({ connections }) => connections.opened)),
      pings,
      ...(pings.answered > 0 && { p50, p99 }),
      ...(fanOuts.length > 0 && {
        fromOthers: sum(fanOuts.map(({ fromOthers }) => fromOthers)),
        expectedFromOthers: expected,
        missedFromOthers: missed,
      }),
      generator: without(generator, 'sendDelay'),
    }
  })
}

function crossingOf(reports: readonly FloodReport[]): Crossing[] {
  return reports.flatMap(({ fanOut }) => fanOut?.crossing ?? [])
}
