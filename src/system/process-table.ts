import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tickMs } from './machine-times.ts'
import { readIfThere } from './read-file.ts'

/** A process that runs. */
export interface ListedProcess {
  readonly pid: number
  readonly parent: number
  /** The process that leads its group. */
  readonly group: number
  /** When it began, in words of the system: tells it from a later one of the same number. */
  readonly began: string
  /** Its command line and environment, where the list has them. */
  readonly text?: string
  /** Milliseconds of processor time that it and its ended children have used, where the list has them. */
  readonly cpu?: number
}

/** The fields of proc_pid_stat(5) from the third on. */
const [stateField, parentField, groupField, beganField] = [0, 1, 2, 19]
/** User and system time of its own, and of children that it has waited for, in ticks. */
const cpuFields = [11, 12, 13, 14]
const psOutputBytes = 2 ** 26

/** Whether there is a process of this number, whoever's it is. */
export function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * All processes but the dead: a signal reaches those too until init has looked after them, which in many a container it never
 * does. Linux has them as files; elsewhere `ps` lists them, with the environments that this user may see.
 */
export function runningProcesses(): ListedProcess[] {
  return process.platform === 'linux'
    ? readdirSync('/proc').flatMap(listed)
    : parseList(ps('-A', '-E', '-ww', '-o', 'pid=,ppid=,pgid=,state=,command='))
}

function listed(entry: string): ListedProcess[] {
  if (!/^\d+$/.test(entry)) return []
  const fields = readStat(entry)
  if (fields.length === 0 || fields[stateField] === 'Z') return []
  const [parent, group] = [Number(fields[parentField]), Number(fields[groupField])]
  const cpu = cpuFields.reduce((sum, field) => sum + Number(fields[field]), 0) * tickMs
  return [{ pid: Number(entry), parent, group, began: fields[beganField]!, cpu }]
}

function ps(...args: readonly string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', maxBuffer: psOutputBytes })
  } catch {
    return ''
  }
}

/** Reads what `ps -A -E -ww -o pid=,ppid=,pgid=,state=,command=` prints. */
export function parseList(list: string): ListedProcess[] {
  return [...list.matchAll(/^ *(\d+) +(\d+) +(\d+) +(\S+) *(.*)$/gm)]
    .filter(([, , , , state]) => !state!.startsWith('Z'))
    .map(([, pid, parent, group, , text]) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      began: '',
      text: text!,
    }))
}

/** Whether the environment of a process has a text; `undefined` where nobody can tell. */
export function hasInEnvironment({ pid, text }: ListedProcess, part: string): boolean | undefined {
  if (text !== undefined) return text.includes(part)
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
    return environment === '' ? undefined : environment.includes(part)
  } catch {
    return undefined
  }
}

/** The process that started another one, or looks after it since; 0 where there is none, or no such process. */
export function parentOf(pid: number): number {
  if (process.platform === 'linux') return Number(readStat(pid)[parentField] ?? 0)
  return Number(ps('-o', 'ppid=', '-p', String(pid)))
}

/** A variable of the environment that a process began with, as far as the system tells. */
export function variableOf(pid: number, name: string): string | undefined {
  if (process.platform !== 'linux')
    return variableIn(ps('-E', '-ww', '-o', 'command=', '-p', String(pid)).split(/\s/), name)
  try {
    return variableIn(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'), name)
  } catch {
    return undefined
  }
}

function variableIn(settings: readonly string[], name: string): string | undefined {
  return settings.find((setting) => setting.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The fields of proc_pid_stat(5) from the third on; none where there is no such process, or no such file system. */
export function readStat(pid: number | string): string[] {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Among which processes a number names one, those of a container say; '0' where the system does not tell. @see pid_namespaces(7) */
export function processNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
