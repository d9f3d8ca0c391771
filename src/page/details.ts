import { h, type Markup } from './element.ts'
import { describeAgent } from '../report/agents.ts'
import { formatPercentile } from '../report/percentiles.ts'
import { type FanOutObservation, observeRun } from '../slo/observation.ts'
import type { LatencyGroup } from '../slo/reading.ts'
import { printable, printableLine } from '../printable.ts'
import { type SampleWords, wordsOf } from '../result/samples.ts'
import type {
  AgentReport,
  AfterSilence,
  FanOutResult,
  GeneratorReport,
  LoadResult,
  MachineReport,
  PingTotals,
  ServerReport,
  Starvation,
} from '../result/load-result.ts'
import { formatBytes, formatCount, formatDuration, formatProcessors, formatRate, formatRatio } from '../units.ts'
import { table, unfold } from './markup.ts'

/** Options that are durations and rates: said with their units, as everything else on a page. */
const formats: Readonly<Record<string, (value: number) => string>> = {
  ...Object.fromEntries(
    ['duration', 'maxDuration', 'warmup', 'drain', 'timeout', 'connectTimeout', 'sessionTimeout'].map((name) => [
      name,
      formatDuration,
    ]),
  ),
  rate: formatRate,
  connectRate: formatRate,
  sessionRate: formatRate,
}

/** What no chart shows, to unfold: totals, other latencies, the generator, the machine, the options. */
export function detailsOf(result: LoadResult, suffix: string): Markup[] {
  const {
    pings,
    messages,
    pongs,
    connections,
    handshake,
    session,
    reconnect,
    serviceTime,
    generator,
    server,
    serverUnwatched,
    machine,
    machines = [],
    environment,
    options,
    fanOut,
  } = result
  const run = observeRun(result)
  const words = wordsOf(result)
  const percentilesOf = (group: LatencyGroup): string[] =>
    [50, 99, 100].map((percentile) => formatPercentile(run, percentile, group))
  return [
    unfold(`${capitalised(words.many)}, messages and connections${suffix}`, [
      table({
        caption: 'Totals',
        head: ['total', 'count'],
        rows: [
          ...countsOf(words.many, fanOut === undefined ? { ...pings } : countsOfDeliveries(pings)),
          ...(fanOut === undefined ? [] : countsOfFanOut(fanOut)),
          ...countsOf('messages', { ...messages }),
          ...countsOf('pongs', { ...pongs }),
          ...countsOf('connections', { ...connections }),
        ],
      }),
      table({
        caption: 'Other latencies',
        head: ['latency', 'count', 'p50', 'p99', 'max'],
        rows: [
          ...(fanOut === undefined ? [] : latenciesOfFanOut(run.fanOut!)),
          ['handshake', formatCount(handshake.count), ...percentilesOf('handshake')],
          ...(session.count > 0 ? [['session', formatCount(session.count), ...percentilesOf('session')]] : []),
          ...(reconnect.count > 0 ? [['reconnect', ...figuresOf(reconnect)]] : []),
          ['service time', formatCount(serviceTime.count), ...percentilesOf('serviceTime')],
          ['sent late by', ...figuresOf(generator.sendDelay)],
        ],
      }),
    ]),
    unfold(`Generator, server and machine${suffix}`, [
      textTable('Generator', describeGenerator(generator, words)),
      ...(server === undefined ? [] : [textTable('Server', describeServer(server, words))]),
      ...(machine === undefined ? [] : [textTable('Machine', describeMachine(machine))]),
      ...(serverUnwatched === undefined
        ? []
        : [textTable('Server', { 'not watched': printableLine(serverUnwatched) })]),
      ...(machines.length === 0 ? [] : [wordsTable('Agents', machines.map(agentRow))]),
      textTable('Environment', textsOf(environment)),
    ]),
    unfold(`Options${suffix}`, textTable('Options', textsOf(options))),
  ]
}

function countsOfDeliveries({
  due,
  sent: expected,
  answered: delivered,
  timedOut,
  lost,
  dropped,
}: PingTotals): Record<string, number> {
  return { due, expected, delivered, timedOut, lost, dropped }
}

function countsOfFanOut({ completion, duplicates, outOfOrder, misrouted, refused }: FanOutResult): string[][] {
  return [
    ...countsOf('published', { ...completion.pings }),
    ['duplicates', formatCount(duplicates)],
    ['out of order', formatCount(outOfOrder)],
    ['misrouted', formatCount(misrouted)],
    ['refused', formatCount(refused)],
  ]
}

function latenciesOfFanOut({ first, completion }: FanOutObservation): string[][] {
  return Object.entries({ first, completion }).map(([name, messages]) => [
    name,
    formatCount(messages.latency.count),
    ...[50, 99, 100].map((percentile) => formatPercentile(messages, percentile)),
  ])
}

function describeGenerator(
  { saturated, reasons, ...generator }: GeneratorReport,
  { one, many }: SampleWords,
): Record<string, string> {
  const { threads, eventLoopUtilization, cpuPerPing, resolution, heldBack, gcPauses, starvation, afterSilence } =
    generator
  const pauses = `${formatDuration(gcPauses.total)} in total, the longest ${formatDuration(gcPauses.max)}`
  return {
    threads: formatCount(threads),
    'event loop busy': formatRatio(eventLoopUtilization),
    [`CPU per ${one}`]: formatDuration(cpuPerPing),
    'resolution at p50': formatDuration(resolution.p50),
    'resolution at p99': formatDuration(resolution.p99),
    ...(heldBack > 0 && { 'pings held back': formatCount(heldBack) }),
    'GC pauses': gcPauses.count === 0 ? 'none' : `${formatCount(gcPauses.count)}, ${pauses}`,
    ...(starvation && describeStarvation(starvation)),
    ...(afterSilence && describeAfterSilence(afterSilence, many)),
    saturated: saturated ? `yes: ${printableLine(reasons.join('; '))}` : 'no',
  }
}

/** What a system does not tell is not there. */
function describeServer(server: ServerReport, { one }: SampleWords): Record<string, string> {
  const { source, processes, cores, cpuPerPing, busiestThread, waiting, throttled, rss } = server
  return {
    'found by': source,
    processes: formatCount(processes),
    [`CPU per ${one}`]: formatDuration(cpuPerPing),
    'processors used': formatProcessors(cores),
    ...toldShares({ 'busiest thread': busiestThread }),
    ...toldShares({ 'waited for a processor, when it wanted one': waiting, 'stopped by a quota': throttled }),
    'resident memory': `${formatBytes(rss.start)} at first, ${formatBytes(rss.max)} at most, ${formatBytes(rss.end)} at last`,
  }
}

function describeMachine({
  cores,
  busy,
  generator,
  foreign,
  steal,
  throttled,
  pressure = {},
}: MachineReport): Record<string, string> {
  return {
    processors: formatCount(cores),
    ...toldShares({
      busy,
      'generator and test': generator,
      'other processes': foreign,
      'given to other machines': steal,
    }),
    ...toldShares({ 'generator stopped by a quota': throttled }),
    ...toldShares(
      Object.fromEntries(Object.entries(pressure).map(([resource, share]) => [`pressure (${resource})`, share])),
    ),
  }
}

function agentRow(agent: AgentReport): string[] {
  return [printable(agent.name), describeAgent(agent).join(', ')]
}

function toldShares(shares: Readonly<Record<string, number | undefined>>): Record<string, string> {
  const told = Object.entries(shares).filter(([, share]) => share !== undefined)
  return Object.fromEntries(told.map(([what, share]) => [what, formatRatio(share!)]))
}

/** Likewise. */
function describeStarvation({ throttled, waiting, memoryStall, stopped }: Starvation): Record<string, string> {
  const shares = {
    'stopped by a quota': throttled,
    'waited for a processor': waiting,
    'waited for memory': memoryStall,
    'stopped otherwise': stopped,
  }
  const told = Object.entries(shares).filter(([, share]) => share !== undefined)
  return Object.fromEntries(told.map(([what, share]) => [what, `${formatRatio(share!)} of the time`]))
}

/** What the generator may have caused itself by not running for a while. */
function describeAfterSilence(
  { failed, closedEarly, failedReconnects, ...pings }: AfterSilence,
  samples: string,
): Record<string, string> {
  const counts = {
    ...Object.fromEntries(Object.entries(pings).map(([name, count]) => [`${samples} ${inWords(name)}`, count])),
    'connections failed': failed,
    'connections closed early': closedEarly,
    'reconnects failed': failedReconnects,
  }
  const seen = Object.entries(counts).filter(([, count]) => count > 0)
  return Object.fromEntries(seen.map(([what, count]) => [`${what} after a silence of its own`, formatCount(count)]))
}

function figuresOf({ count, p50, p99, max }: LoadResult['latency']): string[] {
  return [formatCount(count), ...[p50, p99, max].map(formatDuration)]
}

function countsOf(what: string, counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts).map(([name, count]) => [`${what} ${inWords(name)}`, formatCount(count)])
}

function textTable(caption: string, values: Readonly<Record<string, string>>): Markup {
  return wordsTable(caption, Object.entries(values))
}

function wordsTable(caption: string, rows: readonly (readonly string[])[]): Markup {
  return h('div', { class: 'words' }, table({ caption, head: ['name', 'value'], rows }))
}

function textsOf(object: object): Record<string, string> {
  const given = Object.entries(object).filter(([, value]) => value !== undefined && !isEmpty(value))
  return Object.fromEntries(given.map(([name, value]) => [name, printableLine(textOf(name, value))]))
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'number') return formats[name]?.(value) ?? String(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** `timedOut` is `timed out`. */
function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
