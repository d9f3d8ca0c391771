/**
 * How long may a run with `until` have to last until it can pass an objective, however good the server is: where nothing ever
 * stands still, and where server or machine may stand still for as long as the limit.
 *
 * Run: node bench/run-lengths.ts
 */
import { defaults } from '../src/defaults.ts'
import { durationNeeded } from '../src/slo/duration-needed.ts'
import { parseSLO } from '../src/slo/objective.ts'
import { lookTimes } from '../src/statistics/interim-looks.ts'
import { formatDuration, formatRate } from '../src/units.ts'
import { printTable } from './control/figures.ts'

const mostPingsPerSecond = 10_000
const pingsPerSecond = [100, 1_000, mostPingsPerSecond]
const limits = ['20ms', '100ms', '500ms']
const percentiles = ['p50', 'p90', 'p95', 'p99', 'p99.9']
const falsePass = (1 - defaults.confidence) / lookTimes(defaults.maxDuration).length

printTable(
  'How long a run each objective needs',
  `At most, with \`until\` at a confidence of ${defaults.confidence}, of a server that is far from its limit.`,
  [
    ...percentiles.map((indicator) => ({
      objective: indicator,
      ...lengthsWithoutStalls(`${indicator} < 1s`),
      ...Object.fromEntries(
        limits.map((limit) => [headOfStalls(limit), lengthOf(`${indicator} < ${limit}`, mostPingsPerSecond, true)]),
      ),
    })),
    ...['errorRate < 1%', 'errorRate < 0.1%'].map((objective) => ({
      objective,
      ...lengthsWithoutStalls(objective),
      ...Object.fromEntries(limits.map((limit) => [headOfStalls(limit), '–'])),
    })),
  ],
)

function headOfStalls(limit: string): string {
  return `< ${limit}, stalls as long`
}

function lengthsWithoutStalls(objective: string): Record<string, string> {
  return Object.fromEntries(
    pingsPerSecond.map((rate) => [`at ${formatRate(rate)}, no stalls`, lengthOf(objective, rate, false)]),
  )
}

function lengthOf(objective: string, rate: number, stalls: boolean): string {
  const [parsed] = parseSLO([objective])
  const length = durationNeeded(parsed!, { pingsPerMs: rate / 1_000, stalls, falsePass })
  return length === undefined ? '–' : formatDuration(length)
}
