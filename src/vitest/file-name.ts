import type { TestModule } from 'vitest/node'

/** What Vitest adds to the name of a project for its benchmarks. */
const ofBenchmarks = /^bench$| \(bench\)$/

/** A test file as reports call it: behind its project, if that has a name of its own. */
export function fileNameOf({ relativeModuleId, project }: TestModule): string {
  const name = project.name.replace(ofBenchmarks, '')
  return name === '' ? relativeModuleId : `${name}: ${relativeModuleId}`
}
