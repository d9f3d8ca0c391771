import type { SLOVerdict } from '../slo/verdict.ts'
import { formatBracket } from '../slo/bracket.ts'
import { describeFaults } from '../slo/fault.ts'
import { describeMachineFaults } from '../slo/machine-fault.ts'
import { observeRun } from '../slo/observation.ts'
import { isTold, readMean } from '../slo/reading.ts'
import { describeSurplus } from '../slo/surplus.ts'
import { printable } from '../printable.ts'
import type { AfterSilence, LoadResult } from '../result/load-result.ts'
import { type SampleWords, wordsOf } from '../result/samples.ts'
import { lostShare } from '../result/starvation.ts'
import { sum } from '../statistics/sum.ts'
import { formatCount, formatCounted, formatDuration, formatRate, formatRatio } from '../units.ts'
import { drawDistribution } from './distribution.ts'
import { align, wrap } from './layout.ts'
import { describeAgents } from './agents.ts'
import { describeOtherFloods } from './other-floods.ts'
import { type Paint, plain } from './paint.ts'
import { describeMessages, describeRoles } from './fan-out.ts'
import { describeBriefly, formatPercentile, percentiles, percentileName } from './percentiles.ts'
import { describeSaturation } from './saturation.ts'
import { describeServer } from './server.ts'
import { formatObjectives } from './verdict.ts'

const maxFaults = 5
const columnsBetweenSides = 4
/** A generator that could not run for less of the time, 0 to 1, is not worth a word. */
const notableLoss = 0.02

export interface SummaryFormat {
  /** Default: no colours. */
  readonly paint?: Paint
  /** Printed above the figures. */
  readonly verdict?: SLOVerdict
}

/** A run on one screen of 80 columns, safe to print whatever the server sent. */
export function formatSummary(result: LoadResult, { paint = plain, verdict }: SummaryFormat = {}): string {
  const { generator, environment, pings, latency, errors } = result
  const missing = { name: wordsOf(result).unanswered, count: pings.timedOut + pings.lost }
  const blocks = [
    describeSaturation(generator, paint),
    [...describeOtherFloods(environment), ...describeMachineFaults(result)].flatMap((text) =>
      wrap(text).map(paint.yellow),
    ),
    verdict === undefined ? describeDoubt(result, paint) : [],
    describeRun(result, paint),
    verdict === undefined ? [] : formatObjectives({ ...verdict, reasons: reasonsOfItsOwn(verdict, result) }, paint),
    sideBySide(describeLatency(result), describeTotals(result), latency.count === 0 ? paint.red : paint.bold),
    drawDistribution(latency, missing, paint),
    describeErrors(errors, paint),
    [describeGenerator(result), ...describeServer(result), ...describeOmission(result)]
      .flatMap((line) => wrap(line))
      .map(paint.dim),
    describeAgents(result).map(paint.dim),
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** That figures may be of other messages than answers; a verdict says it itself. */
function describeDoubt(result: LoadResult, paint: Paint): string[] {
  const surplus = describeSurplus(result)
  return surplus === undefined ? [] : wrap(surplus).map(paint.yellow)
}

function describeRun({ options, connections, ended, duration }: LoadResult, paint: Paint): string[] {
  const { url, probe, fanOut } = options
  const load = [
    ...(fanOut === undefined ? [formatCounted(connections.requested, 'connection')] : describeRoles(fanOut)),
    describeModel(options),
    ...(typeof probe === 'string' && probe !== 'ping'
      ? [`${fanOut === undefined ? 'probe ' : ''}${printable(probe)}`]
      : []),
    ...describeEnd(ended),
    `measured for ${formatDuration(duration)}`,
  ]
  return [...(typeof url === 'string' ? wrap(printable(url)).map(paint.bold) : []), ...wrap(load.join(', '))]
}

/** How a run ended, where that was not as it should have. */
export function describeEnd(ended: LoadResult['ended']): string[] {
  if (ended === 'completed') return []
  return [ended === 'incomplete' || ended === 'stalled' ? ended : `${ended} early`]
}

function describeModel({ inFlight, rate, stages, arrivals, fanOut }: LoadResult['options']): string {
  if (Array.isArray(stages)) return `open model, ${formatCounted(stages.length, 'stage')}`
  if (typeof rate !== 'number' && fanOut !== undefined) return 'closed model'
  if (typeof rate !== 'number') return `closed model with ${inFlight ?? 1} in flight each`
  return `open model at ${formatRate(rate)}${arrivals === 'poisson' ? ' (Poisson)' : ''}`
}

/** Reasons that no other part of the summary gives. */
function reasonsOfItsOwn({ reasons }: SLOVerdict, { generator, errors, machines }: LoadResult): string[] {
  const others = new Set([
    ...describeFaults(errors),
    ...describeMachineFaults({ errors, machines }),
    ...(generator.saturated ? generator.reasons : []),
  ])
  return reasons.filter((reason) => !others.has(reason))
}

function describeLatency(result: LoadResult): string[] {
  const { latency, pings, options } = result
  if (latency.count === 0) return ['Nothing was measured']
  const run = observeRun(result)
  const unanswered = pings.timedOut + pings.lost
  const isOpen = options.rate !== undefined || options.stages !== undefined
  const rows = [0, ...percentiles.filter((percentile) => isTold(run, percentile)), 100].map((percentile) => [
    `  ${percentileName(percentile)}`,
    formatPercentile(run, percentile),
  ])
  const mean = `${formatBracket(readMean(run, 'latency'), formatDuration)} ± ${formatDuration(latency.stddev)}`
  const { floor, ceiling } = latency.bounds(100)
  const ofAnswered = [
    [`  ${wordsOf(result).answered}`, `mean ${formatDuration(latency.mean)} ± ${formatDuration(latency.stddev)}`],
    ['', `max ${formatBracket({ measured: ceiling, floor, ceiling }, formatDuration)}`],
  ]
  return [
    result.fanOut !== undefined ? 'Delivery' : isOpen ? 'Response time' : 'Latency',
    ...align([...rows, ...(unanswered > 0 ? ofAnswered : [['  mean', mean]])]),
  ]
}

function describeTotals(result: LoadResult): string[] {
  const { fanOut, messages, pongs, connections, serviceTime, latency } = result
  const run = observeRun(result)
  return align([
    ...(fanOut === undefined ? describePings(result) : describeMessages(result, fanOut, run)),
    ...(messages.unsolicited > 0
      ? [
          [fanOut === undefined ? 'Messages' : 'In all', `${formatCount(messages.received)} received`],
          ['', `${formatCount(messages.unsolicited)} unsolicited`],
        ]
      : []),
    ...(pongs.unsolicited > 0 ? [['Pongs', `${formatCount(pongs.unsolicited)} unsolicited`]] : []),
    ...(fanOut === undefined ? [['Error rate', formatRatio(result.errorRate)]] : []),
    ...(connections.failed > 0 ? [['Connect errors', formatRatio(result.connectErrorRate)]] : []),
    ['Connections', `${formatCount(connections.opened)} of ${formatCount(connections.requested)} opened`],
    ...describeUntold(result),
    ...(connections.failedSessions > 0
      ? [['', `${formatCount(connections.failedSessions)} with failed sessions`]]
      : []),
    ...(connections.closedEarly > 0 ? [['', `${formatCount(connections.closedEarly)} closed early`]] : []),
    ...describeReconnects(result),
    ...(result.handshake.count > 0 ? describeBriefly('Handshake', run, 'handshake') : []),
    ...(result.session.count > 0 ? describeBriefly('Session', run, 'session') : []),
    ...(serviceTime.p99 === latency.p99 || serviceTime.count === 0 || fanOut !== undefined
      ? []
      : describeBriefly('Service time', run, 'serviceTime')),
  ])
}

/** Connections that may have been opened, and may not. */
function describeUntold({ machines = [] }: LoadResult): string[][] {
  const untold = sum(
    machines.map(({ connections, opened, lost }) => (lost === undefined || opened !== undefined ? 0 : connections)),
  )
  return untold > 0 ? [['', `${formatCount(untold)} of agents that were lost before they told of them`]] : []
}

function describePings({ throughput, offeredRate, pings, duration }: LoadResult): string[][] {
  const untilLastAnswer = (pings.answered / throughput) * 1_000
  const other = (['coalesced', 'timedOut', 'lost', 'dropped'] as const).filter((total) => pings[total] > 0)
  return [
    [
      'Throughput',
      `${formatRate(throughput)} answered${isLonger(untilLastAnswer, duration) ? ` in ${formatDuration(untilLastAnswer)}` : ''}`,
    ],
    ['Offered', `${formatRate(offeredRate)} sent`],
    ['Pings', `${formatCount(pings.sent)} sent`],
    ['', `${formatCount(pings.answered)} answered`],
    ...other.map((total) => ['', `${formatCount(pings[total])} ${total === 'timedOut' ? 'timed out' : total}`]),
  ]
}

function describeReconnects({ connections, reconnect }: LoadResult): string[][] {
  const { reconnects, failedReconnects } = connections
  if (reconnects === 0) return []
  const failed = failedReconnects === 0 ? '' : `, ${formatCount(failedReconnects)} failed`
  return [
    ['Reconnects', `${formatCount(reconnects)}${failed}`],
    ...(reconnect.count === 0
      ? []
      : [
          ['', `p50 ${formatDuration(reconnect.p50)}`],
          ['', `max ${formatDuration(reconnect.max)}`],
        ]),
  ]
}

/** Whether answers came so long after the measured window that the rate of answers is visibly lower for it. */
function isLonger(untilLastAnswer: number, duration: number): boolean {
  return untilLastAnswer > duration && formatDuration(untilLastAnswer) !== formatDuration(duration)
}

function describeErrors(errors: LoadResult['errors'], paint: Paint): string[] {
  const faults = describeFaults(errors)
  if (faults.length === 0) return []
  return [
    'Errors',
    ...faults.slice(0, maxFaults).flatMap((fault) => wrap(fault, '  ').map(paint.red)),
    ...(faults.length > maxFaults ? [`  … and ${faults.length - maxFaults} more kinds`] : []),
  ]
}

/** What a closed model cannot show. @see https://github.com/giltene/wrk2#readme on coordinated omission */
function describeOmission({ options, latency }: LoadResult): string[] {
  const closed = options.rate === undefined && options.stages === undefined
  return closed && latency.count > 0
    ? ['closed model: a server that stalls is asked less, so stalls count for less than they last; a rate shows them']
    : []
}

function describeGenerator({ generator, fanOut }: LoadResult): string {
  const words = wordsOf({ fanOut })
  const { threads, eventLoopUtilization, cpuPerPing, sendDelay, heldBack, gcPauses, starvation, afterSilence } =
    generator
  const lost = starvation === undefined ? 0 : lostShare(starvation)
  return [
    `generator: ${formatCounted(threads, 'thread')}`,
    `event loop ${formatRatio(eventLoopUtilization)} busy`,
    ...(Number.isNaN(cpuPerPing) ? [] : [`${formatDuration(cpuPerPing)} CPU per ${words.one}`]),
    ...(gcPauses.count > 0 ? [`longest GC pause ${formatDuration(gcPauses.max)}`] : []),
    ...(lost >= notableLoss ? [`kept from running ${formatRatio(lost)} of the time`] : []),
    ...(sendDelay.count > 0 ? [`p99 sent ${formatDuration(sendDelay.p99)} late`] : []),
    ...(heldBack > 0 ? [`${formatCount(heldBack)} pings held back until others were answered`] : []),
    ...(afterSilence === undefined ? [] : describeAfterSilence(afterSilence, words)),
  ].join(', ')
}

function describeAfterSilence(afterSilence: AfterSilence, { one, many }: SampleWords): string[] {
  const pings = afterSilence.timedOut + afterSilence.lost + afterSilence.dropped
  const connections = afterSilence.failed + afterSilence.closedEarly + afterSilence.failedReconnects
  const counts = [
    ...(pings > 0 ? [`${formatCount(pings)} ${pings === 1 ? one : many}`] : []),
    ...(connections > 0 ? [formatCounted(connections, 'connection')] : []),
  ]
  return counts.length === 0 ? [] : [`${counts.join(' and ')} failed just after it had not run for a while`]
}

function sideBySide(left: readonly string[], right: readonly string[], paintTitle: (text: string) => string): string[] {
  const leftColumns = Math.max(...left.map((line) => line.length))
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const line = (left[at] ?? '').padEnd(leftColumns + columnsBetweenSides)
    return `${at === 0 ? paintTitle(line) : line}${right[at] ?? ''}`.trimEnd()
  })
}
