import { Command } from 'commander'
import { defaults } from '../defaults.ts'
import { compareRuns } from '../gate/compare.ts'
import { parseTolerance, type ResolvedTolerance, safeParseTolerance, type Tolerance } from '../gate/tolerance.ts'
import { safeParseComparison, safeParseJudgement, type Side } from '../options/compare.ts'
import { mistakesOf, type Parsed, within } from '../parsed.ts'
import { compare } from '../run/compare.ts'
import { formatPage } from '../page/page.ts'
import { formatComparison } from '../report/comparison.ts'
import { recordedComparison } from '../report/flood-record.ts'
import { formatJSON } from '../result/json.ts'
import { LoadComparison } from '../summary/load-comparison.ts'
import { exitAfter, exitCodeOf } from './exit-code.ts'
import {
  addReadyMadeFlags,
  addRoleFlags,
  askForFanOut,
  type FanOutFlags,
  fanOutOptionsOf,
  mistakesInProtocol,
  nameFlagOfFanOut,
  withoutProtocol,
} from './fan-out-flags.ts'
import { type FilesByFlag, mistakesInFiles, writeFiles } from './files.ts'
import { nameFlag, seconds } from './flags.ts'
import { givenFlags } from './given-flags.ts'
import { interruptible } from './interrupt.ts'
import { addLoadFlags, type LoadFlags, loadOptionsOf, verdictGroup } from './load-flags.ts'
import { paintFor } from './paint.ts'
import { aListOfNumbers, aNumber } from './parse.ts'
import { mistakesInProbeFlags } from './probe-flags.ts'
import { showProgress, type Verbosity, verbosityOption } from './progress.ts'
import { readSummary } from './read-summary.ts'
import { usageError } from './usage-error.ts'

interface CompareFlags extends LoadFlags, FanOutFlags {
  readonly baseCommand?: string
  readonly baseCwd?: string
  readonly headCommand?: string
  readonly headCwd?: string
  readonly cpuAffinity?: readonly number[]
  readonly tolerance?: Tolerance
  readonly confidence?: number
  readonly maxDuration?: string
  readonly restarts?: number
  readonly markdown: boolean
  readonly json?: string
  readonly html?: string
  readonly verbosity: Verbosity
}

/** Flags that two files have a use for, too. */
const flagsOfFiles: ReadonlySet<string> = new Set([
  'tolerance',
  'confidence',
  'markdown',
  'json',
  'html',
  'verbosity',
] satisfies (keyof CompareFlags)[])

const loadCommand = addLoadFlags(
  new Command('compare')
    .summary('judge whether one run, or one server, is slower than another')
    .description(
      'Judges whether HEAD is slower than BASE: two files that JSON.stringify(summary) wrote, or the URLs of two servers, ' +
        'which are then flooded with the same load in alternate slices of time until it is clear.',
    )
    .argument('<base>', 'a file, or a ws:// URL')
    .argument('<head>', 'a file, or a ws:// URL')
    .optionsGroup('How long:')
    .option(
      '--max-duration <duration>',
      `end a comparison of servers that stays unclear (default: ${seconds(defaults.maxDurationOfComparison)})`,
    ),
)
loadCommand
  .optionsGroup('Where the servers come from:')
  .option('--base-command <command>', 'start the base so, and end it after the comparison; <base> is where it is then')
  .option('--base-cwd <directory>', 'where its command is run (default: here)')
  .option('--head-command <command>', 'likewise the head')
  .option('--head-cwd <directory>', 'likewise')
  .option(
    '--cpu-affinity <list>',
    'keep both of these servers on the same processors: 1, or 0,1 (Linux)',
    aListOfNumbers,
  )
  .option(
    '--restarts <number>',
    'end both of these servers and start them anew, so often: 7 to 99 (default: 0)',
    aNumber,
  )
addReadyMadeFlags(addRoleFlags(loadCommand.optionsGroup('Of fan-outs:')))

/** Latencies of pings that count where none is named. */
const defaultTolerance = parseTolerance()
  .figures.map(({ indicator, allowed }) => `${indicator}=${Math.round(allowed * 100)}%`)
  .join(', ')

/** `ws-load compare`: two files of summaries, or two servers. */
export const compareCommand: Command = loadCommand
  .optionsGroup(verdictGroup)
  .option(
    '-t, --tolerance <figure=share>',
    `how much a figure may grow: p50=10%, p99=20%, mean=5%, delivery.p50=10%, min=1ms, errorRate=1%, cpuPerPing=10%, fallback=cpuPerPing; repeatable (default: ${defaultTolerance})`,
    addTolerance,
  )
  .option('--markdown', 'print Markdown', false)
  .option('--json <file>', 'write the comparison as JSON, to stdout for -')
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
  4  otherwise 0, but an output could not be written
  5  it could not run
  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM; what was measured until then is printed

Examples:
  ws-load compare base.json head.json --markdown >> "$GITHUB_STEP_SUMMARY"
  ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 -c 64 -t p50=10% -t p99=20% -t min=1ms
  ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 --text PING --echo -H 'Cookie: session=1'
  ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 --text PING \\
    --base-command 'PORT=3001 node server.js' --base-cwd ../main --head-command 'PORT=3002 node server.js'
  ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 -s 100 -r 100/s --mqtt-topic '{"topic":"rooms/%r"}'`,
  )
  .action(async (base: string, head: string, flags: CompareFlags, command: Command) => {
    process.exitCode =
      isUrl(base) || isUrl(head)
        ? await compareServers(base, head, flags)
        : compareFiles(
            base,
            head,
            flags,
            givenFlags(command, (option) => !flagsOfFiles.has(option)),
          )
  })

async function compareServers(base: string, head: string, flags: CompareFlags): Promise<number> {
  const { tolerance, maxDuration, restarts, cpuAffinity } = flags
  const isFanOut = askForFanOut(flags)
  const load = isFanOut ? { ...loadOptionsOf(withoutProtocol(flags)), ...fanOutOptionsOf(flags) } : loadOptionsOf(flags)
  const options = safeParseComparison({
    ...load,
    base: sideOf(base, flags.baseCommand, flags.baseCwd, cpuAffinity),
    head: sideOf(head, flags.headCommand, flags.headCwd, cpuAffinity),
    ...(tolerance !== undefined && { tolerance }),
    ...(maxDuration !== undefined && { maxDuration }),
    ...(restarts !== undefined && { restarts }),
  })
  const mistakes = [
    ...mistakesOf(options).map(isFanOut ? nameFlagOfFanOut : nameFlag),
    ...(isFanOut ? await mistakesInProtocol(flags) : mistakesInProbeFlags(flags)),
    ...mistakesInFiles(filesOf(flags)),
    ...mistakesInAffinity(flags),
  ]
  if ('mistakes' in options || mistakes.length > 0) throw usageError(...new Set(mistakes))
  const { watcher, end } = showProgress(flags.verbosity)
  const { result, interrupted } = await interruptible((signal) => compare(options.value, { signal, watcher })).finally(
    end,
  )
  const comparison = new LoadComparison(result.base, result.head, result.verdict)
  const unwritten = print(comparison, flags)
  return exitAfter(interrupted ?? exitCodeOf(comparison.verdict), unwritten)
}

/** A server that runs already, or one to be started; a directory alone is a mistake that the options tell. */
function sideOf(
  url: string,
  command: string | undefined,
  cwd: string | undefined,
  cpuAffinity: readonly number[] | undefined,
): Side {
  return {
    url,
    ...(command !== undefined && { command, ...(cpuAffinity !== undefined && { cpuAffinity }) }),
    ...(cwd !== undefined && { cwd }),
  }
}

/** Of servers that run already, whoever started them says where. */
function mistakesInAffinity({ cpuAffinity, baseCommand, headCommand }: CompareFlags): string[] {
  const isOfNone = cpuAffinity !== undefined && baseCommand === undefined && headCommand === undefined
  return isOfNone ? ['--cpu-affinity: expected --base-command or --head-command with it'] : []
}

function compareFiles(base: string, head: string, flags: CompareFlags, useless: readonly string[]): number {
  const judgement = safeParseJudgement({ confidence: flags.confidence })
  const mistakes = [
    ...[...mistakesInTolerance(flags.tolerance), ...mistakesOf(judgement)].map(nameFlag),
    ...mistakesInFiles(filesOf(flags), [base, head]),
    ...useless.map((flag) => `${flag}: expected two URLs with it, got two files`),
  ]
  if ('mistakes' in judgement || mistakes.length > 0) throw usageError(...mistakes)
  const [before, after] = [readSummary(base), readSummary(head)]
  const tolerance = toleranceOf(flags.tolerance, after.fanOut !== undefined)
  if ('mistakes' in tolerance) throw usageError(...tolerance.mistakes.map(nameFlag))
  const verdict = compareRuns(before, after, tolerance.value, judgement.value.confidence)
  const comparison = new LoadComparison(before, after, verdict)
  return exitAfter(exitCodeOf(comparison.verdict), print(comparison, flags))
}

function toleranceOf(tolerance: Tolerance | undefined, isFanOut: boolean): Parsed<ResolvedTolerance> {
  return within('tolerance', safeParseTolerance(tolerance, isFanOut))
}

/** What is wrong with a tolerance whatever the files turn out to be. */
function mistakesInTolerance(tolerance: Tolerance | undefined): readonly string[] {
  const ofPings = mistakesOf(toleranceOf(tolerance, false))
  const ofFanOut = mistakesOf(toleranceOf(tolerance, true))
  return ofFanOut.length < ofPings.length ? ofFanOut : ofPings
}

/** Two files, as the sides of a comparison. */
export function compareSummaries(base: string, head: string): LoadComparison {
  const [before, after] = [readSummary(base), readSummary(head)]
  const tolerance = parseTolerance(undefined, 'tolerance', after.fanOut !== undefined)
  return new LoadComparison(before, after, compareRuns(before, after, tolerance, defaults.confidence))
}

function filesOf({ json, html }: CompareFlags): FilesByFlag {
  return { '--json': json === '-' ? undefined : json, '--html': html }
}

/** Both runs in each chart. */
export function pageOfComparison(comparison: LoadComparison): string {
  const { base, head } = comparison
  const runs = Object.entries({ base, head }).map(([name, result]) => ({ name, result }))
  return formatPage('Base against head', [{ title: 'head', runs, verdicts: [recordedComparison(comparison)] }])
}

/** @returns what could not be written */
function print(comparison: LoadComparison, flags: CompareFlags): string[] {
  const { json, markdown } = flags
  const output = json === '-' ? process.stderr : process.stdout
  if (markdown) output.write(`${comparison.toMarkdown()}\n`)
  else printComparison(output, comparison)
  if (json === '-') process.stdout.write(formatJSON(comparison))
  return writeFiles(filesOf(flags), {
    '--json': () => formatJSON(comparison),
    '--html': () => pageOfComparison(comparison),
  })
}

/** As `toString` says it, in colours. */
export function printComparison(output: NodeJS.WriteStream, comparison: LoadComparison): void {
  output.write(`${formatComparison(comparison, paintFor(output))}\n`)
}

function addTolerance(given: string, before: Tolerance = {}): Tolerance {
  const [name = '', ...rest] = given.split('=')
  return { ...before, [name.trim()]: rest.join('=').trim() }
}

function isUrl(text: string): boolean {
  return /^\s*wss?:\/\//i.test(text)
}
