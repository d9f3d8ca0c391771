import type { TestCase, TestModule } from 'vitest/node'
import type { PageSection } from '../page/section.ts'
import type { FloodRecord } from '../report/flood-record.ts'
import { worstOf } from '../report/flood-table.ts'
import { LoadSummary } from '../summary/load-summary.ts'
import { type Objective, safeParseSLO } from '../slo/objective.ts'
import { floodArtifact } from './flood-artifact.ts'

interface Kept {
  readonly record: FloodRecord
  readonly summary: LoadSummary
}

/** The floods of a file, base and head together. */
export function sectionsOf(module: TestModule): PageSection[] {
  return [...module.children.allTests()].flatMap((test) => {
    const sections: PageSection[] = []
    const floods = floodsOf(test)
    for (let at = 0; at < floods.length; at++) {
      const isBase = floods[at]!.record.name === 'base' && floods[at + 1]?.record.name === 'head'
      sections.push(sectionOf(`${module.relativeModuleId} › ${test.fullName}`, floods.slice(at, at + (isBase ? 2 : 1))))
      if (isBase) at++
    }
    return sections
  })
}

/** A flood of a test that was over before it ended has no summary here. */
function floodsOf(test: TestCase): Kept[] {
  const records = test.meta().wsLoad ?? []
  return test.artifacts().flatMap((artifact) => {
    if (artifact.type !== floodArtifact) return []
    const { index, summary } = artifact
    const record = records[index]
    return record === undefined ? [] : [{ record, summary: LoadSummary.fromJSON(summary) }]
  })
}

function sectionOf(test: string, floods: readonly Kept[]): PageSection {
  const { name, attempt, verdicts } = floods.at(-1)!.record
  const label = floods.length === 1 && name !== undefined ? ` › ${name}` : ''
  const outcome = worstOf(verdicts)?.verdict
  return {
    title: `${test}${label}${attempt > 1 ? ` (attempt ${attempt})` : ''}`,
    runs: floods.map(({ record, summary }) => ({ name: record.name ?? 'latency', result: summary })),
    ...(outcome !== undefined && { outcome }),
    objectives: verdicts.flatMap(({ limits }) => objectivesIn(limits)),
  }
}

/** Limits of a comparison are none. */
function objectivesIn(limits: readonly string[]): readonly Objective[] {
  const parsed = safeParseSLO(limits)
  return 'value' in parsed ? parsed.value : []
}
