/**
 * Is this package slower than it was? Two checkouts of it, base and head, run in turns: `bench/micro` under Vitest, and one
 * flood of the same server by each of them. Prints Markdown.
 *
 * Run: node bench/self-gate.ts BASE HEAD [rounds]
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { startEmbedded } from '../src/server/embedded.ts'
import { median, printTable } from './control/figures.ts'

const [base, head] = process.argv.slice(2, 4).map((path) => resolve(path)) as [string, string]
const rounds = Number(process.argv[4] ?? 5)
const run = promisify(execFile)

/** Milliseconds by what was measured. */
type Figures = ReadonlyMap<string, number>

interface JsonReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly benchmarks?: readonly {
        readonly tasks: readonly { readonly name: string; readonly latency: { readonly p50: number } }[]
      }[]
    }[]
  }[]
}

interface SummaryJson {
  readonly generator: { readonly cpuPerPing: number }
  readonly latency: { readonly p50: number }
}

/** Medians of `bench/micro`; none in a checkout that has no such benchmarks yet. */
async function measurePieces(checkout: string): Promise<Figures> {
  if (!existsSync(join(checkout, 'bench/micro'))) return new Map()
  const file = join(checkout, 'node_modules/.self-gate.json')
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  await run(process.execPath, [vitest, 'bench', '--run', '--reporter=json', `--outputFile=${file}`], { cwd: checkout })
  const { testResults } = JSON.parse(await readFile(file, 'utf8')) as JsonReport
  await rm(file)
  const tasks = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ benchmarks = [] }) => benchmarks)
    .flatMap((benchmark) => benchmark.tasks)
  return new Map(tasks.map(({ name, latency }) => [name, latency.p50]))
}

/** One flood in a process of its own: the CPU time of a ping, and what a ping took. */
async function measureFlood(checkout: string, url: string): Promise<Figures> {
  const flags = ['-c', '64', '-d', '2s', '--warmup', '500ms', '-v', 'error', '--json', '-']
  const { stdout } = await run(process.execPath, [join(checkout, 'dist/cli/main.js'), url, ...flags])
  const { generator, latency } = JSON.parse(stdout) as SummaryJson
  return new Map([
    ['flood: CPU per ping', generator.cpuPerPing],
    ['flood: p50', latency.p50],
  ])
}

const seen = { base: [] as Figures[], head: [] as Figures[] }
const server = await startEmbedded()
for (let round = 0; round < rounds; round++) {
  const sides = [
    ['base', base],
    ['head', head],
  ] as const
  for (const [side, checkout] of round % 2 === 0 ? sides : sides.toReversed()) {
    const [pieces, flood] = [await measurePieces(checkout), await measureFlood(checkout, server.url)]
    seen[side].push(new Map([...pieces, ...flood]))
  }
}
await server.stop()

const names = [...seen.head[0]!.keys()]
const rows = names.map((name) => {
  const [before, after] = [seen.base, seen.head].map((all) => all.map((figures) => figures.get(name) ?? NaN))
  const ratios = after!.map((value, round) => value / before![round]!)
  const percent = (ratio: number): string => (Number.isNaN(ratio) ? 'new' : `${((ratio - 1) * 100).toFixed(1)} %`)
  return {
    what: name,
    'base µs': (median(before!) * 1_000).toPrecision(3),
    'head µs': (median(after!) * 1_000).toPrecision(3),
    change: percent(median(ratios)),
    'of the rounds': `${percent(Math.min(...ratios))} … ${percent(Math.max(...ratios))}`,
  }
})
printTable(
  'This commit against its base',
  `Medians of ${rounds} rounds in turns; a change within the range of the rounds is noise.`,
  rows,
)
