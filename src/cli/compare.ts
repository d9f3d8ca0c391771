import { Command, InvalidArgumentError } from 'commander'
import { compareRuns } from '../gate/compare.ts'
import { findToleranceMistakes, parseTolerance, type Tolerance } from '../gate/tolerance.ts'
import { compare } from '../run/compare.ts'
import { formatPage } from '../page/page.ts'
import { formatComparison } from '../report/comparison.ts'
import { formatJSON } from '../result/json.ts'
import { LoadComparison } from '../summary/load-comparison.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { mistakesInFiles, writeFiles } from './files.ts'
import { interruptible } from './interrupt.ts'
import { paintFor } from './paint.ts'
import { aNumber } from './parse.ts'
import { showProgress, type Verbosity, verbosityOption } from './progress.ts'
import { readSummary } from './read-summary.ts'
import { usageError } from './usage-error.ts'

interface CompareFlags {
  readonly tolerance: Tolerance | undefined
  readonly confidence: number | undefined
  readonly connections: number | undefined
  readonly rate: string | undefined
  readonly maxDuration: string | undefined
  readonly markdown: boolean
  readonly json: boolean
  readonly html: string | undefined
  readonly verbosity: Verbosity
}

/** `ws-load compare`: two files of summaries, or two servers. */
export const compareCommand: Command = new Command('compare')
  .summary('judge whether one run, or one server, is slower than another')
  .description(
    'Judges whether HEAD is slower than BASE: two files that JSON.stringify(summary) wrote, or the URLs of two servers, ' +
      'which are then flooded in alternate slices of time until it is clear.',
  )
  .argument('<base>', 'a file, or a ws:// URL')
  .argument('<head>', 'a file, or a ws:// URL')
  .option(
    '-t, --tolerance <figure=share>',
    'how much a figure may grow: p50=10%, p99=20%, mean=5%, min=1ms, errorRate=1%; repeatable',
    addTolerance,
  )
  .option('--confidence <probability>', 'of the verdict, 0.5 to 1 (default: 0.99)', aNumber)
  .option('-c, --connections <number>', 'of each server (default: 10)', aNumber)
  .option('-r, --rate <rate>', 'pings per second, like 5k/s (default: as many as are answered)')
  .option('--max-duration <duration>', 'end a comparison of servers that stays unclear (default: 30s)')
  .option('--markdown', 'print Markdown', false)
  .option('--json', 'print JSON', false)
  .option('--html <file>', 'write a page with both runs in each chart')
  .addOption(verbosityOption())
  .addHelpText(
    'after',
    `
Exit codes:
  0  no regression, or faster
  1  slower
  2  wrong usage
  3  unclear
  130  interrupted; what was measured until then is printed

Examples:
  ws-load compare base.json head.json --markdown >> "$GITHUB_STEP_SUMMARY"
  ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 -c 64 -t p50=10% -t p99=20% -t min=1ms`,
  )
  .action(async (base: string, head: string, flags: CompareFlags) => {
    const files = { '--html': flags.html }
    const mistakes = [...mistakesInFiles(files), ...(isUrl(base) || isUrl(head) ? [] : flagsOfServers(flags))]
    if (mistakes.length > 0) throw usageError(...mistakes)
    const { result: comparison, interrupted } =
      isUrl(base) || isUrl(head)
        ? await interruptible((signal) => compareServers(base, head, flags, signal))
        : { result: compareFiles(base, head, flags), interrupted: false }
    process.stdout.write(print(comparison, flags))
    writeFiles(files, { '--html': () => pageOfComparison(comparison) })
    process.exitCode = interrupted ? exitCode.interrupted : exitCodeOf(comparison.verdict)
  })

/** Flags that two files have no use for. */
function flagsOfServers({ connections, rate, maxDuration }: CompareFlags): string[] {
  const given = Object.entries({ connections, rate, 'max-duration': maxDuration })
  return given
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => `--${flag}: expected two URLs with it, got two files`)
}

async function compareServers(
  base: string,
  head: string,
  flags: CompareFlags,
  signal: AbortSignal,
): Promise<LoadComparison> {
  const { tolerance, confidence, connections, rate, maxDuration, verbosity } = flags
  const { watcher, end } = showProgress(verbosity)
  const options = {
    base: { url: base },
    head: { url: head },
    signal,
    ...(tolerance !== undefined && { tolerance }),
    ...(confidence !== undefined && { confidence }),
    ...(connections !== undefined && { connections }),
    ...(rate !== undefined && { rate }),
    ...(maxDuration !== undefined && { maxDuration }),
  }
  const runs = await compare(options, watcher).finally(end)
  return new LoadComparison(runs.base, runs.head, runs.verdict)
}

/** Two files, as the sides of a comparison. */
export function compareFiles(
  base: string,
  head: string,
  { tolerance, confidence = 0.99 }: Partial<CompareFlags>,
): LoadComparison {
  const [before, after] = [readSummary(base), readSummary(head)]
  return new LoadComparison(before, after, compareRuns(before, after, parseTolerance(tolerance), confidence))
}

/** Both runs in each chart. */
export function pageOfComparison({ base, head, ...comparison }: LoadComparison): string {
  const runs = Object.entries({ base, head }).map(([name, result]) => ({ name, result }))
  return formatPage('Base against head', [{ title: 'head', runs, comparison }])
}

function print(comparison: LoadComparison, { markdown, json }: CompareFlags): string {
  if (json) return formatJSON(comparison)
  return markdown ? `${comparison.toMarkdown()}\n` : inColours(comparison)
}

/** As `toString` says it. */
export function inColours(comparison: LoadComparison): string {
  return `${formatComparison(comparison, paintFor(process.stdout))}\n`
}

function addTolerance(given: string, before: Tolerance = {}): Tolerance {
  const [name = '', ...rest] = given.split('=')
  const tolerance = { ...before, [name.trim()]: rest.join('=').trim() }
  const [mistake] = findToleranceMistakes(tolerance)
  if (mistake !== undefined) throw new InvalidArgumentError(mistake)
  return tolerance
}

function isUrl(text: string): boolean {
  return /^wss?:\/\//.test(text)
}
