/** Vitest's global setup: starts the server under test before the project's tests and stops it after them. */
import type { TestProject } from 'vitest/node'
import type { PluginTarget } from './plugin.ts'
import { SharedTarget } from './shared-target.ts'

/** Several projects of one run may name the same target: the first one starts it, the last one stops it. */
const registry = Symbol.for('vitest-ws-load.targets')
const targets = ((globalThis as Record<symbol, unknown>)[registry] ??= new Map()) as Map<string, SharedTarget>

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const wanted = project.getProvidedContext().wsLoadPluginTarget as PluginTarget | undefined
  if (wanted === undefined) return undefined
  const key = SharedTarget.keyOf(wanted)
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
