/** Floods in processes of their own, which tests stop, starve and continue. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as elapsed } from 'node:timers/promises'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'

export type ProcessOptions = Omit<WsLoadOptions, 'probe'> & { probe?: 'ping' | 'stamped' }

interface Disturbance {
  /** Is given the process id before anything is measured. */
  readonly prepare?: (pid: number) => void
  /** Is called when the flood begins to connect, with a signal that says when the process has ended. */
  readonly meanwhile?: (pid: number, ended: AbortSignal) => Promise<void>
}

/** Runs a flood without warm-up in a process of its own, and disturbs it. */
export async function floodInProcess(
  options: ProcessOptions,
  { prepare, meanwhile }: Disturbance,
): Promise<LoadSummary> {
  const program = join(import.meta.dirname, 'flood-program.ts')
  const child = spawn(process.execPath, [program, JSON.stringify({ warmup: 0, ...options })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new AbortController()
  child.once('exit', () => ended.abort())
  const lines: string[] = []
  const output = createInterface(child.stdout)
  output.on('line', (line) => lines.push(line))
  const closed = once(child, 'close')
  try {
    await Promise.race([once(output, 'line'), closed])
    if (ended.signal.aborted) throw new Error(`a flood ended with code ${child.exitCode} before it began`)
    prepare?.(child.pid!)
    child.stdin.write('go\n')
    await Promise.all([closed, meanwhile?.(child.pid!, ended.signal)])
  } finally {
    child.kill('SIGKILL')
  }
  return LoadSummary.fromJSON(JSON.parse(lines.at(-1)!))
}

/** Stops a process for `stopped` of every `period` milliseconds, until it ends. */
export function dutyCycle(stopped: number, period: number) {
  return async (pid: number, ended: AbortSignal): Promise<void> => {
    while (!ended.aborted) {
      await stopFor(pid, stopped)
      await elapsed(period - stopped)
    }
  }
}

/** Stops a process `after` so many milliseconds for `stopped` milliseconds. */
export function oneStop(after: number, stopped: number) {
  return async (pid: number): Promise<void> => {
    await elapsed(after)
    await stopFor(pid, stopped)
  }
}

async function stopFor(pid: number, ms: number): Promise<void> {
  try {
    process.kill(pid, 'SIGSTOP')
    await elapsed(ms)
    process.kill(pid, 'SIGCONT')
  } catch {
    // It has ended.
  }
}
