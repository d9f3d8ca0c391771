import { h } from './element.ts'
import { distributionOf, formatShare } from '../report/distribution.ts'
import { formatRange } from '../slo/bracket.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration } from '../units.ts'
import { linearAxis } from './axis.ts'
import { type Chart, chart, plot, px, width } from './chart.ts'
import { samplesOf } from './samples.ts'

const rowHeight = 20
/** Pixels from the left. */
const nameEnd = 150
const barStart = nameEnd + 12
const longestBarEnd = width - 170
const countEnd = width - 84

/** How many pings or deliveries took how long, and how many never came. */
export function distributionChart(result: LoadResult): Chart | null {
  const { latency, pings } = result
  const samples = samplesOf(result)
  const unanswered = pings.timedOut + pings.lost
  const rows = [
    ...distributionOf(latency).map(({ low, high, count }) => ({
      name: formatRange(low, high, formatDuration),
      count,
      colour: 'first',
    })),
    ...(unanswered > 0 ? [{ name: samples.unanswered, count: unanswered, colour: 'bad' }] : []),
  ]
  if (rows.length === 0) return null
  const total = rows.reduce((sum, { count }) => sum + count, 0)
  const most = Math.max(...rows.map(({ count }) => count))
  const x = linearAxis({ low: 0, high: most, from: barStart, to: longestBarEnd })
  return chart(
    {
      title: 'Histogram',
      description: rows.map(({ name, count }) => `${name}: ${formatCount(count)} ${samples.many}.`).join(' '),
      height: rows.length * rowHeight + 12,
    },
    rows.map(({ name, count, colour }, nth) => {
      const y = 6 + nth * rowHeight
      const length = Math.max(1, x.at(count) - x.at(0))
      return h('g', null, [
        h('text', { class: 'tick end', x: nameEnd, y: y + 14 }, name),
        h('rect', { class: `bar ${colour}`, x: x.at(0), width: px(length), y: y + 3, height: rowHeight - 6 }),
        h('text', { class: 'tick end', x: countEnd, y: y + 14 }, formatCount(count)),
        h('text', { class: 'tick end', x: plot.right, y: y + 14 }, formatShare(count / total)),
      ])
    }),
  )
}
