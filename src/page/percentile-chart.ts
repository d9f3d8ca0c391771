import type { Bracket } from '../slo/bracket.ts'
import { findIndicator } from '../slo/indicator.ts'
import { type Observation, observeRun } from '../slo/observation.ts'
import { readPercentile } from '../slo/reading.ts'
import { h, type Markup } from './element.ts'
import { formatPercentile } from '../report/percentiles.ts'
import { formatCount, formatDuration } from '../units.ts'
import { type Axis, latencyAxis, linearAxis } from './axis.ts'
import { band, type Chart, chart, line, type LineStyle, plot, type Point, px, xAxis, yAxis } from './chart.ts'
import { samplesOf } from './samples.ts'
import type { ChartedObjective, ShownRun } from './section.ts'

const height = 320
const [top, bottom] = [28, height - 32]
const stepsPerDecade = 24
const labelWidth = 160
const percentilesWithDot = [50, 90, 99, 99.9, 99.99, 99.999]
const firstLine: LineStyle = { colour: 'first' }
const secondLine: LineStyle = { colour: 'second', dashes: 'dashed' }
const tickShares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999]

/**
 * Latency by percentile on the axis of HdrHistogram's plots, where each nine has the same width. The band below the line is
 * what the generator could not see: from the floors to the ceilings.
 */
export function percentileChart(runs: readonly ShownRun[], objectives: readonly ChartedObjective[]): Chart | null {
  const measured = runs.filter(({ result }) => result.latency.count > 0)
  if (measured.length === 0) return null
  const curves = measured.map(({ name, result }, nth): Curve => {
    const run = observeRun(result)
    return { name, run, points: curveOf(run), style: nth % 2 === 0 ? firstLine : secondLine }
  })
  const limits = percentileLimits(objectives)
  const mostNines = Math.max(...curves.map(({ run }) => ninesOf(run)))
  const x = linearAxis({ low: 0, high: mostNines, from: plot.left, to: plot.right })
  const y = latencyAxis([...latenciesOn(curves), ...limits.map(({ limit }) => limit)], bottom, top)
  const ticks = tickShares.map(ninesAt).filter((nines) => nines <= mostNines)
  return chart(
    {
      title: `${samplesOf(runs.at(-1)!.result).latency} by percentile`,
      description: describe(curves),
      height,
      series: curves.map(({ name, style }) => ({ name, ...style })),
    },
    yAxis(y, formatDuration),
    xAxis({ ...x, ticks }, formatNines, top, bottom),
    curves.map(({ points, style }) => {
      const along = (end: 'floor' | 'measured'): Point[] =>
        points.map((point) => [x.at(point.nines), y.at(Math.max(point[end], y.low))])
      return [band(along('measured'), along('floor'), style), line(along('measured'), style)]
    }),
    limits.map((objective) => limitOf(objective, x, y)),
    curves.map((curve) => dots(curve, x, y)),
  )
}

/** Where a percentile lies, by how many nines it has. */
interface CurvePoint extends Bracket {
  readonly nines: number
}

interface Curve {
  readonly name: string
  readonly run: Observation
  readonly points: readonly CurvePoint[]
  readonly style: LineStyle
}

/** Zero is nowhere on a logarithmic axis: floors start at a third of the least value. */
function latenciesOn(curves: readonly Curve[]): number[] {
  const points = curves.flatMap((curve) => curve.points)
  const least = Math.min(...points.map(({ measured }) => measured)) / 3
  return points.flatMap(({ floor, measured }) => [floor, measured]).filter((value) => value > least)
}

/** Up to where pings had an answer. */
function curveOf(run: Observation): CurvePoint[] {
  const most = ninesOf(run)
  const steps = Math.ceil(most * stepsPerDecade)
  return Array.from({ length: steps + 1 }, (_, step) => {
    const nines = (step / steps) * most
    return { nines, ...readPercentile(run, 'latency', step === steps ? 100 : (1 - 10 ** -nines) * 100) }
  }).filter(({ measured }) => Number.isFinite(measured))
}

/** How many nines the last of the pings stands for. */
function ninesOf(run: Observation): number {
  return Math.max(1, Math.log10(settledSamples(run)))
}

/** Pings of which a latency is known, or that none was to come. */
function settledSamples({ latency, pings }: Observation): number {
  return latency.count + pings.timedOut + pings.lost
}

function ninesAt(share: number): number {
  return -Math.log10(1 - share)
}

function formatNines(nines: number): string {
  return `${Number(((1 - 10 ** -nines) * 100).toPrecision(7))} %`
}

/** An objective on a percentile of the response time: neither `serviceTime.p99` nor `mean`. */
interface PercentileLimit extends ChartedObjective {
  /** Above 0 and below 100. */
  readonly percentile: number
}

function percentileLimits(objectives: readonly ChartedObjective[]): PercentileLimit[] {
  return objectives.flatMap((objective) => {
    const { statistic, subject } = findIndicator(objective.indicator) ?? {}
    // Messages have curves of their own.
    const isOfCurve = subject === 'run' || subject === 'delivery'
    const isDrawn = isOfCurve && statistic?.type === 'percentile' && statistic.of === 'latency'
    return isDrawn ? [{ ...objective, percentile: statistic.percentile }] : []
  })
}

/** A line at the limit, and where on it the percentile is. */
function limitOf({ indicator, bound, limit, level, percentile }: PercentileLimit, x: Axis, y: Axis): Markup {
  const at = x.at(Math.min(ninesAt(percentile / 100), x.high))
  const isFarRight = at > plot.right - labelWidth
  const label = { class: `label ${level}${isFarRight ? ' end' : ''}`, x: px(at + (isFarRight ? -9 : 9)) }
  return h('g', null, [
    h('line', { class: `limit ${level}`, x1: plot.left, x2: plot.right, y1: px(y.at(limit)), y2: px(y.at(limit)) }),
    h('path', { class: `pointer ${level}`, d: `M${px(at)} ${px(y.at(limit))}l-5 -8h10z` }),
    h('text', { ...label, y: px(y.at(limit) - 4) }, `${indicator} ${bound}`),
  ])
}

/** Dots that say their value when pointed at. */
function dots({ name, run, style }: Curve, x: Axis, y: Axis): Markup[] {
  return percentilesWithDot
    .map((percentile) => ({ percentile, measured: readPercentile(run, 'latency', percentile).measured }))
    .filter(({ percentile, measured }) => ninesAt(percentile / 100) <= ninesOf(run) && Number.isFinite(measured))
    .map(({ percentile, measured }) => {
      return h(
        'circle',
        { class: `dot ${style.colour}`, cx: px(x.at(ninesAt(percentile / 100))), cy: px(y.at(measured)), r: 4 },
        h('title', null, `${name} p${percentile}: ${formatPercentile(run, percentile)}`),
      )
    })
}

function describe(curves: readonly Curve[]): string {
  return curves
    .map(({ name, run }) => {
      const figures = [50, 99].map((percentile) => `p${percentile} ${formatPercentile(run, percentile)}`)
      const settled = formatCount(settledSamples(run))
      return `${name}: ${figures.join(', ')}, maximum ${formatPercentile(run, 100)} of ${settled} ${run.samples}.`
    })
    .join(' ')
}
