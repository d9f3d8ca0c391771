import { Command } from 'commander'
import { threatsToValidity } from '../gate/comparable.ts'
import { compareSideBySide } from '../gate/compare.ts'
import type { Change } from '../gate/comparison.ts'
import { smallestRegression } from '../gate/sensitivity.ts'
import { parseTolerance } from '../gate/tolerance.ts'
import { compare } from '../run/compare.ts'
import { parseComparison } from '../options/compare.ts'
import { type ResolvedOptions, safeParseOptions } from '../options/options.ts'
import { mistakesOf } from '../parsed.ts'
import { runSideBySide } from '../run/side-by-side.ts'
import { describeEnvironment } from '../run/environment.ts'
import { LoadComparison } from '../summary/load-comparison.ts'
import type { LoadResult } from '../result/load-result.ts'
import { wrap } from '../report/layout.ts'
import { describeServer } from '../report/server.ts'
import { startEmbedded } from '../server/embedded.ts'
import { describeBottleneck } from '../slo/bottleneck.ts'
import { formatCounted, formatDuration, formatRatio } from '../units.ts'
import { aWholeNumber } from './parse.ts'
import { exitCode } from './exit-code.ts'
import { nameFlag } from './flags.ts'
import { interruptible } from './interrupt.ts'
import { addConfidenceFlag, addLocalLoadFlags, type LoadFlags, loadOptionsOf } from './load-flags.ts'
import { mistakesInProbeFlags } from './probe-flags.ts'
import { showProgress } from './progress.ts'
import { type JudgedAlike, latenciesIn, recommend, workIn } from './recommendation.ts'
import { usageError } from './usage-error.ts'

interface DoctorFlags extends LoadFlags {
  readonly seconds: number
}

const unanswerable =
  'the servers of the doctor answer pings and send messages back, which answers nothing of this load: leave out its protocol'

/** What the servers of the doctor take for an answer: like an application, and precisely known. */
const serverDelayMs = 1
/** What equal servers are held to: the processor time per answer too, so that it is known what can be told of it. */
const toleranceOfEquals = parseTolerance({ cpuPerPing: '5%', fallback: 'cpuPerPing' })
/** The regression that is injected: this multiple of the smallest that can be found, within these ratios. */
const injectedMultiple = 1.5
const [smallestInjected, largestInjected] = [0.1, 10]
/** A gate that finds no smaller regression than this ratio is too coarse for most. */
const coarseRegression: Readonly<Record<string, number>> = { p50: 0.1, p99: 0.5 }

/** `ws-load doctor`: can the gate go red here, and on how little? */
export const doctorCommand: Command = addConfidenceFlag(
  addLocalLoadFlags(
    new Command('doctor')
      .summary('find the smallest regression that can be seen on this machine')
      .description(
        'Compares two embedded servers that do the same, which tells the noise of this machine and so the smallest regression ' +
          'that wsLoad.compare() can find here in that time; then slows one of them down and shows that it is found.',
      )
      .optionsGroup('How long:')
      .option(
        '-s, --seconds <number>',
        'how long each of the two comparisons may take, 2 to 3600',
        aWholeNumber(2, 3_600),
        30,
      ),
  ),
)
  .addHelpText(
    'after',
    '\nExit codes:\n  0  the regression was found\n  1  it was not\n  2  wrong usage\n  4  the output could not be written\n  5  it could not run\n' +
      '  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM; what was measured until then is printed',
  )
  .action(async (flags: DoctorFlags) => {
    const load = readLoad(flags)
    const { cpu, cores, node, os } = describeEnvironment()
    say(
      `${cpu}, ${formatCounted(cores, 'core')}, ${os}, Node ${node}; ${formatCounted(load.connections, 'connection')}`,
    )
    const { result: found, interrupted } = await interruptible((signal) => examine(load, flags, signal))
    process.exitCode = interrupted ?? (found ? exitCode.fine : exitCode.missed)
  })

/** Says what it finds out, as far as it comes. @returns whether a regression was found */
async function examine(load: ResolvedOptions, flags: DoctorFlags, signal: AbortSignal): Promise<boolean> {
  say(`\n1. Two servers that do the same, for ${flags.seconds} s`)
  const noise = await compareAlike(load, signal)
  if (noise === undefined) return cutShort()
  for (const line of describeNoise(noise.changes)) say(`   ${line}`)
  for (const line of noise.disturbances.flatMap((text) => wrap(text, '   '))) say(line)
  if (signal.aborted) return cutShort()
  const injected = injectionFor(noise.changes)
  say(`\n2. A server that takes ${formatRatio(injected)} longer`)
  const comparison = await compareSlower(delayOf(injected, noise.changes), flags, signal)
  if (comparison === undefined) return cutShort()
  for (const line of String(comparison).split('\n')) say(`   ${line}`)
  const found = comparison.verdict === 'slower'
  if (signal.aborted && !found) return cutShort()
  say(found ? '\nThe gate can go red here.' : '\nThe gate did not see it: it is blind here.')
  for (const line of noise.threats.length > 0 ? describeThreats(noise.threats) : recommend(noise, flags.seconds))
    say(line)
  for (const line of adviceOn(noise.changes, found)) say(line)
  return found
}

function cutShort(): false {
  say('\nInterrupted: nothing is said of what the gate sees here.')
  return false
}

/** The load that flags ask for, for half of the time: each side's. */
function readLoad(flags: DoctorFlags): ResolvedOptions {
  const options = safeParseOptions({ ...loadOptionsOf(flags), duration: (flags.seconds * 1_000) / 2 })
  const mistakes = [...mistakesOf(options).map(nameFlag), ...mistakesInProbeFlags(flags)]
  if ('mistakes' in options || mistakes.length > 0) throw usageError(...mistakes)
  return options.value
}

/** What two servers that do the same differ by. */
interface Noise extends JudgedAlike {
  /** What the base and this machine did meanwhile. */
  readonly disturbances: readonly string[]
  /** Why a comparison of such runs is unclear, whatever its tolerance. */
  readonly threats: readonly string[]
}

/** What a server and this machine did, however little, and what kept the server from a processor. */
function disturbancesOf(result: LoadResult): string[] {
  return [...describeServer(result, 0), ...describeBottleneck(result, 0)]
}

/** All of the time is used, and judged as a comparison of that length would be at its end. */
async function compareAlike(load: ResolvedOptions, signal: AbortSignal): Promise<Noise | undefined> {
  const [base, head] = await Promise.all([startEmbedded(serverDelayMs), startEmbedded(serverDelayMs)])
  try {
    if (signal.aborted) return undefined
    const floods = [
      { ...load, url: base.url },
      { ...load, url: head.url },
    ] as const
    const { watcher, end } = showProgress('info')
    const [before, after] = await runSideBySide(floods, { signal, asLastLook: true, watcher }).finally(end)
    if (before.pings.answered === 0 && !signal.aborted) throw usageError(unanswerable)
    const judged = compareSideBySide(before, after, toleranceOfEquals, load.confidence)
    const threats = [...new Set([before, after].flatMap(threatsToValidity))]
    return { ...judged, disturbances: disturbancesOf(before), threats }
  } finally {
    await Promise.all([base.stop(), head.stop()])
  }
}

async function compareSlower(
  delay: number,
  flags: DoctorFlags,
  signal: AbortSignal,
): Promise<LoadComparison | undefined> {
  const [base, head] = await Promise.all([startEmbedded(serverDelayMs), startEmbedded(delay)])
  try {
    if (signal.aborted) return undefined
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const { watcher, end } = showProgress('info')
    const options = parseComparison({ ...loadOptionsOf(flags), ...sides, maxDuration: `${flags.seconds}s` })
    const runs = await compare(options, { signal, watcher }).finally(end)
    return new LoadComparison(runs.base, runs.head, runs.verdict)
  } finally {
    await Promise.all([base.stop(), head.stop()])
  }
}

function describeNoise(changes: readonly Change[]): string[] {
  return [...latenciesIn(changes), ...workIn(changes)].map((change) => {
    const smallest = smallestRegression(change)
    const seen =
      smallest === Infinity
        ? 'no regression can be found in this time'
        : `regressions from ${formatRatio(smallest)} (${formatDuration(smallest * change.base)}) can be found`
    return `${change.indicator} ${formatDuration(change.base)}: ${seen}`
  })
}

function describeThreats(threats: readonly string[]): string[] {
  return ['\nNo tolerance can be recommended:', ...threats.flatMap((text) => wrap(text, '  '))]
}

/** A regression of the median that should be found. */
function injectionFor(changes: readonly Change[]): number {
  const median = latenciesIn(changes).map(smallestRegression)[0]!
  const injected = Number((injectedMultiple * median).toPrecision(2))
  return Math.min(largestInjected, Math.max(smallestInjected, injected))
}

/** Milliseconds that the slower server waits, so that its median is longer by a ratio: where answers queue, a wait shorter than that is none. */
function delayOf(by: number, changes: readonly Change[]): number {
  const { base } = latenciesIn(changes)[0]!
  return base < 2 * serverDelayMs ? serverDelayMs + by * base : base * (1 + by)
}

function adviceOn(changes: readonly Change[], found: boolean): string[] {
  const coarse = latenciesIn(changes).filter(
    (change) => smallestRegression(change) > (coarseRegression[change.indicator] ?? Infinity),
  )
  if (found && coarse.length === 0) return []
  const names = coarse.map(({ indicator }) => indicator).join(' and ')
  return [
    `To see less${names === '' ? '' : ` of ${names}`}:`,
    '  - compare for longer: four times the time shows half of it (maxDuration; --seconds here);',
    '  - let nothing else run meanwhile, and give the load and the server a core each;',
    '  - keep both servers on the same processor, Linux: cpuAffinity, --cpu-affinity of ws-load compare, or taskset;',
    '  - take a rate that the server bears with ease instead of as many pings as are answered (rate).',
  ]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
