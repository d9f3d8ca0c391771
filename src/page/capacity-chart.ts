import type { CapacityResult } from '../capacity/capacity.ts'
import { formatLoad } from '../capacity/load.ts'
import { type CapacityStep, wordsOfVerdict } from '../capacity/step.ts'
import type { LoadResult } from '../result/load-result.ts'
import { type Observation, observeRun } from '../slo/observation.ts'
import { findIndicator } from '../slo/indicator.ts'
import { readPercentile } from '../slo/reading.ts'
import { formatDuration, formatProcessorsTo, formatRate, formatRatio } from '../units.ts'
import { type Axis, latencyAxis, linearAxis, logarithmicAxis } from './axis.ts'
import { type Chart, chart, line, type LineStyle, plot, px, xAxis, yAxis } from './chart.ts'
import { h, type Markup } from './element.ts'

/** Pixels. */
const latencyPanel = { top: 28, bottom: 300 }
const panelGap = 48
const panelHeight = 90
const axisHeight = 32
/** Loads that are farther apart are drawn on a logarithmic axis. */
const maxLinearRatio = 4
/** Room beside the outermost loads, as a factor, and below the last panel. */
const margins = { beside: 1.05, below: 12 }
const digitsOfProcessors = 2
const firstLine = { colour: 'first' } as const
const secondLine = { colour: 'second', dashes: 'dashed' } as const
const [usualPercentile, higherPercentile] = [50, 99]

/** A load, and what was measured under it. */
interface Point {
  readonly step: CapacityStep
  readonly result: LoadResult
  readonly run: Observation
}

/** One figure over the load, in a panel of its own below the latencies. */
interface Panel {
  readonly title: string
  readonly read: (result: LoadResult) => number
  readonly format: (value: number) => string
  readonly style: LineStyle
}

const panels: readonly Panel[] = [
  {
    title: 'Failed share of the pings',
    read: ({ errorRate }) => errorRate,
    format: formatRatio,
    style: { colour: 'bad' },
  },
  {
    title: 'Processors that the server used',
    read: ({ server }) => server?.cores ?? NaN,
    format: (cores) => formatProcessorsTo(cores, digitsOfProcessors),
    style: { colour: 'first' },
  },
]

/**
 * Latency over the load with the limits of the SLO and the capacity's interval, below it failures, and where the server was watched its
 * processor time; `null` if nothing was measured.
 */
export function capacityChart(capacity: CapacityResult): Chart | null {
  const points = pointsOf(capacity.steps)
  if (points.length === 0) return null
  const limits = capacity.objectives.filter(({ kind }) => kind === 'duration')
  const percentiles = [usualPercentile, percentileIn(capacity)]
  const lines = percentiles.map((percentile, nth) => {
    return { percentile, name: `p${percentile}`, ...(nth === 0 ? firstLine : secondLine) }
  })
  const latencies = points.flatMap(({ run }) => percentiles.map((percentile) => latencyOf(run, percentile)))
  const shown = panels.filter(({ read }) => points.some(({ result }) => read(result) > 0))
  const bottom = shown.length === 0 ? latencyPanel.bottom : topOfPanel(shown.length - 1) + panelHeight
  const x = loadAxis(points.map(({ step }) => step.load))
  const y = latencyAxis([...latencies, ...limits.map(({ limit }) => limit)], latencyPanel.bottom, latencyPanel.top)
  const formatTick = (load: number): string => (capacity.over === 'rate' ? formatRate(load) : String(load))
  return chart(
    {
      title: capacity.over === 'rate' ? 'Latency by rate' : 'Latency by connections',
      description: points.map((point) => describe(capacity, point)).join(' '),
      height: shown.length === 0 ? bottom + axisHeight : bottom + margins.below,
      series: lines,
    },
    intervalBand(capacity, x, latencyPanel.top, bottom),
    yAxis(y, formatDuration),
    xAxis(x, formatTick, latencyPanel.top, latencyPanel.bottom),
    lines.map(({ percentile, ...style }) =>
      line(
        points.map(({ step, run }) => [x.at(step.load), y.at(latencyOf(run, percentile))]),
        style,
      ),
    ),
    limits.map(({ indicator, bound, limit, level }) =>
      h('g', null, [
        h('line', { class: `limit ${level}`, x1: plot.left, x2: plot.right, y1: px(y.at(limit)), y2: px(y.at(limit)) }),
        h('text', { class: `label ${level}`, x: plot.left + 9, y: px(y.at(limit) - 4) }, `${indicator} ${bound}`),
      ]),
    ),
    points.map((point) => mark(capacity, point, x, y)),
    shown.map((panel, nth) => panelOf(panel, points, x, topOfPanel(nth))),
  )
}

/** In the order of their loads; of a load that was tried twice the later one, or the only one that was decided. */
function pointsOf(steps: readonly CapacityStep[]): Point[] {
  const undecidedFirst = steps.toSorted((one, other) => Number(isDecided(one)) - Number(isDecided(other)))
  const byLoad = new Map(undecidedFirst.map((step) => [step.load, step]))
  return [...byLoad.values()]
    .toSorted((one, other) => one.load - other.load)
    .flatMap((step) => {
      return step.summary === undefined ? [] : [{ step, result: step.summary, run: observeRun(step.summary) }]
    })
}

function isDecided({ verdict }: CapacityStep): boolean {
  return verdict !== 'inconclusive'
}

/** The percentile that has to be kept, or else one that tells when a server is slow. */
function percentileIn({ objectives }: CapacityResult): number {
  const bounded = objectives.flatMap(({ indicator, level }) => {
    const { statistic } = findIndicator(indicator) ?? {}
    return level === 'fail' && statistic?.type === 'percentile' && statistic.of === 'latency'
      ? [statistic.percentile]
      : []
  })
  const others = bounded.filter((percentile) => percentile !== usualPercentile)
  return others.length > 0 ? Math.max(...others) : higherPercentile
}

function latencyOf(run: Observation, percentile: number): number {
  return readPercentile(run, 'latency', percentile).measured
}

function loadAxis(loads: readonly number[]): Axis {
  const [low, high] = [Math.min(...loads) / margins.beside, Math.max(...loads) * margins.beside]
  const ends = { low, high, from: plot.left, to: plot.right }
  return high / low > maxLinearRatio ? logarithmicAxis(ends) : linearAxis(ends)
}

/** From what was surely kept to what was surely missed, or to the end of the chart. */
function intervalBand({ low, high }: CapacityResult, x: Axis, top: number, bottom: number): Markup | null {
  if (low === 0) return null
  const [from, to] = [x.at(low), high === Infinity ? plot.right : x.at(high)]
  return h('rect', { class: 'band first', x: px(from), width: px(to - from), y: top, height: bottom - top })
}

/** What became of a load: a sign where its latency is, which says its figures when it is pointed at. */
function mark(capacity: CapacityResult, point: Point, x: Axis, y: Axis): Markup {
  const { step, run } = point
  const colour = { pass: 'first', fail: 'bad', inconclusive: 'third' }[step.verdict]
  const measured = latencyOf(run, percentileIn(capacity))
  const at = Number.isFinite(measured) ? Math.max(latencyPanel.top, y.at(measured)) : latencyPanel.top
  return h(
    'circle',
    { class: `dot ${colour}`, cx: px(x.at(step.load)), cy: px(at), r: 4.5 },
    h('title', null, describe(capacity, point)),
  )
}

/** Pixels. */
function topOfPanel(nth: number): number {
  return latencyPanel.bottom + axisHeight / 2 + panelGap + nth * (panelGap + panelHeight)
}

function panelOf({ title, read, format, style }: Panel, points: readonly Point[], x: Axis, top: number): Markup {
  const bottom = top + panelHeight
  const values = points.map(({ result }) => read(result))
  const highest = Math.max(...values.filter((value) => Number.isFinite(value)))
  const y = linearAxis({ low: 0, high: highest * 1.1, from: bottom, to: top })
  return h('g', null, [
    h('text', { class: 'legend', x: plot.left, y: top - 10 }, title),
    yAxis({ ...y, ticks: y.ticks.filter((_, nth) => nth % 2 === 0) }, format),
    line(
      points.map(({ step }, nth) => [x.at(step.load), y.at(values[nth]!)]),
      style,
    ),
  ])
}

function describe(capacity: CapacityResult, { step, run, result }: Point): string {
  const figures = [usualPercentile, percentileIn(capacity)].map(
    (percentile) => `p${percentile} ${formatDuration(latencyOf(run, percentile))}`,
  )
  return `${formatLoad(capacity.over, step.load)} ${wordsOfVerdict[step.verdict]}: ${figures.join(', ')}, ${formatRatio(result.errorRate)} failed.`
}
