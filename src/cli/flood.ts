import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { defaults } from '../defaults.ts'
import { didYouMean, showKind } from '../wording.ts'
import { type ResolvedOptions, safeParseOptions, type WsLoadOptions } from '../options/options.ts'
import { mistakesOf, type Parsed, within } from '../parsed.ts'
import { run } from '../run/run.ts'
import { formatPage } from '../page/page.ts'
import { toHgrm } from '../report/hgrm.ts'
import { formatJSON } from '../result/json.ts'
import { wrap } from '../report/layout.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { formatSummary } from '../report/text.ts'
import { evaluateObjectives } from '../slo/evaluate.ts'
import type { SLOVerdict } from '../slo/verdict.ts'
import { type Objective, safeParseSLO } from '../slo/objective.ts'
import { adviseFlags } from './advice.ts'
import { exitAfter, exitCode, exitCodeOfRun } from './exit-code.ts'
import { mistakesInFiles, writeFiles } from './files.ts'
import { nameFlag, seconds } from './flags.ts'
import { interruptible } from './interrupt.ts'
import { paintFor } from './paint.ts'
import { aHeader, aJSON, aList, anAnswer, aNumber, aStage } from './parse.ts'
import { showProgress, type Verbosity, verbosityOption } from './progress.ts'
import { usageError } from './usage-error.ts'

interface Flags {
  readonly url?: string
  readonly gateway?: string
  readonly text?: string
  readonly binary?: string
  readonly probe?: string
  readonly protocolModule?: string
  readonly data?: unknown
  readonly answer?: string | RegExp
  readonly echo?: true
  readonly stage?: WsLoadOptions['stages']
  readonly header?: WsLoadOptions['headers']
  readonly protocol?: readonly string[]
  readonly localAddress?: readonly string[]
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly insecure?: true
  readonly slo?: readonly string[]
  readonly decide?: true
  readonly json?: string
  readonly hgrm?: string
  readonly html?: string
  readonly verbosity: Verbosity
}

/** What may be meant as a sub-command. */
const isWord = /^[\w-]+$/

/** Flags that are options of a flood under the same name. */
const options = [
  'connections',
  'duration',
  'pings',
  'warmup',
  'drain',
  'inFlight',
  'maxPendingPongs',
  'rate',
  'arrivals',
  'connectRate',
  'payloadBytes',
  'timeout',
  'connectTimeout',
  'sessionTimeout',
  'sessionRate',
  'perMessageDeflate',
  'threads',
  'seed',
  'maxDuration',
  'confidence',
] as const

/** Adds what `ws-load [URL]` does, and its flags. */
export function addFlood(program: Command): Command {
  return program
    .argument('[url]', 'ws:// or wss://; without one an embedded echo server is flooded')
    .option('-u, --url <url>', 'the same')
    .option('-g, --gateway <url>', 'the same')
    .optionsGroup('How much:')
    .option('-c, --connections <number>', `open at the same time (default: ${defaults.connections})`, aNumber)
    .option(
      '-d, --duration <duration>',
      `of the measured window, like 5s or 2m (default: ${seconds(defaults.duration)})`,
    )
    .option(
      '-n, --pings <number>',
      'end after this many instead, or once none is answered for twice --timeout',
      aNumber,
    )
    .option('--in-flight <number>', `unanswered pings each connection keeps (default: ${defaults.inFlight})`, aNumber)
    .option('-r, --rate <rate>', 'pings per second over all connections, like 5k/s, whatever the answers do')
    .option('--arrivals <kind>', `of a rate: constant or poisson (default: ${defaults.arrivals})`)
    .option('--stage <duration:rate>', 'a rate that changes, like 10s:5k/s; repeatable', aStage)
    .option('--connect-rate <rate>', 'connections opened per second')
    .option('--warmup <duration>', `load before the measured window (default: ${seconds(defaults.warmup)})`)
    .option('--drain <duration>', 'how long to wait after it for answers (default: --timeout)')
    .option('--threads <number>', 'load threads (default: half of the processors it may use)', aNumber)
    .option('--seed <number>', 'of the Poisson process', aNumber)
    .optionsGroup('What:')
    .addOption(
      new Option(
        '--text <text>',
        'send this text instead of ping frames, and take each message for its answer',
      ).conflicts(['binary', 'probe', 'protocolModule']),
    )
    .addOption(
      new Option('--binary <file>', 'the same with the bytes of a file').conflicts(['probe', 'protocolModule']),
    )
    .addOption(
      new Option(
        '--answer <text>',
        'of --text or --binary: take messages with this text alone for answers, or those that match /a pattern/',
      )
        .argParser(anAnswer)
        .conflicts(['echo', 'probe', 'protocolModule']),
    )
    .addOption(
      new Option('--echo', 'of --text or --binary: take the same message alone for its answer').conflicts([
        'probe',
        'protocolModule',
      ]),
    )
    .addOption(new Option('--probe <file>', 'a module that exports request and reply').conflicts('protocolModule'))
    .option('--protocol-module <file>', 'a module that defines a protocol: sessions, requests, replies')
    .option('--data <json>', 'of --probe or --protocol-module: what its functions are given', aJSON)
    .option(
      '--max-pending-pongs <number>',
      `unanswered ping frames of a connection at most (default: ${defaults.maxPendingPongs})`,
      aNumber,
    )
    .option('--payload-bytes <number>', `size of a ping (default: ${defaults.pingPayloadBytes})`, aNumber)
    .option('--timeout <duration>', `a ping without an answer has failed then (default: ${seconds(defaults.timeout)})`)
    .optionsGroup('Connecting:')
    .option('-H, --header <name: value>', 'of the handshake; repeatable', aHeader)
    .option('--protocol <name>', 'subprotocol; repeatable', aList)
    .option(
      '--connect-timeout <duration>',
      `a connection that is not open has failed then (default: ${seconds(defaults.connectTimeout)})`,
    )
    .option(
      '--session-timeout <duration>',
      `of --protocol-module: a session that is not over has failed then (default: ${seconds(defaults.sessionTimeout)})`,
    )
    .option('--session-rate <rate>', 'of --protocol-module: sessions begun per second')
    .option('--per-message-deflate', 'offer compression')
    .option('--local-address <address>', 'source address; repeatable', aList)
    .option('--ca <file>', 'trusted certificates (PEM)')
    .option('--cert <file>', 'certificate of the client (PEM)')
    .option('--key <file>', 'its key (PEM)')
    .option('--servername <name>', 'expected in the certificate')
    .option('--insecure', 'accept any certificate')
    .optionsGroup('Verdict and output:')
    .option('--slo <bound>', "like 'p99 < 20ms' or 'warn: p99 < 15ms'; repeatable", aList)
    .option('--decide', 'end as soon as the SLO is decided, instead of after --duration')
    .option('--max-duration <duration>', `end one that is not (default: ${seconds(defaults.maxDuration)})`)
    .option('--confidence <probability>', `of the verdict (default: ${defaults.confidence})`, aNumber)
    .option('--json <file>', 'write the summary as JSON, to stdout for -')
    .option('--hgrm <file>', 'write the percentile distribution for the plotter of HdrHistogram')
    .option('--html <file>', 'write a page with charts')
    .addOption(verbosityOption())
    .action(async (url: string | undefined, flags: Flags) => {
      process.exitCode = await flood(urlOf(url, flags, program), flags)
    })
}

async function flood(url: string | undefined, flags: Flags): Promise<number> {
  const { slo, json, hgrm, html } = flags
  const options = safeParseOptions({ ...toOptions(flags), ...(url !== undefined && { url }) })
  const files = { '--json': json === '-' ? undefined : json, '--hgrm': hgrm, '--html': html }
  const objectives = flags.decide ? untilOf(options) : safeParseSLOFlag(slo)
  const mistakes = [
    ...mistakesOf(options).map(nameFlag),
    ...mistakesOf(objectives),
    ...mistakesInFiles(files),
    ...flagsWithoutMessage(flags).map((flag) => `--${flag}: expected --text or --binary with it, got neither`),
    ...dataWithoutModule(flags),
  ]
  if ('mistakes' in options || 'mistakes' in objectives || mistakes.length > 0) throw usageError(...mistakes)
  const { watcher, end } = showProgress(flags.verbosity)
  const { result, interrupted } = await interruptible((signal) => run(options.value, { signal, watcher })).finally(end)
  const summary = new LoadSummary(result)
  const verdict = objectives.value && evaluateObjectives(summary, objectives.value)
  const output = json === '-' ? process.stderr : process.stdout
  printSummary(output, summary, verdict)
  const advice = verdict && adviseFlags(summary, verdict)
  if (advice !== undefined) output.write(`${wrap(advice, '  ').join('\n')}\n`)
  if (json === '-') process.stdout.write(formatJSON(summary))
  const unwritten = writeFiles(files, {
    '--json': () => formatJSON(summary),
    '--hgrm': () => toHgrm(summary.latency),
    '--html': () => pageOfRun(summary, verdict),
  })
  return exitAfter(interrupted ? exitCode.interrupted : exitCodeOfRun(summary, verdict), unwritten)
}

/** Flags that say what answers a message, where there is none. */
function flagsWithoutMessage({ text, binary, answer, echo }: Flags): string[] {
  if (text !== undefined || binary !== undefined) return []
  return Object.entries({ answer, echo }).flatMap(([flag, value]) => (value === undefined ? [] : [flag]))
}

function dataWithoutModule({ data, probe, protocolModule }: Flags): string[] {
  if (data === undefined || probe !== undefined || protocolModule !== undefined) return []
  return ['--data: expected --probe or --protocol-module with it, got neither']
}

/** With its verdict, if it was judged. */
export function printSummary(to: NodeJS.WriteStream, summary: LoadSummary, verdict: SLOVerdict | undefined): void {
  to.write(`${formatSummary(summary, { paint: paintFor(to), ...(verdict !== undefined && { verdict }) })}\n`)
}

/** A run as a page. */
export function pageOfRun(summary: LoadSummary, verdict: SLOVerdict | undefined): string {
  const title = String(summary.options.url)
  const runs = [{ name: 'latency', result: summary }]
  return formatPage('WebSocket latency', [{ title, runs, ...(verdict !== undefined && { verdict }) }])
}

/** The objectives of `--slo`, `undefined` without one. */
export function safeParseSLOFlag(slo: readonly string[] | undefined): Parsed<readonly Objective[] | undefined> {
  if (slo === undefined) return { value: undefined }
  const parsed = within('until', safeParseSLO(slo))
  return 'value' in parsed ? parsed : { mistakes: parsed.mistakes.map(nameFlag) }
}

/** Those of a run that ends by them; what is wrong with them is among the mistakes of its options. */
function untilOf(options: Parsed<ResolvedOptions>): Parsed<readonly Objective[] | undefined> {
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
  const {
    text,
    binary,
    probe,
    protocolModule,
    data,
    answer,
    echo,
    stage,
    header,
    protocol,
    localAddress,
    slo,
    decide,
  } = flags
  const named: Readonly<Record<string, unknown>> = { ...flags }
  const given = data !== undefined && { data }
  const answered = { ...(answer !== undefined && { answer }), ...(echo && { answer: { echo } }) }
  return {
    ...Object.fromEntries(options.filter((name) => named[name] !== undefined).map((name) => [name, named[name]])),
    ...(text !== undefined && { probe: { text, ...answered } }),
    ...(binary !== undefined && { probe: { binary: read(binary), ...answered } }),
    ...(probe !== undefined && { probe: { module: resolve(probe), ...given } }),
    ...(protocolModule !== undefined && { probe: { protocol: resolve(protocolModule), ...given } }),
    ...(stage !== undefined && { stages: stage }),
    ...(header !== undefined && { headers: header }),
    ...(protocol !== undefined && { protocols: protocol }),
    ...(localAddress !== undefined && { localAddresses: localAddress }),
    ...(decide !== undefined && { until: slo ?? [] }),
    ...tlsOf(flags),
  }
}

function tlsOf({ ca, cert, key, servername, insecure }: Flags): Pick<WsLoadOptions, 'tls'> {
  const tls = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(insecure !== undefined && { rejectUnauthorized: false }),
  }
  return Object.keys(tls).length === 0 ? {} : { tls }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw usageError((error as Error).message)
  }
}
