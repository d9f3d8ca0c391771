import { type Content, h, Markup } from './element.ts'
import type { Axis } from './axis.ts'

/** Pixels of a chart's own coordinates; it is scaled to the page. */
export const width = 760
export const plot = { left: 76, right: width - 16 }

/** How a line is told from the others: by its colour, and without colours by its dashes. */
export interface LineStyle {
  readonly colour: 'first' | 'second' | 'third' | 'bad'
  readonly dashes?: 'dashed' | 'dotted'
}

export interface Series extends LineStyle {
  readonly name: string
}

export type Point = readonly [x: number, y: number]

interface ChartFrame {
  readonly title: string
  /** What it shows, for those who do not see it. */
  readonly description: string
  readonly height: number
  readonly series?: readonly Series[]
}

/** A drawing of its own height, as wide as all others. */
export class Chart extends Markup {
  readonly title: string
  readonly height: number

  constructor({ source }: Markup, { title, height }: Pick<ChartFrame, 'title' | 'height'>) {
    super(source)
    this.title = title
    this.height = height
  }
}

/** A drawing with a title for screen readers and a legend. */
export function chart({ title, description, height, series = [] }: ChartFrame, ...content: Content[]): Chart {
  const drawing = h(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, role: 'img', class: 'chart' },
    h('title', null, title),
    h('desc', null, description),
    series.length > 1 ? legend(series) : null,
    content,
  )
  return new Chart(drawing, { title, height })
}

/** Horizontal lines and their labels. */
export function yAxis(axis: Axis, format: (value: number) => string): Markup[] {
  return axis.ticks.map((tick) =>
    h('g', null, [
      h('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: px(axis.at(tick)), y2: px(axis.at(tick)) }),
      h('text', { class: 'tick end', x: plot.left - 8, y: px(axis.at(tick) + 4) }, format(tick)),
    ]),
  )
}

/** Labels below, and vertical lines up to `top`. */
export function xAxis(axis: Axis, format: (value: number) => string, top: number, bottom: number): Markup[] {
  return axis.ticks.map((tick) =>
    h('g', null, [
      h('line', { class: 'grid', x1: px(axis.at(tick)), x2: px(axis.at(tick)), y1: top, y2: bottom }),
      h('text', { class: 'tick middle', x: px(axis.at(tick)), y: bottom + 18 }, format(tick)),
    ]),
  )
}

/** A line through the points; it is broken where one has no value, and a lone point is a dot. */
export function line(points: readonly Point[], style: LineStyle): Markup[] {
  const stretches: Point[][] = [[]]
  for (const point of points) {
    if (Number.isFinite(point[1])) stretches.at(-1)!.push(point)
    else stretches.push([])
  }
  return stretches
    .filter(({ length }) => length > 0)
    .map((stretch) =>
      stretch.length === 1
        ? h('circle', { class: `dot ${style.colour}`, cx: px(stretch[0]![0]), cy: px(stretch[0]![1]), r: 2.5 })
        : h('path', { class: `line ${style.colour} ${style.dashes ?? ''}`, d: path(stretch) }),
    )
}

/** What lies between two lines that have the same x. */
export function band(upper: readonly Point[], lower: readonly Point[], { colour }: LineStyle): Markup {
  return h('path', { class: `band ${colour}`, d: `${path([...upper, ...lower.toReversed()])}Z` })
}

function legend(series: readonly Series[]): Markup[] {
  let x = plot.left
  return series.map(({ name, ...style }) => {
    const entry = h('g', null, [
      line(
        [
          [x, 12],
          [x + 22, 12],
        ],
        style,
      ),
      h('text', { class: 'legend', x: x + 28, y: 16 }, name),
    ])
    x += 52 + name.length * 7
    return entry
  })
}

function path(points: readonly Point[]): string {
  return points.map(([x, y], nth) => `${nth === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('')
}

/** A tenth of a pixel is enough. */
export function px(value: number): number {
  return Math.round(value * 10) / 10
}
