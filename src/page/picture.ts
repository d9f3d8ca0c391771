import { h, Markup } from './element.ts'
import type { LoadResult } from '../result/load-result.ts'
import type { CapacityResult } from '../capacity/capacity.ts'
import { capacityChart } from './capacity-chart.ts'
import { type Chart, plot, width } from './chart.ts'
import { percentileChart } from './percentile-chart.ts'
import { messages, samplesOf } from './samples.ts'
import { chartStyle } from './style.ts'
import { timelineChart } from './timeline-chart.ts'

const margin = 12
const headingHeight = 24

/** Percentile curve and time lines of a run as one SVG, in light and dark; `null` if nothing was measured. */
export function formatPicture(result: LoadResult, name = 'latency'): string | null {
  const runs = [{ name, result }]
  const timelines = [samplesOf(result), messages].map((samples) => timelineChart(runs, samples))
  return pictureOf([percentileChart(runs, []), ...timelines])
}

/** The curves of a capacity likewise. */
export function formatCapacityPicture(capacity: CapacityResult): string | null {
  return pictureOf([capacityChart(capacity)])
}

function pictureOf(drawings: readonly (Chart | null)[]): string | null {
  const charts = drawings.filter((drawing) => drawing !== null)
  if (charts.length === 0) return null
  let y = margin
  const placed = charts.map((drawing) => {
    const titled = [
      h('text', { class: 'heading', x: margin + plot.left, y: y + 16 }, drawing.title),
      h('svg', { x: margin, y: y + headingHeight, width, height: drawing.height }, drawing),
    ]
    y += headingHeight + drawing.height + margin
    return titled
  })
  const size = { width: width + 2 * margin, height: y }
  return h('svg', { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${size.width} ${size.height}` }, [
    new Markup(`<style>${chartStyle}</style>`),
    h('rect', { width: '100%', height: '100%', fill: 'var(--paper)' }),
    placed,
  ]).source
}
