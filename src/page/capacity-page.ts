import type { CapacityResult } from '../capacity/capacity.ts'
import { wordsOfVerdict } from '../capacity/step.ts'
import type { SustainVerdict } from '../capacity/sustain.ts'
import {
  type ComparedCapacities,
  describeKnee,
  describeSearch,
  stepHead,
  stepRow,
  titleOfCapacity,
  titleOfCapacityComparison,
} from '../report/capacity.ts'
import { outcomes } from '../report/outcome.ts'
import { printableLine } from '../printable.ts'
import { capacityChart } from './capacity-chart.ts'
import { formatDocument } from './document.ts'
import { h, type Markup } from './element.ts'
import { badge, figure, table } from './markup.ts'

/** A capacity as one self-contained HTML file without scripts. What servers and names say in it is text, never markup. */
export function formatCapacityPage(capacity: CapacityResult, sustained: SustainVerdict | undefined): string {
  const verdict =
    sustained === undefined
      ? null
      : h('p', null, [badge(outcomes[sustained.verdict], sustained.verdict), ' ', printableLine(sustained.reason)])
  return formatDocument('Capacity of a WebSocket server', verdict, capacitySection(capacity))
}

/** Two capacities likewise, and how they compare. */
export function formatCapacityComparisonPage(compared: ComparedCapacities): string {
  const { verdict, reasons, base, head } = compared
  const introduction = [
    h('p', null, [badge(outcomes[verdict], verdict), ' ', printableLine(titleOfCapacityComparison(compared))]),
    reasons.slice(1).map((reason) => h('p', { class: 'caution' }, printableLine(reason))),
  ]
  const sections = Object.entries({ base, head }).map(([name, capacity]) =>
    capacitySection({ ...capacity, reasons: [] }, `${name}: `),
  )
  return formatDocument('Capacities, base against head', introduction, sections)
}

function capacitySection(capacity: CapacityResult, name = ''): Markup {
  const drawing = capacityChart(capacity)
  return h('section', null, [
    h('h2', null, `${name}${titleOfCapacity(capacity)}`),
    h('p', { class: 'muted' }, describeSearch(capacity)),
    capacity.reasons.map((reason) => h('p', { class: 'caution' }, printableLine(reason))),
    figure(drawing?.title ?? '', drawing),
    describeKnee(capacity).map((sentence) => h('p', null, sentence)),
    table({
      caption: 'Loads, in the order in which they were tried',
      head: [...stepHead, 'SLO', 'why'],
      rows: capacity.steps.map((step) => [
        ...stepRow(capacity, step),
        wordsOfVerdict[step.verdict],
        printableLine(step.reasons[0] ?? ''),
      ]),
    }),
  ])
}
