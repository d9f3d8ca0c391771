import { WsLoadError } from '../../src/errors.ts'
import type { TargetOptions } from '../../src/options/target.ts'
import { type RunningTarget, startTarget } from '../../src/server/command.ts'
import { freePort } from '../support/processes.ts'
import { targetOf } from '../support/target.ts'
import type { Run } from './matrix.ts'

interface Starting extends Omit<Partial<TargetOptions>, 'command'> {
  readonly command: (port: number) => string
  /** Happens when it is up, and is its end. */
  readonly meanwhile?: (target: RunningTarget) => Promise<unknown>
  readonly signal?: () => AbortSignal
}

/** Starts a target as the plugin does, and stops it. */
export function starting({ command, meanwhile, signal, ...options }: Starting): Run {
  return async (overdue) => {
    const port = await freePort()
    const parsed = targetOf({ command: command(port), url: `ws://127.0.0.1:${port}`, ...options })
    try {
      const target = await startTarget(
        parsed,
        {},
        signal === undefined ? overdue : AbortSignal.any([overdue, signal()]),
      )
      try {
        if (meanwhile === undefined) return { exit: 0, codes: [], said: '' }
        await meanwhile(target)
        return { exit: 'reported', codes: [], said: await target.exited }
      } finally {
        await target.stop()
      }
    } catch (error) {
      if (error instanceof WsLoadError) return { exit: 'throws', codes: [error.code], said: error.message }
      throw error
    }
  }
}
