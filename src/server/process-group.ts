import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readStat } from './process-table.ts'

/** How a process group is asked to end, and how long it may take. */
const signals = [
  { signal: 'SIGTERM', longestMs: 3_000 },
  { signal: 'SIGKILL', longestMs: 1_000 },
] as const
/** How often it is checked whether a process group has ended. */
const checkEveryMs = 20

/** Ends the processes of a group; resolves when they are gone, or have not gone for anything. */
export async function endProcessGroup(leader: number): Promise<void> {
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
