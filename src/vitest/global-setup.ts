/** Vitest's global setup: starts the server under test before the project's tests and stops it after them. */
import type { TestProject, Vitest } from 'vitest/node'
import { keyOf, targetOf } from './plugin-target.ts'
import { SharedTarget } from './shared-target.ts'
import { tell } from './tell.ts'

/** Several projects of one run may name the same target: the first one starts it, the last one stops it. */
const registry = Symbol.for('vitest-ws-load.targets')
const targets = ((globalThis as Record<symbol, unknown>)[registry] ??= new Map()) as Map<string, SharedTarget>

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const wanted = targetOf(project)
  if (wanted === undefined) {
    if (project.isRootProject()) tellIfUnused(project.vitest)
    return undefined
  }
  const key = keyOf(wanted)
  const target = targets.get(key) ?? new SharedTarget(wanted)
  targets.set(key, target)
  await target.join(project).catch((error: unknown) => {
    targets.delete(key)
    throw error
  })
  return async () => {
    if (!target.leave(project)) return
    targets.delete(key)
    await target.end()
  }
}

/** Says that no project has the target of the root's plugin; where projects are chosen, those that have it may be left out. */
function tellIfUnused({ config, projects }: Vitest): void {
  if (config.project.length > 0 || projects.some((project) => targetOf(project) !== undefined)) return
  tell(
    "warning: the target of the plugin in the root's configuration is not started, because no project has it: files and " +
      'folders in test.projects inherit nothing, and floods without a url go to an embedded server there. Add the plugin ' +
      'to their own configurations, or list projects as objects with extends: true',
  )
}
