import { h, type Markup } from './element.ts'
import { formatBracket } from '../slo/bracket.ts'
import type { LatencySummary } from '../result/latency-summary.ts'
import { formatCount, formatDuration } from '../units.ts'
import { type Axis, latencyAxis, linearAxis } from './axis.ts'
import { band, type Chart, chart, line, type Look, plot, type Point, px, xAxis, yAxis } from './chart.ts'
import type { ChartedObjective, ShownRun } from './section.ts'

const height = 320
const [top, bottom] = [28, height - 32]
const stepsPerDecade = 24
const roomForLabel = 160
const marked = [50, 90, 99, 99.9, 99.99, 99.999]
const looks: readonly Look[] = [{ colour: 'first' }, { colour: 'second', dashes: 'dashed' }]

/**
 * Latency by percentile on the axis of HdrHistogram's plots, where each nine has the same width. The band below the line is
 * what the generator could not see: from the floors to the ceilings.
 */
export function percentileChart(runs: readonly ShownRun[], objectives: readonly ChartedObjective[]): Chart | null {
  const measured = runs.filter(({ result }) => result.latency.count > 0)
  if (measured.length === 0) return null
  const limits = objectives.filter(isOfPercentile)
  const most = Math.max(...measured.map(({ result }) => ninesOf(result.latency)))
  const x = linearAxis({ low: 0, high: most, from: plot.left, to: plot.right })
  const curves = measured.map(({ result }) => curveOf(result.latency))
  const shown = curves.flat().flatMap(({ floor, ceiling }) => [floor, ceiling])
  const y = latencyAxis(
    [...shown.filter((value) => value > lowest(curves)), ...limits.map(({ limit }) => limit)],
    bottom,
    top,
  )
  const ticks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999].map(ninesAt).filter((nines) => nines <= most)
  return chart(
    {
      title: 'Latency by percentile',
      description: describe(measured),
      height,
      series: measured.map(({ name }, at) => ({ name, ...looks[at % 2]! })),
    },
    yAxis(y, formatDuration),
    xAxis({ ...x, ticks }, formatNines, top, bottom),
    curves.flatMap((curve, at) => {
      const points = (end: 'floor' | 'ceiling'): Point[] =>
        curve.map((one) => [x.at(one.nines), y.at(Math.max(one[end], y.low))])
      return [band(points('ceiling'), points('floor'), looks[at % 2]!), line(points('ceiling'), looks[at % 2]!)]
    }),
    limits.map((objective) => limitOf(objective, x, y)),
    measured.flatMap(({ name, result }, at) => marks(name, result.latency, looks[at % 2]!, x, y)),
  )
}

/** Zero is nowhere on a logarithmic axis: floors start at the least ceiling's decade. */
function lowest(curves: readonly (readonly { ceiling: number }[])[]): number {
  return Math.min(...curves.flat().map(({ ceiling }) => ceiling)) / 3
}

function curveOf(latency: LatencySummary): { nines: number; floor: number; ceiling: number }[] {
  const most = ninesOf(latency)
  const steps = Math.ceil(most * stepsPerDecade)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const nines = (step / steps) * most
    return { nines, ...latency.bounds(step === steps ? 100 : (1 - 10 ** -nines) * 100) }
  })
}

/** How many nines the last sample stands for. */
function ninesOf({ count }: LatencySummary): number {
  return Math.max(1, Math.log10(count))
}

function ninesAt(share: number): number {
  return -Math.log10(1 - share)
}

function formatNines(nines: number): string {
  return `${Number(((1 - 10 ** -nines) * 100).toPrecision(7))} %`
}

/** `p99.9`, and neither `serviceTime.p99` nor `mean`. */
function isOfPercentile({ indicator }: ChartedObjective): boolean {
  return /^p[\d.]+$/.test(indicator)
}

/** A line at the limit, and where on it the percentile is. */
function limitOf({ indicator, bound, limit, level }: ChartedObjective, x: Axis, y: Axis): Markup {
  const at = x.at(Math.min(ninesAt(Number(indicator.slice(1)) / 100), x.high))
  const isFarRight = at > plot.right - roomForLabel
  const label = { class: `label ${level}${isFarRight ? ' end' : ''}`, x: px(at + (isFarRight ? -9 : 9)) }
  return h('g', null, [
    h('line', { class: `limit ${level}`, x1: plot.left, x2: plot.right, y1: px(y.at(limit)), y2: px(y.at(limit)) }),
    h('path', { class: `pointer ${level}`, d: `M${px(at)} ${px(y.at(limit))}l-5 -8h10z` }),
    h('text', { ...label, y: px(y.at(limit) - 4) }, `${indicator} ${bound}`),
  ])
}

/** Dots that say their value when pointed at. */
function marks(name: string, latency: LatencySummary, { colour }: Look, x: Axis, y: Axis): Markup[] {
  return marked
    .filter((percentile) => ninesAt(percentile / 100) <= ninesOf(latency))
    .map((percentile) => {
      const { ceiling } = latency.bounds(percentile)
      return h(
        'circle',
        { class: `dot ${colour}`, cx: px(x.at(ninesAt(percentile / 100))), cy: px(y.at(ceiling)), r: 4 },
        h('title', null, `${name} p${percentile}: ${formatPercentile(latency, percentile)}`),
      )
    })
}

export function formatPercentile(latency: LatencySummary, percentile: number): string {
  const { floor, ceiling } = latency.bounds(percentile)
  return formatBracket({ measured: ceiling, floor, ceiling }, formatDuration)
}

function describe(runs: readonly ShownRun[]): string {
  return runs
    .map(({ name, result: { latency } }) => {
      const [p50, p99] = [50, 99].map((percentile) => formatPercentile(latency, percentile))
      return `${name}: p50 ${p50}, p99 ${p99}, maximum ${formatDuration(latency.max)} of ${formatCount(latency.count)} pings.`
    })
    .join(' ')
}
