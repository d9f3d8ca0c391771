import type { TestProject } from 'vitest/node'
import type { ResolvedTarget } from '../options/target.ts'
import type { Handshake } from '../server/handshake.ts'

/** What the plugin tells a project of its target: what starting it takes. */
export interface PluginTarget {
  readonly options: ResolvedTarget
  readonly handshake: Handshake
}

declare module 'vitest' {
  interface ProvidedContext {
    wsLoadPluginTarget: PluginTarget
  }
}

/** What the plugin has told a project, if the project has the plugin. */
export function targetOf(project: TestProject): PluginTarget | undefined {
  return project.getProvidedContext().wsLoadPluginTarget
}

/** By what projects name the same target. */
export function keyOf({ options }: PluginTarget): string {
  return JSON.stringify(options)
}
