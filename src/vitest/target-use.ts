import { resolve } from 'node:path'
import { inject, type RunnerTestFile } from 'vitest'
import { WsLoadError, type WsLoadErrorCode } from '../errors.ts'
import type { ResolvedSide } from '../options/compare.ts'
import type { ServerSource } from '../server/server-files.ts'
import type { RunningTest } from './context.ts'
import { testFile } from './test-file.ts'

/** Why the plugin's target does not run. */
export interface TargetFailure {
  readonly code: WsLoadErrorCode
  readonly message: string
}

declare module 'vitest' {
  interface TaskMeta {
    /** Of a test file: servers that it has started itself, as sides of comparisons. */
    wsLoadServers?: readonly ServerSource[]
  }
  interface ProvidedContext {
    /** In watch mode, where tests run though their target does not; else `null`. */
    wsLoadTargetFailure: TargetFailure | null
  }
}

/**
 * Notes that a flood goes to the plugin's target, so that its test file runs again with the target.
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_…` when the target did not start
 */
export function useTarget(test: RunningTest | undefined, ...urls: readonly (string | undefined)[]): void {
  const target = inject('wsLoadTarget') as string | null | undefined
  if (target === undefined || target === null) return
  if (!urls.some((url) => url !== undefined && new URL(url).host === new URL(target).host)) return
  const file = fileOf(test)
  if (file !== undefined) file.meta.wsLoadFloodsTarget = true
  const failure = inject('wsLoadTargetFailure') as TargetFailure | null | undefined
  if (failure === undefined || failure === null) return
  throw new WsLoadError(failure.code, `wsLoad: the server under test did not start.\n${failure.message}`)
}

/**
 * Notes which servers a comparison floods: the plugin's target, and those that it starts itself.
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_…` when one of them is the target, which did not start
 */
export function useSides(test: RunningTest | undefined, ...sides: readonly ResolvedSide[]): void {
  const file = fileOf(test)
  if (file !== undefined) {
    const servers = sides.flatMap((side) => ('command' in side ? [sourceOf(side)] : []))
    if (servers.length > 0) file.meta.wsLoadServers = [...(file.meta.wsLoadServers ?? []), ...servers]
  }
  useTarget(test, ...sides.map(({ url }) => url))
}

function fileOf(test: RunningTest | undefined): RunnerTestFile | undefined {
  return test?.task.file ?? testFile().task
}

function sourceOf({ command, cwd = '', watch }: ServerSource): ServerSource {
  return { command, cwd: resolve(cwd), watch }
}
