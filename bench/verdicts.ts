/**
 * Are verdicts on real runs right? A server with known delays, whose true p99 is 0.8 times, exactly, and 1.25 times the limit;
 * each run ends when it is decided.
 *
 * Run: node bench/verdicts.ts [--runs 50] [--seconds 60]
 */
import { parseArgs } from 'node:util'
import { parseOptions } from '../src/options/options.ts'
import { run } from '../src/run/run.ts'
import { evaluateSLO } from '../src/slo/evaluate.ts'
import type { Verdict } from '../src/slo/verdict.ts'
import { startDelayingServer } from './control/delaying-server.ts'
import { count, median, printTable } from './control/figures.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seconds: { type: 'string', default: '60' } },
})
const [runs, seconds] = [Number(values.runs), Number(values.seconds)]
/** Milliseconds. */
const p99 = 20
/** Coprime to the number of delays: neighbours get delays that are far apart. */
const stride = 619
const delays = Array.from({ length: 1_000 }, (_, nth) => {
  const quantile = (((nth * stride) % 1_000) + 0.5) / 1_000
  return (Math.log(1 - quantile) / Math.log(0.01)) * p99
})

const rows: Record<string, string>[] = []
for (const ratio of [0.8, 1, 1.25]) {
  const until = { p99: `< ${p99 / ratio}ms` }
  const found: { verdict: Verdict; duration: number; pings: number }[] = []
  for (let nth = 0; nth < runs; nth++) {
    const server = await startDelayingServer(delays)
    const options = { connections: 64, rate: '5k/s', warmup: '500ms', maxDuration: `${seconds}s` }
    const result = await run(parseOptions({ ...options, url: server.url, until }))
    server.stop()
    found.push({ verdict: evaluateSLO(result, until).verdict, duration: result.duration, pings: result.pings.answered })
  }
  const times = (verdict: Verdict) => String(found.filter((one) => one.verdict === verdict).length)
  rows.push({
    'true p99 ÷ limit': String(ratio),
    pass: times('pass'),
    inconclusive: times('inconclusive'),
    fail: times('fail'),
    'median time': `${(median(found.map(({ duration }) => duration)) / 1_000).toFixed(1)} s`,
    'median pings': count(median(found.map(({ pings }) => pings))),
  })
}
printTable(
  'Verdicts on real runs',
  `${runs} runs each of up to ${seconds} s at 5,000 pings a second, server with a p99 of ${p99} ms in a process of its own.`,
  rows,
)
