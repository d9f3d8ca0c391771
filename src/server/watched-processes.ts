import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ControlGroups } from '../system/control-group.ts'
import { isThisMachine, listenersAt } from '../system/listeners.ts'
import { type ListedProcess, parentOf, runningProcesses } from '../system/process-table.ts'
import { readIfThere } from '../system/read-file.ts'
import { Descendants, type Family } from './descendants.ts'

/** By what the processes of a server are known. */
export type ServerIdentity =
  | { readonly source: 'command'; readonly family: Family; readonly url: string }
  | { readonly source: 'port'; readonly url: string }
  | { readonly source: 'pid'; readonly pid: number }
  | { readonly source: 'cgroup'; readonly cgroup: string }

/** A server whose processes can be watched. */
export interface WatchedProcesses {
  readonly source: ServerIdentity['source']
  /** Process ids of those that run. @param all processes of the machine that do */
  running(all: readonly ListedProcess[]): number[]
  /** Milliseconds of processor time until now, those of ended processes included, where the system keeps them together; `undefined` while it does not. */
  readonly cpu?: () => number | undefined
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
const ofGenerator = 'one of its own (target.command, or a child process) can be watched'

/** Finds the processes of a server. */
export function findProcesses(identity: ServerIdentity): WatchedProcesses | NotWatched {
  switch (identity.source) {
    case 'command':
      return ofCommand(identity.family, new URL(identity.url))
    case 'port':
      return atPort(new URL(identity.url))
    case 'pid':
      return withRoot(identity.pid)
    case 'cgroup':
      return inGroup(resolve(groupsRoot, identity.cgroup))
  }
}

function ofCommand(family: Family, url: URL): WatchedProcesses | NotWatched {
  const descendants = new Descendants(family)
  const own = idsOf(descendants.running())
  if (own.length === 0) return here('its command has ended')
  if (isAddress(url.hostname) && !isThisMachine(url.hostname)) return elsewhere(url.hostname)
  if (isServedByOthers(url, own)) {
    return here(
      `what listens at port ${portOf(url)} is no process of its command, but one of a container, say: start it apart, and name it, server: { pid } or { cgroup }`,
    )
  }
  return { source: 'command', running: (all) => idsOf(descendants.running(all)), throttled: throttledOf(family.leader) }
}

/** Whether processes of others listen there: all of these could be looked into, and none of them does. */
function isServedByOthers(url: URL, own: readonly number[]): boolean {
  if (!isThisMachine(url.hostname)) return false
  const { areThere, pids } = listenersAt(url.hostname, portOf(url))
  if (pids.length > 0) return !pids.some((pid) => own.includes(pid))
  return areThere && own.every(isReadable)
}

function isReadable(pid: number): boolean {
  try {
    readdirSync(`/proc/${pid}/fd`)
    return true
  } catch {
    return false
  }
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'wss:' ? 443 : 80)
}

function atPort(url: URL): WatchedProcesses | NotWatched {
  const { hostname } = url
  const number = portOf(url)
  if (!isThisMachine(hostname)) return elsewhere(hostname)
  const { areThere, pids } = listenersAt(hostname, number)
  if (pids.length === 0) {
    return here(
      areThere
        ? `the process that listens at port ${number} is not this user's; server: { pid } or { cgroup } names one`
        : `no process of this machine is seen to listen at port ${number}; server: { pid } or { cgroup } names one`,
    )
  }
  return withRoots('port', pids, () => listenersAt(hostname, number).pids)
}

/** An address that is not this machine's own, or a name of which only a name server knows. */
function elsewhere(hostname: string): NotWatched {
  if (isAddress(hostname)) return { reason: 'it is not on this machine', isAccounted: true }
  return here(`its name does not tell whether it is on this machine; server: { pid } or { cgroup } names one that is`)
}

/** Whether a host of a URL is no name. */
function isAddress(hostname: string): boolean {
  return /^\[|^[\d.]+$/.test(hostname)
}

function withRoot(pid: number): WatchedProcesses | NotWatched {
  return runningProcesses().some((one) => one.pid === pid)
    ? withRoots('pid', [pid])
    : here(`there is no process ${pid}`)
}

/**
 * Processes with all that descend from them, if the generator is not among these.
 * @param successors of them, once they have ended, their children or not: a server that was started again is another process
 */
function withRoots(
  source: 'port' | 'pid',
  pids: readonly number[],
  successors: () => readonly number[] = () => [],
): WatchedProcesses | NotWatched {
  if (pids.includes(process.pid)) {
    return { reason: `it runs in the process of the generator; ${ofGenerator}`, isAccounted: true }
  }
  const ancestors = new Set(ancestorsOf(process.pid))
  const ancestor = pids.find((pid) => ancestors.has(pid))
  if (ancestor !== undefined) {
    return here(`process ${ancestor} has started the generator, and cannot be told from it; ${ofGenerator}`)
  }
  const tree = new Tree(pids)
  const running = (all: readonly ListedProcess[]): number[] => {
    const found = tree.running(all)
    if (found.some((pid) => tree.roots.has(pid))) return found
    tree.add(successors())
    return tree.running(all)
  }
  return { source, running, throttled: throttledOf(pids[0]!) }
}

function inGroup(path: string): WatchedProcesses | NotWatched {
  const processes = processesIn(path)
  if (cpuOfGroup(path) === undefined) {
    return here(`there is no control group ${path} that tells its processor time (of version 1, those of cpuacct do)`)
  }
  if (processes.length === 0) return here(`there is no process in the control group ${path}`)
  if (processes.includes(process.pid)) return here(`the generator is in the control group ${path}, too`)
  return {
    source: 'cgroup',
    running: () => processesIn(path),
    cpu: () => cpuOfGroup(path),
    throttled: throttledOf(processes[0]!),
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

/** Processes and all that descend from them: also those whose parent has ended meanwhile. */
class Tree {
  readonly roots: Set<number>
  /** By process id: when it began. */
  readonly #known = new Map<number, string>()

  constructor(roots: readonly number[]) {
    this.roots = new Set(roots)
  }

  add(roots: readonly number[]): void {
    for (const root of roots) this.roots.add(root)
  }

  running(all: readonly ListedProcess[]): number[] {
    const found = all.filter(({ pid, began }) => this.roots.has(pid) || this.#known.get(pid) === began)
    const ids = new Set(idsOf(found))
    for (let before = -1; before < found.length;) {
      before = found.length
      for (const one of all) {
        if (ids.has(one.pid) || !ids.has(one.parent)) continue
        found.push(one)
        ids.add(one.pid)
      }
    }
    for (const { pid, began } of found) this.#known.set(pid, began)
    return [...ids]
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
