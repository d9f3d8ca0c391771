import type { TestModule } from 'vitest/node'
import type { PageSection } from '../page/section.ts'
import type { FloodRecord, RecordedVerdict } from '../report/flood-record.ts'
import { serverMark } from '../report/flood-table.ts'
import { fileNameOf } from './file-name.ts'
import type { KeptFlood, KeptFloods } from './kept-floods.ts'

/** The floods of a file, base and head together. */
export function sectionsOf(module: TestModule, kept: KeptFloods): PageSection[] {
  return [...module.children.allTests()].flatMap((test) => {
    const title = `${fileNameOf(module)} › ${test.fullName}`
    return paired(kept.of(test)).map((floods) => sectionOf(title, floods))
  })
}

/** Base and head of a comparison as one, every other flood alone: those that stand for capacities had not the same load. */
function paired(floods: readonly KeptFlood[]): KeptFlood[][] {
  return floods.flatMap((flood) => {
    const { comparison, capacity } = flood.record
    if (capacity !== undefined) return [[flood]]
    const otherSide = floods.find(({ index }) => index === comparison?.other)
    if (otherSide === undefined) return [[flood]]
    return comparison?.side === 'base' ? [[flood, otherSide]] : []
  })
}

function sectionOf(test: string, floods: readonly KeptFlood[]): PageSection {
  const { record } = floods.at(-1)!
  const { name, attempt, comparison } = record
  const label = floods.length === 1 && name !== undefined ? ` › ${name}` : ''
  return {
    title: [`${test}${label}${attempt > 1 ? ` (attempt ${attempt})` : ''}`, ...serverMark(record)].join(' '),
    runs: floods.map(({ record, summary }) => ({ name: record.name ?? 'latency', result: summary })),
    isBase: comparison?.side === 'base' && comparison.other !== null,
    verdicts: floods.flatMap(({ record }) => (floods.length === 1 ? record.verdicts : verdictsOfSide(record))),
  }
}

/** What was asked of the base alone is said to be so; a comparison's verdict is that on its head. */
function verdictsOfSide({ name, comparison, verdicts }: FloodRecord): RecordedVerdict[] {
  if (comparison?.side !== 'base') return verdicts
  return verdicts.map((verdict) => {
    const { report } = verdict
    return { ...verdict, report: { ...report, title: `${name}: ${report.title}` } }
  })
}
