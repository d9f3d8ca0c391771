import type { TestModule } from 'vitest/node'

/** A test file as reports call it: behind its project, if that has a name. */
export function fileNameOf({ relativeModuleId, project }: TestModule): string {
  return project.name === '' ? relativeModuleId : `${project.name}: ${relativeModuleId}`
}
