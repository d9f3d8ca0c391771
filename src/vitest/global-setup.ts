/** Vitest's global setup: starts the server under test before the project's tests and stops it after them. */
import type { TestProject } from 'vitest/node'
import { WsLoadError } from '../errors.ts'
import { startTarget, type RunningTarget } from '../server/command.ts'
import type { PluginTarget } from './plugin.ts'
import { tell } from './tell.ts'

interface SharedTarget {
  readonly started: Promise<RunningTarget>
  users: number
  diedEarly: boolean
}

/** Several projects of one run may name the same target: the first one starts it, the last one stops it. */
const registry = Symbol.for('vitest-ws-load.targets')
const targets = ((globalThis as Record<symbol, unknown>)[registry] ??= new Map()) as Map<string, SharedTarget>

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const wanted = project.getProvidedContext().wsLoadPluginTarget as PluginTarget | undefined
  if (wanted === undefined) return undefined
  const key = JSON.stringify(wanted.options)
  const shared = targets.get(key) ?? share(wanted)
  targets.set(key, shared)
  shared.users++
  const target = await shared.started.catch((error: unknown) => {
    targets.delete(key)
    throw notStarted(error as WsLoadError)
  })
  project.provide('wsLoadTarget', target.url)
  project.provide('wsLoadTargetFamily', target.family ?? null)
  return async () => {
    if (--shared.users > 0) return
    targets.delete(key)
    const killed = await target.stop()
    if (killed !== undefined) tell(killed)
    if (shared.diedEarly) fail(wanted)
  }
}

function share({ options, handshake }: PluginTarget): SharedTarget {
  const shared: SharedTarget = { started: startTarget(options, handshake), users: 0, diedEarly: false }
  shared.started.then(
    async ({ exited }) => {
      tell(await exited)
      shared.diedEarly = true
    },
    () => {},
  )
  return shared
}

/** Vitest itself says "No test files found" when a global setup fails, which sends readers the wrong way. */
function notStarted({ code, message }: WsLoadError): WsLoadError {
  const error = new WsLoadError(code, `no test was run, because the server under test did not start.\n${message}`)
  error.stack = String(error)
  return error
}

/** A server that did not outlive its tests fails the run, though each of them may have passed. */
function fail({ options: { command } }: PluginTarget): void {
  tell(`the run fails because \`${command}\` (target.command) ended while it was being tested, see above.`)
  process.exitCode = 1
}
