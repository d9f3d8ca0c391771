import type { TestModule } from 'vitest/node'
import type { NamedRun } from '../export/named-run.ts'
import { keptFloodsOf } from './kept-floods.ts'

/**
 * The floods of files under names that stay the same from run to run: file, test, and what the flood is called. Only those of a test's
 * last attempt; several of a test that are called the same are numbered.
 */
export function exportedRunsOf(modules: readonly TestModule[]): NamedRun[] {
  const seen = new Map<string, number>()
  return modules.flatMap((module) => {
    const { relativeModuleId, project } = module
    const file = project.name === '' ? relativeModuleId : `${project.name}: ${relativeModuleId}`
    return [...module.children.allTests()].flatMap((test) => {
      const floods = keptFloodsOf(test)
      const lastAttempt = Math.max(...floods.map(({ record }) => record.attempt))
      return floods
        .filter(({ record }) => record.attempt === lastAttempt)
        .map(({ record: { name, capacity }, summary }): NamedRun => {
          const label = capacity === undefined ? name : 'capacity'
          const called = [file, test.fullName, ...(label === undefined ? [] : [label])].join(' › ')
          const nth = (seen.get(called) ?? 0) + 1
          seen.set(called, nth)
          return {
            name: nth === 1 ? called : `${called} (${nth})`,
            result: summary,
            ...(capacity !== undefined && { capacity: { ...capacity, high: capacity.high ?? Infinity } }),
          }
        })
    })
  })
}
