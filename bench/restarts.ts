/**
 * Two processes of one program differ: is the interval of a comparison right that starts its servers once, and how often is it, and how
 * wide, with `restarts`? Servers that parse and hash JSON, on one processor: equal ones, and a head that hashes 16 % more. Control: the same
 * comparison without restarts, as long.
 *
 * Run: npm run build && node bench/restarts.ts [--runs 100] [--restarts 15] [--seconds 30] [--log FILE]
 * A hundred of them take three hours: with a log, a run that was stopped goes on. The one that is published is in bench/results/.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Change, ChangeVerdict } from '../src/gate/comparison.ts'
import { type Side, parseComparison } from '../src/options/compare.ts'
import { compare } from '../src/run/compare.ts'
import { median, printTable } from './control/figures.ts'
import { freePort } from './control/free-port.ts'
import { type Provenance, provenance, triedOn } from './control/provenance.ts'
import { inRounds } from './control/rounds.ts'
import type { Work } from './control/working-server.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    restarts: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '30' },
    log: { type: 'string' },
  },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
/** The one that both servers may use, by its number. */
const processor = 1
const tolerance = { p50: '5%', cpuPerPing: '5%' }
const base: Work = { hashes: 64 }
const heads: readonly { readonly head: string; readonly work: Work; readonly isSame: boolean }[] = [
  { head: 'the same work', work: base, isSame: true },
  { head: '16 % more hashes', work: { hashes: 74 }, isSame: false },
]
const gates = [
  { gate: `${values.restarts} restarts`, restarts: Number(values.restarts) },
  { gate: 'none (control)', restarts: 0 },
]

/** One comparison: a line of the log. */
interface Outcome extends Provenance {
  readonly gate: string
  readonly head: string
  readonly verdict: ChangeVerdict
  readonly changes: readonly Pick<Change, 'indicator' | 'change' | 'low' | 'high'>[]
  readonly seconds: number
}

async function sideOf(work: Work): Promise<Side> {
  const port = await freePort()
  const program = fileURLToPath(new URL('control/working-server.ts', import.meta.url))
  const command = `exec '${process.execPath}' '${program}' '${JSON.stringify(work)}' ${port}`
  return { command, url: `ws://127.0.0.1:${port}`, cpuAffinity: processor }
}

async function judge(work: Work, restarts: number): Promise<Pick<Outcome, 'verdict' | 'changes' | 'seconds'>> {
  const begun = performance.now()
  const protocol = new URL('control/json.protocol.ts', import.meta.url)
  const { verdict } = await compare(
    parseComparison({
      base: await sideOf(base),
      head: await sideOf(work),
      connections: 32,
      probe: { protocol },
      tolerance,
      restarts,
      maxDuration: `${seconds}s`,
    }),
  )
  return {
    verdict: verdict.verdict,
    changes: verdict.changes
      .filter(({ high }) => high < Infinity)
      .map(({ indicator, change, low, high }) => ({ indicator, change, low, high })),
    seconds: (performance.now() - begun) / 1_000,
  }
}

const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`)

const cases = heads.flatMap((head) => gates.map((gate) => ({ ...head, ...gate })))
const outcomes = await inRounds<(typeof cases)[number], Outcome>(
  cases,
  {
    runs,
    log: values.log,
    isOf: (outcome, { gate, head }) => outcome.gate === gate && outcome.head === head,
    // How often an interval is right takes many of them.
    everyNthRound: ({ isSame, restarts }) => (isSame && restarts > 0 ? 1 : 5),
  },
  async ({ gate, head, work, restarts }) => ({ gate, head, ...provenance, ...(await judge(work, restarts)) }),
)
const outcomesOf = (gate: string, head: string): Outcome[] =>
  outcomes.filter((one) => one.gate === gate && one.head === head)

printTable(
  'Comparisons whose servers are started again',
  `Servers that parse and hash JSON, on one processor, 32 connections; each comparison measures for up to ${seconds} s and allows ${tolerance.p50} of p50 and of cpuPerPing. Tried on ${triedOn(outcomes)}.`,
  cases.map(({ gate, head }) => {
    const own = outcomesOf(gate, head)
    const times = (verdict: ChangeVerdict): string => String(own.filter((one) => one.verdict === verdict).length)
    return {
      restarts: gate,
      head,
      runs: String(own.length),
      slower: times('slower'),
      faster: times('faster'),
      same: times('same'),
      unclear: times('unclear'),
      'median time': `${median(own.map((outcome) => outcome.seconds)).toFixed(0)} s`,
    }
  }),
)
printTable(
  'What was known of each figure',
  'When the comparison ended; "differ by" is the standard deviation of the change from comparison to comparison.',
  cases.flatMap(({ gate, head, isSame }) =>
    ['p50', 'cpuPerPing'].map((figure) => {
      const known = outcomesOf(gate, head).flatMap(({ changes }) =>
        changes.filter(({ indicator }) => indicator === figure),
      )
      const changes = known.map(({ change }) => change)
      const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length
      const variance = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0) / (changes.length - 1)
      return {
        restarts: gate,
        head,
        figure,
        'median change': percent(median(changes)),
        'differ by': percent(changes.length < 2 ? NaN : Math.sqrt(variance)),
        'interval, half': percent(median(known.map(({ low, high }) => (high - low) / 2))),
        'interval holds 0': isSame
          ? `${known.filter(({ low, high }) => low <= 0 && high >= 0).length} of ${known.length}`
          : '',
      }
    }),
  ),
)
