import type { Command } from 'commander'
import { defaults } from '../defaults.ts'
import { printable } from '../printable.ts'
import { withoutSecrets } from '../secrets.ts'
import { didYouMean, show, showKind } from '../wording.ts'
import { type ResolvedOptions, safeParseOptions, type WsLoadOptions } from '../options/options.ts'
import { mistakesOf, type Parsed, within } from '../parsed.ts'
import { run } from '../run/run.ts'
import { toBMF } from '../export/bmf.ts'
import { toGithubBenchmark } from '../export/github-benchmark.ts'
import type { NamedRun } from '../export/named-run.ts'
import { toOpenMetrics } from '../export/open-metrics.ts'
import { mistakesInOTLP, pushOTLP } from '../export/otlp.ts'
import { isEndpoint } from '../export/endpoint.ts'
import { pushMetrics } from '../export/push-gateway.ts'
import { formatPage } from '../page/page.ts'
import { recordedSLO } from '../report/flood-record.ts'
import { toHgrm } from '../report/hgrm.ts'
import { formatJSON } from '../result/json.ts'
import type { LoadResult } from '../result/load-result.ts'
import { wrap } from '../report/layout.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { formatSummary } from '../report/text.ts'
import { evaluateObjectives } from '../slo/evaluate.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { type Objective, safeParseSLO } from '../slo/objective.ts'
import { adviseFlags } from './advice.ts'
import { exitAfter, exitCodeOfRun } from './exit-code.ts'
import { type FilesByFlag, mistakesInFiles, writeFiles } from './files.ts'
import { nameFlag, seconds } from './flags.ts'
import { interruptible } from './interrupt.ts'
import { noURL } from './no-url.ts'
import { paintFor } from './paint.ts'
import { addLoadFlags, addServerFlags, type LoadFlags, loadOptionsOf, serverOf, verdictGroup } from './load-flags.ts'
import { aList, aNumber, aStage } from './parse.ts'
import { mistakesInProbeFlags } from './probe-flags.ts'
import { showProgress, type Verbosity, verbosityOption } from './progress.ts'
import { usageError } from './usage-error.ts'

interface Flags extends LoadFlags, OutputFlags {
  readonly url?: string
  readonly gateway?: string
  readonly duration?: string
  readonly pings?: number
  readonly stage?: WsLoadOptions['stages']
  readonly slo?: readonly string[]
  readonly decide?: true
  readonly maxDuration?: string
}

/** What may be meant as a sub-command. */
const isWord = /^[\w-]+$/

/** Adds what `ws-load [URL]` does, and its flags. */
export function addFlood(program: Command): Command {
  program
    .argument('[url]', 'ws:// or wss://; without one an embedded echo server is flooded')
    .option('-u, --url <url>', 'the same')
    .option('-g, --gateway <url>', 'the same')
    .optionsGroup('How long:')
    .option(
      '-d, --duration <duration>',
      `of the measured window, like 5s or 2m (default: ${seconds(defaults.duration)})`,
    )
    .option(
      '-n, --pings <number>',
      'end after this many instead, or once none is answered for twice --timeout',
      aNumber,
    )
    .option('--stage <duration:rate>', 'a rate that changes, like 10s:5k/s; repeatable', aStage)
    .option('--decide', 'end as soon as the SLO is decided')
    .option('--max-duration <duration>', `end one that is not (default: ${seconds(defaults.maxDuration)})`)
  addServerFlags(addLoadFlags(program))
    .optionsGroup(verdictGroup)
    .option('--slo <bound>', "like 'p99 < 20ms' or 'warn: p99 < 15ms'; repeatable", aList)
  return addOutputFlags(program).action(async (url: string | undefined, flags: Flags) => {
    process.exitCode = await flood(urlOf(url, flags, program), flags)
  })
}

export function addOutputFlags(command: Command): Command {
  return command
    .option('--json <file>', 'write the summary as JSON, to stdout for -')
    .option('--hgrm <file>', 'write the percentile distribution for the plotter of HdrHistogram')
    .option('--html <file>', 'write a page with charts')
    .option('--bmf <file>', 'write figures for Bencher')
    .option('--github-benchmark <file>', 'write those of which less is better for github-action-benchmark')
    .option('--openmetrics <file>', 'write histograms and totals for Prometheus and its kin')
    .option('--push-gateway <url>', 'push those to a Pushgateway')
    .option('--otlp [url]', 'send those to an OpenTelemetry collector (default: that of OTEL_EXPORTER_OTLP_ENDPOINT)')
    .option('--name <name>', 'what the run is called in these five (default: its URL)')
    .addOption(verbosityOption())
}

async function flood(url: string | undefined, flags: Flags): Promise<number> {
  const options = safeParseOptions({ ...toOptions(flags), ...(url !== undefined && { url }) })
  const objectives = flags.decide ? untilOf(options) : safeParseSLOFlag(flags.slo, false)
  const mistakes = [
    ...mistakesInDecide(flags),
    ...mistakesOf(options).map(nameFlag),
    ...mistakesOf(objectives),
    ...mistakesInOutputs(flags),
    ...mistakesInProbeFlags(flags),
  ]
  if ('mistakes' in options || 'mistakes' in objectives || mistakes.length > 0) throw usageError(...mistakes)
  return floodAndJudge(options.value, objectives.value, flags, (result) => new LoadSummary(result))
}

/** Where a run is written to. */
export interface OutputFlags {
  readonly json?: string
  readonly hgrm?: string
  readonly html?: string
  readonly bmf?: string
  readonly githubBenchmark?: string
  readonly openmetrics?: string
  /** URL of a Pushgateway. */
  readonly pushGateway?: string
  /** URL of an OpenTelemetry collector, or `true` for the one that the environment names. */
  readonly otlp?: string | true
  /** What the run is called in files of other tools. */
  readonly name?: string
  readonly verbosity: Verbosity
}

/** What will keep a run from being written. */
export function mistakesInOutputs(flags: OutputFlags): string[] {
  const { bmf, githubBenchmark, openmetrics, pushGateway, otlp, name } = flags
  const isNameless = [bmf, githubBenchmark, openmetrics, pushGateway, otlp].every((output) => output === undefined)
  const isNone = pushGateway !== undefined && !isEndpoint(pushGateway)
  return [
    ...mistakesInFiles(filesOf(flags)),
    ...(isNone
      ? [`--push-gateway: expected an http:// or https:// URL, got ${show(withoutSecrets(pushGateway))}`]
      : []),
    ...mistakesInOTLP(otlp, '--otlp'),
    ...(name !== undefined && isNameless
      ? ['--name: expected --bmf, --github-benchmark, --openmetrics, --push-gateway or --otlp with it']
      : []),
  ]
}

function filesOf({ json, hgrm, html, bmf, githubBenchmark, openmetrics }: OutputFlags): FilesByFlag {
  return {
    '--json': json === '-' ? undefined : json,
    '--hgrm': hgrm,
    '--html': html,
    '--bmf': bmf,
    '--github-benchmark': githubBenchmark,
    '--openmetrics': openmetrics,
  }
}

/** Runs a flood, prints and writes what it found; resolves with the exit code. */
export async function floodAndJudge(
  options: ResolvedOptions,
  objectives: readonly Objective[] | undefined,
  flags: OutputFlags,
  summaryOf: (result: LoadResult) => LoadSummary,
): Promise<number> {
  const { json } = flags
  const { watcher, end } = showProgress(flags.verbosity)
  const { result, interrupted } = await interruptible((signal) => run(options, { signal, watcher })).finally(end)
  const summary = summaryOf(result)
  const verdict = objectives && evaluateObjectives(summary, objectives)
  const output = json === '-' ? process.stderr : process.stdout
  printSummary(output, summary, verdict)
  if (options.url === undefined) output.write(noURL)
  const advice = verdict && adviseFlags(summary, verdict)
  if (advice !== undefined) output.write(`${wrap(advice, '  ').join('\n')}\n`)
  if (json === '-') process.stdout.write(formatJSON(summary))
  const named = { name: flags.name ?? String(summary.options.url), result: summary }
  const unwritten = writeFiles(filesOf(flags), {
    '--json': () => formatJSON(summary),
    '--hgrm': () => toHgrm(summary.latency),
    '--html': () => pageOfRun(summary, verdict),
    '--bmf': () => toBMF([named]),
    '--github-benchmark': () => toGithubBenchmark([named]),
    '--openmetrics': () => toOpenMetrics([named]),
  })
  const code = interrupted ?? exitCodeOfRun(summary, verdict)
  process.exitCode = code
  const unpushed = await push(named, flags)
  return exitAfter(code, [...unwritten, ...unpushed])
}

/** @returns why it could not, where it could not */
async function push(run: NamedRun, { pushGateway, otlp }: OutputFlags): Promise<string[]> {
  const pushes = {
    ...(pushGateway !== undefined && { '--push-gateway': pushMetrics(pushGateway, run) }),
    ...(otlp !== undefined && { '--otlp': pushOTLP(otlp, [run]) }),
  }
  const failures = Object.entries(pushes).map(([flag, pushed]) =>
    pushed.then(
      () => [],
      (error: unknown) => [`${flag}: ${printable((error as Error).message)}`],
    ),
  )
  return (await Promise.all(failures)).flat()
}

/** With its verdict, if it was judged. */
export function printSummary(to: NodeJS.WriteStream, summary: LoadSummary, verdict: SLOVerdict | undefined): void {
  to.write(`${formatSummary(summary, { paint: paintFor(to), ...(verdict !== undefined && { verdict }) })}\n`)
}

/** A run as a page. */
export function pageOfRun(summary: LoadSummary, verdict: SLOVerdict | undefined): string {
  const title = String(summary.options.url)
  const runs = [{ name: summary.fanOut === undefined ? 'latency' : 'delivery', result: summary }]
  return formatPage('WebSocket latency', [
    { title, runs, verdicts: verdict === undefined ? [] : [recordedSLO(verdict)] },
  ])
}

/**
 * The objectives of `--slo`, `undefined` without one.
 * @param isFanOut whether they are meant for a fan-out, if that is known
 */
export function safeParseSLOFlag(
  slo: readonly string[] | undefined,
  isFanOut?: boolean,
): Parsed<readonly Objective[] | undefined> {
  if (slo === undefined) return { value: undefined }
  const parsed = within('until', safeParseSLO(slo, isFanOut))
  return 'value' in parsed ? parsed : { mistakes: parsed.mistakes.map(nameFlag) }
}

/** What is wrong with a run that is to end by nothing. */
export function mistakesInDecide({
  decide,
  slo,
}: {
  readonly decide?: true
  readonly slo?: readonly string[]
}): string[] {
  return decide && slo === undefined ? ['--decide: expected --slo with it, got none'] : []
}

/** Those of a run that ends by them; what is wrong with them is among the mistakes of its options. */
export function untilOf(options: Parsed<ResolvedOptions>): Parsed<readonly Objective[] | undefined> {
  return { value: 'value' in options ? options.value.until?.objectives : undefined }
}

function urlOf(argument: string | undefined, { url, gateway }: Flags, program: Command): string | undefined {
  const given = [...new Set([argument, url, gateway].filter((one) => one !== undefined))]
  if (given.length > 1) throw usageError(`expected one URL, got ${given.map((one) => nameOf(one)).join(' and ')}`)
  const [only] = given
  if (argument !== undefined && !argument.includes(':')) {
    if (!isWord.test(argument)) throw usageError(`url: expected a ws:// or wss:// URL, got ${showKind(argument)}`)
    const known = program.commands.map((command) => command.name())
    throw usageError(`unknown command '${argument}'${didYouMean(argument, known)}`)
  }
  return only
}

/** An argument that is neither a URL nor a word may be what belongs to a header. */
function nameOf(argument: string): string {
  return /^\w+:\/\//.test(argument) || isWord.test(argument) ? argument : showKind(argument)
}

function toOptions(flags: Flags): WsLoadOptions {
  const { duration, pings, stage, slo, decide, maxDuration } = flags
  return {
    ...serverOf(flags),
    ...loadOptionsOf(flags),
    ...(duration !== undefined && { duration }),
    ...(pings !== undefined && { pings }),
    ...(stage !== undefined && { stages: stage }),
    ...(decide !== undefined && slo !== undefined && { until: slo }),
    ...(maxDuration !== undefined && { maxDuration }),
  }
}
