import type { FloodReport } from '../generator/flood-report.ts'
import type { SeenAgent } from '../generator/load-generator.ts'
import { without } from '../options/without.ts'
import type { AgentReport, GeneratorReport } from '../result/load-result.ts'
import { sumPings } from './sum-pings.ts'

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
    return {
      ...seen,
      pings: sumPings(own.map(({ recording }) => recording.pings)),
      generator: without(generator, 'sendDelay'),
    }
  })
}
