import type { TestModule } from 'vitest/node'
import type { NamedRun } from '../export/named-run.ts'
import type { FloodRecord } from '../report/flood-record.ts'
import { lastAttemptOf } from './attempts.ts'
import { fileNameOf } from './file-name.ts'
import type { KeptFloods } from './kept-floods.ts'

/**
 * The floods of files under names that stay the same from run to run: file, test, and what the flood is called. Only those of a test's
 * last attempt; several of a test that are called the same are numbered.
 */
export function exportedRunsOf(modules: readonly TestModule[], kept: KeptFloods): NamedRun[] {
  const taken = new Set<string>()
  return modules.flatMap((module) => {
    const file = fileNameOf(module)
    return [...module.children.allTests()].flatMap((test) => {
      const lastAttempt = lastAttemptOf(test)
      return kept
        .of(test)
        .filter(({ record }) => record.attempt === lastAttempt)
        .map(({ record, summary }): NamedRun => {
          const label = labelOf(record)
          const called = [file, test.fullName, ...(label === undefined ? [] : [label])].join(' › ')
          const unique = firstFree(called, taken)
          taken.add(unique)
          return {
            name: unique,
            result: summary,
            ...exportedCapacity(record),
          }
        })
    })
  })
}

/** None where its search ended before it found a limit: a low figure is none of a server that takes less then. */
export function exportedCapacity({ capacity }: Pick<FloodRecord, 'capacity'>): Pick<NamedRun, 'capacity'> {
  if (capacity === undefined || capacity.unfinished === true) return {}
  const { over, low, high } = capacity
  return { capacity: { over, low, high: high ?? Infinity } }
}

/** What a capacity is changes from run to run, and is no part of its name. */
function labelOf({ name, capacity, comparison }: FloodRecord): string | undefined {
  if (capacity === undefined) return name
  return comparison === undefined ? 'capacity' : `${comparison.side} capacity`
}

/** A name, or that with the first number that makes it another one. */
function firstFree(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  for (let nth = 2; ; nth++) {
    if (!taken.has(`${name} (${nth})`)) return `${name} (${nth})`
  }
}
