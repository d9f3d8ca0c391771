import type { Outcome } from '../report/outcome.ts'
import type { Environment } from '../result/load-result.ts'
import { formatCount, formatCounted } from '../units.ts'
import { printable } from '../printable.ts'
import { h, type Markup } from './element.ts'
import { outcomeOf, type PageSection } from './section.ts'

const unjudged = 'without an SLO'
const heldAgainst = 'as a base'
const groups: Readonly<Record<Outcome, string>> = {
  pass: 'met',
  same: 'met',
  faster: 'met',
  fail: 'missed',
  slower: 'missed',
  inconclusive: 'inconclusive',
  unclear: 'inconclusive',
}

/** How the floods of a page ended, of which commit, and each machine that they ran on. */
export function overviewOf(sections: readonly PageSection[], commit: string | null): Markup[] {
  if (sections.length === 0) return []
  const environments = sections.flatMap(({ runs }) => runs.map(({ result }) => result.environment))
  const machines = new Set(environments.map(describeMachine))
  return [
    h('p', null, describeTotals(sections)),
    ...(commit === null ? [] : [h('p', { class: 'muted' }, `Commit ${printable(commit)}`)]),
    ...[...machines].map((machine) => h('p', { class: 'muted' }, printable(machine))),
  ]
}

function describeTotals(sections: readonly PageSection[]): string {
  const comparisons = sections.filter(({ runs }) => runs.length > 1).length
  const counts = Object.entries({ flood: sections.length - comparisons, comparison: comparisons })
    .filter(([, count]) => count > 0)
    .map(([noun, count]) => formatCounted(count, noun))
  const found = sections.map((section) => {
    const outcome = outcomeOf(section)
    if (outcome !== undefined) return groups[outcome]
    return section.isBase === true ? heldAgainst : unjudged
  })
  const totals = [...new Set(Object.values(groups)), unjudged, heldAgainst].flatMap((group) => {
    const members = found.filter((one) => one === group).length
    return members === 0 ? [] : [`${formatCount(members)} ${group}`]
  })
  return `${counts.join(', ')}: ${totals.join(', ')}`
}

function describeMachine({ cpu, cores, os, node }: Environment): string {
  return `${cpu}, ${formatCounted(cores, 'processor')}, ${os}, Node ${node}`
}
