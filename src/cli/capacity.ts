import { Command } from 'commander'
import { formatLoad } from '../capacity/load.ts'
import type { CapacityStep } from '../capacity/step.ts'
import { defaults } from '../defaults.ts'
import {
  parseLoad,
  type ResolvedCapacity,
  safeParseCapacity,
  safeParseCapacityComparison,
} from '../options/capacity.ts'
import { mistakesOf } from '../parsed.ts'
import { formatCapacityComparisonPage, formatCapacityPage } from '../page/capacity-page.ts'
import { formatCapacity, formatCapacityComparison, formatStep, formatSustained } from '../report/capacity.ts'
import type { Paint } from '../report/paint.ts'
import { formatJSON } from '../result/json.ts'
import { findCapacity } from '../run/capacity.ts'
import { compareCapacity } from '../run/compare-capacity.ts'
import { CapacityComparison } from '../summary/capacity-comparison.ts'
import { LoadCapacity } from '../summary/load-capacity.ts'
import { show } from '../wording.ts'
import { exitAfter, exitCodeOf, exitCodeOfCapacity } from './exit-code.ts'
import { type FilesByFlag, mistakesInFiles, writeFiles } from './files.ts'
import { nameFlag, seconds } from './flags.ts'
import { interruptible } from './interrupt.ts'
import {
  addLoadFlagsOfSearch,
  addServerFlags,
  type LoadFlags,
  loadOptionsOf,
  serverOf,
  verdictGroup,
} from './load-flags.ts'
import { noURL } from './no-url.ts'
import { paintFor } from './paint.ts'
import { aList } from './parse.ts'
import { mistakesInProbeFlags } from './probe-flags.ts'
import { showProgress, type Verbosity, verbosityOption } from './progress.ts'
import { usageError } from './usage-error.ts'

interface CapacityFlags extends LoadFlags {
  readonly slo?: readonly string[]
  readonly over?: string
  readonly from?: string
  readonly to?: string
  readonly precision?: string
  readonly ratePerConnection?: string
  readonly maxDuration?: string
  readonly sustain?: string
  readonly tolerance?: string
  readonly json?: string
  readonly html?: string
  readonly verbosity: Verbosity
}

const command = new Command('capacity')
  .summary('find the highest load that keeps an SLO')
  .description(
    'Tries one load after the other, each until it is clear whether the server keeps the SLO under it, and prints the highest one that it ' +
      'surely keeps and the lowest one that it surely misses.',
  )
  .argument('[url]', 'ws:// or wss://; without one the embedded echo server')
  .argument('[head]', 'a second one, whose capacity is compared with that of the first')
  .option('--slo <bound>', "what has to be kept, like 'p99 < 20ms'; repeatable", aList)
  .optionsGroup('Between which loads:')
  .option('--over <what>', 'what is varied: rate or connections (default: rate)')
  .option('--from <load>', 'the least load, like 1k/s, or a number of connections (default: 1/s, or 1, of each agent)')
  .option('--to <load>', 'the highest one (default: 1M/s, or 10000)')
  .option('--precision <share>', 'between what was kept and what was missed (default: 10%)')
  .option('--rate-per-connection <rate>', 'of each connection, where these are varied (default: 1/s)')
  .option(
    '--max-duration <duration>',
    `end a search that goes on (default: ${seconds(defaults.maxDuration)}, of two servers together ${seconds(defaults.maxDurationOfCapacities)})`,
  )

/** `ws-load capacity`: the highest load that keeps an SLO. */
export const capacityCommand: Command = addServerFlags(addLoadFlagsOfSearch(command))
  .optionsGroup(verdictGroup)
  .option('--sustain <load>', 'a load that has to be sustained: else the exit code is 1, or 3 where it is not clear')
  .option('-t, --tolerance <share>', 'by which the second one may be lower (default: twice the precision, 50% at most)')
  .option('--json <file>', 'write the capacity and the summary of each load as JSON, to stdout for -')
  .option('--html <file>', 'write a page with the curves of latency and errors over the load')
  .addOption(verbosityOption())
  .addHelpText(
    'after',
    `
Exit codes:
  0  a load was kept; with --sustain: that one is sustained; of two: the second one's capacity is not lower
  1  no load of the range was kept; with --sustain: that one is too much; of two: it is lower
  2  wrong usage
  3  nothing is sure; without --sustain, also where the search was cut short (a run failed, an agent was lost)
  4  otherwise 0, but an output could not be written
  5  it could not run
  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM; what was found until then is printed

Examples:
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 20ms'
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 20ms' --text PING -c 100 --from 1k/s --to 50k/s --sustain 10k/s
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 50ms' --over connections --to 5000 --rate-per-connection 2/s
  ws-load capacity ws://127.0.0.1:3001 ws://127.0.0.1:3002 --slo 'p95 < 20ms' -t 15%`,
  )
  .action(async (url: string | undefined, head: string | undefined, flags: CapacityFlags) => {
    process.exitCode =
      url === undefined || head === undefined ? await search(url, flags) : await compare(url, head, flags)
  })

async function search(url: string | undefined, flags: CapacityFlags): Promise<number> {
  const options = safeParseCapacity({ ...(url !== undefined && { url }), ...serverOf(flags), ...optionsOf(flags) })
  const sustained = sustainedLoad(flags)
  const mistakes = [
    ...mistakesOf(options).map(nameFlag),
    ...mistakesInFlags(flags),
    ...(sustained === 'unreadable'
      ? [`--sustain: expected a load as --from has it, like 10k/s, got ${show(flags.sustain)}`]
      : []),
    ...('value' in options && typeof sustained === 'number'
      ? mistakesInSustained(options.value, sustained, flags.sustain)
      : []),
    ...(flags.tolerance === undefined ? [] : ['--tolerance: expected two URLs with it, got one']),
  ]
  if ('mistakes' in options || sustained === 'unreadable' || mistakes.length > 0) throw usageError(...mistakes)
  const { watcher, print, end } = showProgress(flags.verbosity)
  const onStep = (step: CapacityStep): void => print(formatStep(options.value, step, paintFor(process.stderr)))
  const { result, interrupted } = await interruptible((signal) =>
    findCapacity(options.value, { signal, watcher, onStep }),
  ).finally(end)
  const capacity = new LoadCapacity(result)
  const verdict = sustained === undefined ? undefined : capacity.judge(sustained)
  const unwritten = write(flags, capacity, {
    text: (paint) =>
      verdict === undefined ? formatCapacity(capacity, paint) : formatSustained(capacity, verdict, paint),
    page: () => formatCapacityPage(capacity, verdict),
  })
  if (url === undefined) outputOf(flags).write(noURL)
  return exitAfter(interrupted ?? exitCodeOfCapacity(capacity, verdict?.verdict), unwritten)
}

async function compare(base: string, head: string, flags: CapacityFlags): Promise<number> {
  const { tolerance } = flags
  const options = safeParseCapacityComparison({
    base: { url: base },
    head: { url: head },
    ...optionsOf(flags),
    ...(tolerance !== undefined && { tolerance }),
  })
  const alone = { '--sustain': flags.sustain, '--server-pid': flags.serverPid, '--server-cgroup': flags.serverCgroup }
  const mistakes = [
    ...mistakesOf(options).map(nameFlag),
    ...mistakesInFlags(flags),
    ...Object.entries(alone).flatMap(([flag, given]) =>
      given === undefined ? [] : [`${flag}: expected one URL with it, got two`],
    ),
  ]
  if ('mistakes' in options || mistakes.length > 0) throw usageError(...mistakes)
  const { watcher, print, end } = showProgress(flags.verbosity)
  const onStep = (side: string, step: CapacityStep): void =>
    print(`${side}: ${formatStep(options.value.search, step, paintFor(process.stderr))}`)
  const { result, interrupted } = await interruptible((signal) =>
    compareCapacity(options.value, { signal, watcher, onStep }),
  ).finally(end)
  const comparison = new CapacityComparison(result.base, result.head, result.verdict)
  const unwritten = write(flags, comparison, {
    text: (paint) => formatCapacityComparison(comparison, paint),
    page: () => formatCapacityComparisonPage(comparison),
  })
  return exitAfter(interrupted ?? exitCodeOf(comparison.verdict), unwritten)
}

/** Prints and writes what was found. @returns what could not be written */
function write(
  flags: CapacityFlags,
  found: LoadCapacity | CapacityComparison,
  { text, page }: { readonly text: (paint: Paint) => string; readonly page: () => string },
): string[] {
  const output = outputOf(flags)
  output.write(`${text(paintFor(output))}\n`)
  if (flags.json === '-') process.stdout.write(formatJSON(found))
  return writeFiles(filesOf(flags), { '--json': () => formatJSON(found), '--html': page })
}

/** Where people read what was found. */
function outputOf({ json }: CapacityFlags): NodeJS.WriteStream {
  return json === '-' ? process.stderr : process.stdout
}

function mistakesInFlags(flags: CapacityFlags): string[] {
  return [...mistakesInProbeFlags(flags), ...mistakesInFiles(filesOf(flags))]
}

/** The load of `--sustain`; `undefined` without it. */
function sustainedLoad({ sustain, over }: CapacityFlags): number | 'unreadable' | undefined {
  if (sustain === undefined) return undefined
  return parseLoad(over === 'connections' ? 'connections' : 'rate', loadOf(over, sustain)) ?? 'unreadable'
}

/** Of a load that is never tried, nothing but the range may be told. */
function mistakesInSustained({ over, from, to }: ResolvedCapacity, load: number, given: string | undefined): string[] {
  if (load >= from && load <= to) return []
  const [least, most] = [formatLoad(over, from), formatLoad(over, to)]
  return [`--sustain: expected a load of the range, from ${least} (--from) to ${most} (--to), got ${show(given)}`]
}

/** Numbers of connections are numbers, rates are texts. */
function loadOf(over: string | undefined, given: string): string | number {
  return over === 'connections' && /^\s*\d+\s*$/.test(given) ? Number(given) : given
}

function optionsOf(flags: CapacityFlags): Readonly<Record<string, unknown>> {
  const { slo, over, from, to } = flags
  const names = ['over', 'precision', 'ratePerConnection', 'maxDuration'] as const
  return {
    ...loadOptionsOf(flags),
    slo,
    ...(from !== undefined && { from: loadOf(over, from) }),
    ...(to !== undefined && { to: loadOf(over, to) }),
    ...Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]])),
  }
}

function filesOf({ json, html }: CapacityFlags): FilesByFlag {
  return { '--json': json === '-' ? undefined : json, '--html': html }
}
