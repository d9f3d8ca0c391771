import { inject } from 'vitest'
import { WsLoadError, type WsLoadErrorCode } from '../errors.ts'
import type { RunningTest } from './context.ts'
import { testFile } from './test-file.ts'

/** Why the plugin's target does not run. */
export interface TargetFailure {
  readonly code: WsLoadErrorCode
  readonly message: string
}

declare module 'vitest' {
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
  const file = test?.task.file ?? testFile().task
  if (file !== undefined) file.meta.wsLoadFloodsTarget = true
  const failure = inject('wsLoadTargetFailure') as TargetFailure | null | undefined
  if (failure === undefined || failure === null) return
  throw new WsLoadError(failure.code, `wsLoad: the server under test did not start.\n${failure.message}`)
}
