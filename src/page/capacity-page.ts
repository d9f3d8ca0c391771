import type { CapacityResult } from '../capacity/capacity.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import { describeSearch, stepHead, stepRow, titleOfCapacity } from '../report/capacity.ts'
import { outcomes } from '../report/outcome.ts'
import { printable } from '../printable.ts'
import { capacityChart } from './capacity-chart.ts'
import { formatDocument } from './document.ts'
import { h } from './element.ts'
import { badge, figure, table } from './markup.ts'

const words = { pass: 'kept', fail: 'missed', inconclusive: 'undecided' } as const

/** A capacity as one self-contained HTML file without scripts. What servers and names say in it is text, never markup. */
export function formatCapacityPage(capacity: CapacityResult, sustained: SustainVerdict | undefined): string {
  const drawing = capacityChart(capacity)
  return formatDocument('Capacity of a WebSocket server', h('p', { class: 'muted' }, describeSearch(capacity)), [
    h('section', null, [
      h('h2', null, titleOfCapacity(capacity)),
      sustained === undefined
        ? null
        : h('p', null, [badge(outcomes[sustained.verdict], sustained.verdict), ' ', printable(sustained.reason)]),
      capacity.reasons.map((reason) => h('p', { class: 'caution' }, printable(reason))),
      figure(drawing?.title ?? '', drawing),
      table({
        caption: 'Loads, in the order in which they were tried',
        head: [...stepHead, 'SLO', 'why'],
        rows: capacity.steps.map((step) => [
          ...stepRow(capacity, step),
          words[step.verdict],
          printable(step.reasons[0] ?? ''),
        ]),
      }),
    ]),
  ])
}
