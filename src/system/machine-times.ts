import { cpus } from 'node:os'
import { readIfThere } from './read-file.ts'

/** What the processors of the machine did until now, in milliseconds of all of them together. */
export interface MachineTimes {
  readonly processors: number
  readonly total: number
  /** Nothing, or waiting for a disk. */
  readonly idle: number
  /** Interrupts, those of the network among them, whoever they were for. */
  readonly interrupts: number
  /** The hypervisor gave them to other machines; `undefined` where the system does not tell. */
  readonly stolen: number | undefined
}

/** For how many milliseconds until now some task waited for a processor, for memory or for a disk. */
export type Pressure = Readonly<Record<PressedResource, number | undefined>>

const resources = ['cpu', 'memory', 'io'] as const
export type PressedResource = (typeof resources)[number]

/** A tick of /proc (USER_HZ) is 10 ms on every architecture that Node runs on. */
export const tickMs = 10

/**
 * The times of this machine.
 * @param proc where the process file system is
 * @see https://man7.org/linux/man-pages/man5/proc_stat.5.html
 */
export function machineTimes(proc = '/proc'): MachineTimes {
  const stat = readIfThere(`${proc}/stat`)
  const [, fields] = /^cpu +(.+)$/m.exec(stat) ?? []
  if (fields === undefined) return timesOfNode()
  // Those of guests are among user and nice.
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = fields
    .split(' ')
    .map((ticks) => Number(ticks) * tickMs)
  return {
    processors: stat.match(/^cpu\d/gm)?.length ?? 1,
    total: user + nice + system + idle + ioWait + irq + softIrq + steal,
    idle: idle + ioWait,
    interrupts: irq + softIrq,
    stolen: steal,
  }
}

/**
 * For how many milliseconds until now the processors that this thread may use had nothing to do; those of the machine where the system
 * does not tell which these are.
 */
export function idleTime(proc = '/proc'): number {
  const [, allowed = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readIfThere(`${proc}/thread-self/status`)) ?? []
  const ranges = allowed.split(',').map((range) => range.split('-').map(Number))
  const isAllowed = (processor: number): boolean =>
    ranges.some(([first = Infinity, last = first]) => processor >= first && processor <= last)
  const each = readIfThere(`${proc}/stat`).matchAll(/^cpu(\d+)(?: \d+){3} (\d+) (\d+)/gm)
  const own = [...each].filter(([, processor]) => isAllowed(Number(processor)))
  // A container may number its processors from 0 in the one file, and not in the other.
  if (allowed === '' || own.length === 0) return machineTimes(proc).idle
  return own.reduce((ticks, [, , idle, ioWait]) => ticks + Number(idle) + Number(ioWait), 0) * tickMs
}

function timesOfNode(): MachineTimes {
  const all = cpus().map(({ times }) => times)
  const sum = (of: (times: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    processors: all.length,
    total: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
    idle: sum(({ idle }) => idle),
    interrupts: sum(({ irq }) => irq),
    stolen: undefined,
  }
}

export function pressure(proc = '/proc'): Pressure {
  return { cpu: pressureOf('cpu', proc), memory: pressureOf('memory', proc), io: pressureOf('io', proc) }
}

/** {@link Pressure} on one of them; `undefined` where the kernel does not tell. */
export function pressureOf(resource: PressedResource, proc = '/proc'): number | undefined {
  return pressureIn(`${proc}/pressure/${resource}`)
}

/**
 * How long some task waited until now, in milliseconds, as a file on the pressure of the machine or of a control group says.
 * @see https://docs.kernel.org/accounting/psi.html
 */
export function pressureIn(file: string): number | undefined {
  const [, microseconds] = /^some .*total=(\d+)/m.exec(readIfThere(file)) ?? []
  return microseconds === undefined ? undefined : Number(microseconds) / 1_000
}
