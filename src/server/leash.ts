import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit } from './program.ts'

/** How a process group is asked to end, and how long it may take. */
const signals = [
  { signal: 'SIGTERM', longestMs: 3_000 },
  { signal: 'SIGKILL', longestMs: 1_000 },
] as const
/** How often it is checked whether a process group has ended. */
const checkEveryMs = 20

/** What the leash runs; it is told once, over IPC. */
export interface Errand {
  readonly command: string
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
}

let server: ChildProcess | undefined
let ending: Promise<void> | undefined

process.once('message', ({ command, cwd, env }: Errand) => {
  server = spawn(command, { cwd, detached: true, env, shell: true, stdio: ['ignore', 'inherit', 'inherit'] })
  server.once('exit', (code, signal) => {
    process.send?.({ code, signal } satisfies Exit, undefined, undefined, end)
  })
})
process.once('disconnect', end)
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end)

function end(): void {
  ending ??= endServer().then(() => process.exit())
}

async function endServer(): Promise<void> {
  if (server?.pid !== undefined) await endGroup(server.pid)
}

async function endGroup(leader: number): Promise<void> {
  for (const { signal, longestMs } of signals) {
    if (!reaches(leader, signal)) return
    for (let waited = 0; waited < longestMs; waited += checkEveryMs) {
      if (!isRunning(leader)) return
      await sleep(checkEveryMs)
    }
  }
}

function reaches(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

/** A signal reaches the dead too until init has looked after them, which in many a container it never does. */
function isRunning(leader: number): boolean {
  if (process.platform !== 'linux') return reaches(leader, 0)
  return readdirSync('/proc').some((entry) => {
    const [state, , group] = readStat(entry)
    return Number(group) === leader && state !== 'Z'
  })
}

/** The fields of proc_pid_stat(5) from the third on. */
function readStat(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
