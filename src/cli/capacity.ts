import { Command } from 'commander'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { defaults } from '../defaults.ts'
import { parseLoad, safeParseCapacity } from '../options/capacity.ts'
import { mistakesOf } from '../parsed.ts'
import { formatCapacityPage } from '../page/capacity-page.ts'
import { formatCapacity, formatStep, formatSustained } from '../report/capacity.ts'
import { formatJSON } from '../result/json.ts'
import { findCapacity } from '../run/capacity.ts'
import { LoadCapacity } from '../summary/load-capacity.ts'
import { show } from '../wording.ts'
import { exitAfter, exitCode } from './exit-code.ts'
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
  .requiredOption('--slo <bound>', "what has to be kept, like 'p99 < 20ms'; repeatable", aList)
  .optionsGroup('Between which loads:')
  .option('--over <what>', 'what is varied: rate or connections (default: rate)')
  .option('--from <load>', 'the least load, like 1k/s, or a number of connections (default: 1/s, or 1)')
  .option('--to <load>', 'the highest one (default: 1M/s, or 10000)')
  .option('--precision <share>', 'between what was kept and what was missed (default: 10%)')
  .option('--rate-per-connection <rate>', 'of each connection, where these are varied (default: 1/s)')
  .option('--max-duration <duration>', `end a search that goes on (default: ${seconds(defaults.maxDuration)})`)

/** `ws-load capacity`: the highest load that keeps an SLO. */
export const capacityCommand: Command = addServerFlags(addLoadFlagsOfSearch(command))
  .optionsGroup(verdictGroup)
  .option('--sustain <load>', 'a load that has to be sustained: else the exit code is 1, or 3 where it is not clear')
  .option('--json <file>', 'write the capacity and the summary of each load as JSON, to stdout for -')
  .option('--html <file>', 'write a page with the curves of latency and errors over the load')
  .addOption(verbosityOption())
  .addHelpText(
    'after',
    `
Exit codes:
  0  a load was kept; with --sustain: that one is sustained
  1  no load of the range was kept; with --sustain: that one is too much
  2  wrong usage
  3  nothing is sure; with --sustain: that one is neither surely sustained nor surely too much
  4  otherwise 0, but an output could not be written
  5  it could not run
  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM; what was found until then is printed

Examples:
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 20ms'
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 20ms' --text PING -c 100 --from 1k/s --to 50k/s --sustain 10k/s
  ws-load capacity ws://127.0.0.1:3001 --slo 'p99 < 50ms' --over connections --to 5000 --rate-per-connection 2/s`,
  )
  .action(async (url: string | undefined, flags: CapacityFlags) => {
    process.exitCode = await search(url, flags)
  })

async function search(url: string | undefined, flags: CapacityFlags): Promise<number> {
  const options = safeParseCapacity(optionsOf(url, flags))
  const sustained = sustainedLoad(flags)
  const mistakes = [
    ...mistakesOf(options).map(nameFlag),
    ...mistakesInProbeFlags(flags),
    ...(sustained === 'unreadable'
      ? [`--sustain: expected a load as --from has it, like 10k/s, got ${show(flags.sustain)}`]
      : []),
    ...mistakesInFiles(filesOf(flags)),
  ]
  if ('mistakes' in options || sustained === 'unreadable' || mistakes.length > 0) throw usageError(...mistakes)
  const { watcher, print, end } = showProgress(flags.verbosity)
  const onStep = (step: Parameters<typeof formatStep>[1]): void =>
    print(formatStep(options.value, step, paintFor(process.stderr)))
  const { result, interrupted } = await interruptible((signal) =>
    findCapacity(options.value, { signal, watcher, onStep }),
  ).finally(end)
  const capacity = new LoadCapacity(result)
  const verdict = sustained === undefined ? undefined : capacity.judge(sustained)
  const output = flags.json === '-' ? process.stderr : process.stdout
  const paint = paintFor(output)
  output.write(
    `${verdict === undefined ? formatCapacity(capacity, paint) : formatSustained(capacity, verdict, paint)}\n`,
  )
  if (flags.json === '-') process.stdout.write(formatJSON(capacity))
  const unwritten = writeFiles(filesOf(flags), {
    '--json': () => formatJSON(capacity),
    '--html': () => formatCapacityPage(capacity, verdict),
  })
  return exitAfter(interrupted ?? exitCodeOf(capacity, verdict?.verdict), unwritten)
}

function exitCodeOf({ low, high }: LoadCapacity, verdict: SustainVerdict['verdict'] | undefined): number {
  const outcome = verdict ?? (low > 0 ? 'pass' : high < Infinity ? 'fail' : 'inconclusive')
  return { pass: exitCode.fine, fail: exitCode.missed, inconclusive: exitCode.unclear }[outcome]
}

/** The load of `--sustain`; `undefined` without it. */
function sustainedLoad({ sustain, over }: CapacityFlags): number | 'unreadable' | undefined {
  if (sustain === undefined) return undefined
  return parseLoad(over === 'connections' ? 'connections' : 'rate', loadOf(over, sustain)) ?? 'unreadable'
}

/** Numbers of connections are numbers, rates are texts. */
function loadOf(over: string | undefined, given: string): string | number {
  return over === 'connections' && given.trim() !== '' ? Number(given) : given
}

function optionsOf(url: string | undefined, flags: CapacityFlags): Readonly<Record<string, unknown>> {
  const { slo, over, from, to } = flags
  const names = ['over', 'precision', 'ratePerConnection', 'maxDuration'] as const
  return {
    ...(url !== undefined && { url }),
    ...serverOf(flags),
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
