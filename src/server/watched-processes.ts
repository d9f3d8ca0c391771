import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ControlGroups } from '../system/control-group.ts'
import { isThisMachine, listenersAt } from '../system/listeners.ts'
import { isListed, type ListedProcess, parentOf, runningProcesses } from '../system/process-table.ts'
import { readIfThere } from '../system/read-file.ts'
import { Descendants, type Family } from './descendants.ts'

/** By what the processes of a server are known. */
export type ServerIdentity =
  | { readonly source: 'command'; readonly family: Family }
  | { readonly source: 'port'; readonly url: string }
  | { readonly source: 'pid'; readonly pid: number }
  | { readonly source: 'cgroup'; readonly cgroup: string }

/** A server whose processes can be watched. */
export interface WatchedProcesses {
  readonly source: ServerIdentity['source']
  /** Process ids of those that run. */
  running(): number[]
  /** Milliseconds of processor time until now, those of ended processes included, where the system keeps them together. */
  readonly cpu?: () => number
  /** Milliseconds until now in which a quota had stopped it; `undefined` without a quota. */
  readonly throttled: () => number | undefined
}

/** Why a server cannot be watched. */
export interface NotWatched {
  readonly reason: string
  /** Whether what it takes of the processors of this machine is known nevertheless: nothing, or a part of what another takes. */
  readonly isAccounted: boolean
}

const groupsRoot = '/sys/fs/cgroup'

/** Finds the processes of a server. */
export function findProcesses(identity: ServerIdentity): WatchedProcesses | NotWatched {
  switch (identity.source) {
    case 'command':
      return ofCommand(identity.family)
    case 'port':
      return atPort(new URL(identity.url))
    case 'pid':
      return withRoot(identity.pid)
    case 'cgroup':
      return inGroup(resolve(groupsRoot, identity.cgroup))
  }
}

function ofCommand(family: Family): WatchedProcesses | NotWatched {
  const descendants = new Descendants(family)
  if (descendants.running().length === 0) return here('the command has ended')
  return { source: 'command', running: () => idsOf(descendants.running()), throttled: throttledOf(family.leader) }
}

function atPort({ hostname, port, protocol }: URL): WatchedProcesses | NotWatched {
  if (!isThisMachine(hostname)) return { reason: 'it is not on this machine', isAccounted: true }
  const number = Number(port) || (protocol === 'wss:' ? 443 : 80)
  const { areThere, pids } = listenersAt(hostname, number)
  if (pids.includes(process.pid)) {
    const cure = 'one of its own (target.command, or a child process) can be watched'
    return { reason: `it runs in the process of the generator; ${cure}`, isAccounted: true }
  }
  if (pids.length > 0) return { source: 'port', running: treeOf(pids), throttled: throttledOf(pids[0]!) }
  return here(
    areThere
      ? `the process that listens at port ${number} is not this user's; server: { pid } or { cgroup } names one`
      : `no process of this machine is seen to listen at port ${number}; server: { pid } or { cgroup } names one`,
  )
}

function withRoot(pid: number): WatchedProcesses | NotWatched {
  if (!isListed(pid)) return here(`there is no process ${pid}`)
  return { source: 'pid', running: treeOf([pid]), throttled: throttledOf(pid) }
}

function inGroup(path: string): WatchedProcesses | NotWatched {
  if (cpuOfGroup(path) === undefined) return here(`there is no control group ${path} that tells its processor time`)
  const [first] = processesIn(path)
  if (first === undefined) return here(`there is no process in the control group ${path}`)
  return {
    source: 'cgroup',
    running: () => processesIn(path),
    cpu: () => cpuOfGroup(path) ?? NaN,
    throttled: throttledOf(first),
  }
}

/** That it cannot be watched, though it may well be on this machine. */
function here(reason: string): NotWatched {
  return { reason, isAccounted: false }
}

function throttledOf(pid: number): () => number | undefined {
  const groups = new ControlGroups('/proc', pid)
  return () => groups.throttled
}

/** Processes and all that descend from them; of those that this one descends from, as a test runner's, themselves alone. */
function treeOf(roots: readonly number[]): () => number[] {
  const ancestors = new Set(ancestorsOf(process.pid))
  const heads = new Set(roots.filter((pid) => !ancestors.has(pid)))
  const alone = roots.filter((pid) => ancestors.has(pid))
  // One whose parent has ended is a child of another, but has not become another process.
  const known = new Map<number, string>()
  return () => {
    const all = runningProcesses()
    const found = all.filter(({ pid, began }) => heads.has(pid) || known.get(pid) === began)
    const ids = new Set(idsOf(found))
    for (let before = -1; before < found.length;) {
      before = found.length
      for (const one of all) {
        if (ids.has(one.pid) || !ids.has(one.parent)) continue
        found.push(one)
        ids.add(one.pid)
      }
    }
    for (const { pid, began } of found) known.set(pid, began)
    return [...ids, ...alone]
  }
}

function ancestorsOf(pid: number): number[] {
  const ancestors: number[] = []
  for (let one = parentOf(pid); one > 0 && !ancestors.includes(one); one = parentOf(one)) ancestors.push(one)
  return ancestors
}

function idsOf(processes: readonly ListedProcess[]): number[] {
  return processes.map(({ pid }) => pid)
}

/** Those of the groups within it, too. */
function processesIn(path: string): number[] {
  const own = readIfThere(join(path, 'cgroup.procs'))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
  return [...own, ...groupsIn(path).flatMap(processesIn)]
}

function groupsIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name))
  } catch {
    return []
  }
}

/** Version 2, or version 1 with `cpuacct`. */
function cpuOfGroup(path: string): number | undefined {
  const [, microseconds] = /^usage_usec (\d+)/m.exec(readIfThere(join(path, 'cpu.stat'))) ?? []
  if (microseconds !== undefined) return Number(microseconds) / 1e3
  const nanoseconds = readIfThere(join(path, 'cpuacct.usage'))
  return nanoseconds === '' ? undefined : Number(nanoseconds) / 1e6
}
