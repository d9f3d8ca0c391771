import { h, type Markup } from './element.ts'
import type { LoadInterval, LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRate } from '../units.ts'
import { type Axis, latencyAxis, linearAxis } from './axis.ts'
import { type Chart, chart, line, plot, px, type Series, xAxis, yAxis } from './chart.ts'
import { describeProcessors, processorStrip, stripHeight } from './processor-strip.ts'
import type { Samples } from './samples.ts'
import type { ShownRun } from './section.ts'

interface Drawn {
  readonly name: string
  readonly result: LoadResult
  readonly intervals: readonly LoadInterval[]
}

const height = 420
const [top, bottom] = [28, 270]
const [rateTop, rateBottom] = [318, height - 32]
const figures = ['p50', 'p99', 'max'] as const
/** A second, a minute, an hour. */
const millisecondsPer = [1_000, 60_000, 3_600_000]

/** Latency of each interval, and below it throughput and what failed, and what the processors did. */
export function timelineChart(runs: readonly ShownRun[], samples: Samples): Chart | null {
  const drawn = runs
    .map(({ name, result }): Drawn => ({ name, result, intervals: samples.intervalsOf(result) }))
    .filter(({ intervals }) => intervals.length > 1)
  if (drawn.length === 0) return null
  const all = drawn.flatMap(({ intervals }) => intervals)
  const x = timeAxis(Math.max(...all.map(({ start, duration }) => start + duration)))
  const latency = latencyAxis(
    all.flatMap((interval) => figures.map((figure) => interval[figure])),
    bottom,
    top,
  )
  const rates = all.flatMap((interval) => [interval.throughput, failuresOf(interval)])
  const rate = linearAxis({ low: 0, high: Math.max(1, ...rates) * 1.1, from: rateBottom, to: rateTop })
  const watched = drawn.flatMap(({ result: { machine, startedAt }, intervals }, nth) =>
    machine === undefined ? [] : [{ machine, startedAt, intervals, colour: colourOf(nth) }],
  )
  const end = height + (watched.length > 0 ? stripHeight : 0)
  const series = drawn.flatMap(({ name }, nth) => seriesOf(name, nth, drawn.length))
  return chart(
    { title: `${samples.latency} over time`, description: describe(drawn, samples), height: end, series },
    yAxis(latency, formatDuration),
    xAxis(x, (ms) => (ms === 0 ? '0 s' : formatDuration(ms)), top, bottom),
    drawn.flatMap(({ intervals }, nth) =>
      figures.map((figure, at) =>
        line(
          intervals.map((interval) => [x.at(middleOf(interval)), latency.at(interval[figure])]),
          series[nth * figures.length + at]!,
        ),
      ),
    ),
    h(
      'text',
      { class: 'legend', x: plot.left, y: rateTop - 10 },
      `${samples.answered} per second; bars: timed out, lost and dropped`,
    ),
    yAxis({ ...rate, ticks: rate.ticks.filter((_, nth) => nth % 2 === 0) }, formatRate),
    drawn.flatMap(({ intervals }, nth) => [
      line(
        intervals.map((interval) => [x.at(middleOf(interval)), rate.at(interval.throughput)]),
        series[nth * figures.length]!,
      ),
      intervals.map((interval) => failureBar(interval, x, rate)),
    ]),
    watched.length > 0 ? processorStrip(watched, x, rateBottom, middleOf) : null,
    drawn.length === 1 ? drawn[0]!.intervals.map((interval) => hint(interval, x, samples)) : null,
  )
}

/** One run has a colour for each figure; of two runs each has its own. */
function seriesOf(name: string, nth: number, runs: number): Series[] {
  if (runs === 1) {
    return [
      { name: 'p50', colour: 'first' },
      { name: 'p99', colour: 'second' },
      { name: 'max', colour: 'third', dashes: 'dotted' },
    ]
  }
  const colour = colourOf(nth)
  return [
    { name: `${name} p50`, colour },
    { name: `${name} p99`, colour, dashes: 'dashed' },
    { name: `${name} max`, colour, dashes: 'dotted' },
  ]
}

function colourOf(nth: number): Series['colour'] {
  return nth === 0 ? 'first' : 'second'
}

function failuresOf({ timedOut, lost, dropped, duration }: LoadInterval): number {
  return ((timedOut + lost + dropped) / duration) * 1_000
}

/** From 0, in milliseconds; ticks are round numbers of what {@link formatDuration} says such times in. */
function timeAxis(end: number): Axis {
  const unit = millisecondsPer.findLast((ms) => end >= 2 * ms) ?? 1
  const axis = linearAxis({ low: 0, high: end / unit, from: plot.left, to: plot.right })
  return { ...axis, high: end, at: (ms) => axis.at(ms / unit), ticks: axis.ticks.map((tick) => tick * unit) }
}

/** In milliseconds. */
function middleOf({ start, duration }: LoadInterval): number {
  return start + duration / 2
}

function failureBar(interval: LoadInterval, x: Axis, rate: Axis): Markup | null {
  const failures = failuresOf(interval)
  if (failures === 0) return null
  const { left, width } = columnOf(interval, x)
  const y = Math.min(rate.at(failures), rateBottom - 2)
  return h('rect', { class: 'bar bad', x: px(left), width: px(width), y: px(y), height: px(rateBottom - y) })
}

/** Says the interval's figures when pointed at. */
function hint(interval: LoadInterval, x: Axis, { answered }: Samples): Markup {
  const { start, duration, p50, p99, max, throughput, timedOut, lost, dropped } = interval
  const { left, width } = columnOf(interval, x)
  const text = [
    `${formatDuration(start)} to ${formatDuration(start + duration)}`,
    ...(Number.isFinite(p50)
      ? [`p50 ${formatDuration(p50)}, p99 ${formatDuration(p99)}, max ${formatDuration(max)}`]
      : [`none ${answered}`]),
    `${formatRate(throughput)} ${answered}`,
    ...Object.entries({ 'timed out': timedOut, lost, dropped })
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${formatCount(count)} ${what}`),
    ...describeProcessors(interval),
  ].join('\n')
  return h(
    'rect',
    { class: 'hint', x: px(left), width: px(width), y: top, height: rateBottom - top },
    h('title', null, text),
  )
}

function columnOf({ start, duration }: LoadInterval, x: Axis): { left: number; width: number } {
  const left = x.at(start)
  return { left, width: x.at(start + duration) - left }
}

function describe(runs: readonly Drawn[], samples: Samples): string {
  return runs
    .map(({ name, intervals }) => {
      const answered = intervals.filter(({ p99 }) => Number.isFinite(p99))
      if (answered.length === 0) return `${name}: none ${samples.answered}.`
      const worst = answered.reduce((one, other) => (other.max > one.max ? other : one))
      const points = answered.map(({ p99 }) => p99)
      const range = `${formatDuration(Math.min(...points))} to ${formatDuration(Math.max(...points))}`
      return `${name}: p99 of each ${lengthOf(intervals)} from ${range}, the slowest ${formatDuration(worst.max)} ${formatDuration(worst.start)} after the start.`
    })
    .join(' ')
}

/** In words how long they are, as they were meant: each is cut a little late. */
export function lengthOf(intervals: readonly LoadInterval[]): string {
  const { duration = 0 } = intervals[0] ?? {}
  const seconds = Math.round(duration / 1_000)
  if (seconds < 1) return formatDuration(Math.round(duration))
  return seconds === 1 ? 'second' : formatDuration(seconds * 1_000)
}
