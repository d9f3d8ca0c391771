/**
 * What does a comparison gain, and what does it overlook, when it leaves turns out? Simulated logarithms of the ratios of neighbouring turns:
 * of a server and itself, of a head that is always slower, and of heads that are slow in a part of their turns, on a quiet machine and on one
 * that disturbs a part of the turns of both. Control: the mean of all turns.
 *
 * Run: node bench/left-out-turns.ts [--runs 1000] [--pairs 150]
 */
import { parseArgs } from 'node:util'
import { trimmedMean } from '../src/statistics/trimmed-mean.ts'
import { printTable } from './control/figures.ts'
import { normal, uniform } from './control/random.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, pairs: { type: 'string', default: '150' } },
})
const [runs, pairs] = [Number(values.runs), Number(values.pairs)]
/** Of p50, as a share. */
const allowed = 0.04
/** What half of the error probability of 99 % leaves to each end, at the last look. */
const tails = { lower: 0.005 / 4, upper: 0.005 }
/** Standard deviation of a logarithm that nothing disturbs. */
const turnNoise = 0.01

const machines = [
  { machine: 'quiet', disturbedShare: 0, disturbance: 0 },
  { machine: '20 % of turns disturbed', disturbedShare: 0.2, disturbance: 0.3 },
  { machine: '20 % of turns disturbed, much', disturbedShare: 0.2, disturbance: 0.7 },
]
const heads = [
  { head: 'the same', slowShare: 0, times: 1 },
  { head: '8 % slower', slowShare: 1, times: 1.08 },
  { head: '40 % slower in a fifth of its turns', slowShare: 0.2, times: 1.4 },
  { head: 'twice as slow in a tenth of its turns', slowShare: 0.1, times: 2 },
  { head: '20 % slower in a third of its turns', slowShare: 1 / 3, times: 1.2 },
]
const estimates = [
  { estimate: 'vitest-ws-load', share: 0.25 },
  { estimate: 'mean of all turns', share: 0 },
]

function verdictOf(logRatios: readonly number[], share: number): 'slower' | 'same' | 'unclear' {
  const { low, high } = trimmedMean(logRatios, share).interval(tails, 1)
  if (Math.expm1(low) > allowed) return 'slower'
  return Math.expm1(high) < allowed ? 'same' : 'unclear'
}

const rows = machines.flatMap(({ machine, disturbedShare, disturbance }) =>
  heads.flatMap(({ head, slowShare, times }) => {
    const simulated = Array.from({ length: runs }, (_, run) => {
      const random = uniform(run + 1)
      const next = normal(random)
      return Array.from({ length: pairs }, () => {
        const disturbed = random() < disturbedShare ? disturbance * next() : 0
        return turnNoise * next() + disturbed + (random() < slowShare ? Math.log(times) : 0)
      })
    })
    return estimates.map(({ estimate, share }) => {
      const verdicts = simulated.map((logRatios) => verdictOf(logRatios, share))
      const of = (wanted: string): string =>
        `${((100 * verdicts.filter((verdict) => verdict === wanted).length) / runs).toFixed(1)} %`
      return { machine, head, estimate, same: of('same'), unclear: of('unclear'), slower: of('slower') }
    })
  }),
)
printTable(
  'Turns that are left out',
  `${runs.toLocaleString('en-US')} simulated comparisons each of ${pairs} pairs of turns, ${allowed * 100} % of p50 allowed, which alone is judged. A turn of either side differs by ${turnNoise * 100} % (standard deviation), a disturbed one by 30 %, or 70 %.`,
  rows,
)
