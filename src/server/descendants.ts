import { setTimeout as sleep } from 'node:timers/promises'
import { hasInEnvironment, type ListedProcess, runningProcesses } from '../system/process-table.ts'

/** The variable by which processes are known as descendants of a command, whatever group they are in. */
const markVariable = 'WS_LOAD_TARGET'

/** What tells the processes of a command from others. */
export interface Family {
  /** The command's process, which leads a process group. */
  readonly leader: number
  /** A text that no other process has in its environment; children inherit it. */
  readonly mark: string
}

/** How processes are asked to end. */
export interface Farewell {
  readonly stopSignal: NodeJS.Signals
  /** Milliseconds that they may take then, before they are killed. */
  readonly stopTimeout: number
}

/** Exit code of a process that was to end descendants, and had to kill some. */
export const killedExitCode = 3

/** How long what was killed may take to be gone: what the system does not let go is not waited for. */
export const longestKillMs = 1_000
/** How often it is checked whether they have ended. */
const checkEveryMs = 20

// Taken when the module loads, so that a test's fake timers hold nothing up.
const now = performance.now.bind(performance)

/** The environment of a command whose descendants are known by a mark; one that runs within another has both marks. */
export function markedEnvironment(env: NodeJS.ProcessEnv, mark: string): NodeJS.ProcessEnv {
  const outer = env[markVariable]
  return { ...env, [markVariable]: outer === undefined ? mark : `${outer} ${mark}` }
}

/**
 * Ends a command with its descendants; resolves when they are gone, or have not gone for anything.
 * @returns whether all have ended as they were asked to, in time
 */
export async function endDescendants(family: Family, { stopSignal, stopTimeout }: Farewell): Promise<boolean> {
  const descendants = new Descendants(family)
  const isKilled = stopSignal === 'SIGKILL'
  if (await haveEnded(descendants, stopSignal, isKilled ? longestKillMs : stopTimeout)) return true
  await haveEnded(descendants, 'SIGKILL', longestKillMs)
  return isKilled
}

/** Sends each of them a signal, once, those that appear meanwhile as well. @returns whether all have ended in time */
async function haveEnded(descendants: Descendants, signal: NodeJS.Signals, longestMs: number): Promise<boolean> {
  const told = new Set<number>()
  const tell = ({ pid }: ListedProcess): void => {
    if (!told.has(pid)) send(pid, signal)
    told.add(pid)
  }
  // Whose parent has ended is not known as a child any more; so they are looked for before, and the group ends at once.
  for (const { pid, group } of descendants.running()) if (group === descendants.leader) told.add(pid)
  send(-descendants.leader, signal)
  for (const deadline = now() + longestMs; ; await sleep(checkEveryMs)) {
    const running = descendants.running()
    if (running.length === 0) return true
    if (now() >= deadline) return false
    for (const one of running) tell(one)
  }
}

/**
 * Whatever descends from a command: the processes of its group, those that have its mark, the children of either, and all
 * that were among them before.
 */
export class Descendants {
  readonly leader: number
  readonly #mark: string
  /** By process id: when it began, and whether it is one of them. */
  readonly #known = new Map<number, { readonly began: string; readonly isOne: boolean }>()

  constructor({ leader, mark }: Family) {
    this.leader = leader
    this.#mark = mark
  }

  /** Those that run. @param all processes that do */
  running(all: readonly ListedProcess[] = runningProcesses()): ListedProcess[] {
    const found = new Set(all.filter((one) => this.#isOne(one)))
    const ids = new Set([...found].map(({ pid }) => pid))
    for (let before = -1; before < found.size;) {
      before = found.size
      for (const child of all.filter(({ parent }) => ids.has(parent))) {
        found.add(child)
        ids.add(child.pid)
      }
    }
    for (const { pid, began } of found) this.#known.set(pid, { began, isOne: true })
    return [...found]
  }

  #isOne(one: ListedProcess): boolean {
    const known = this.#known.get(one.pid)
    if (known?.began === one.began) return known.isOne || one.group === this.leader
    const isMarked = hasInEnvironment(one, this.#mark)
    // One that is just being replaced by another program has no environment for a moment.
    if (isMarked !== undefined) this.#known.set(one.pid, { began: one.began, isOne: isMarked })
    return isMarked === true || one.group === this.leader
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile, or is somebody else's.
  }
}
