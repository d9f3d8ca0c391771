/** Machines of their own, as far as the network is concerned: namespaces of Linux, each with a cable to this one. */
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { firstLine, findProgram, startChild } from './child.ts'

export interface Namespace extends AsyncDisposable {
  /** What this machine is called from there. */
  readonly host: string
  /** What a command starts with that is to run there. */
  readonly within: readonly string[]
  /** From now on every packet is lost in both directions, and nobody is told. */
  unplug(): Promise<void>
  plug(): Promise<void>
}

/** Why there can be none here, for a skipped test to say; `undefined` when there can. */
export function namespaceMissing(): string | undefined {
  const programs = ['ip', 'unshare', 'nsenter'].filter((program) => findProgram(program) === undefined)
  if (programs.length > 0) return `there is no ${programs.join(', ')}: apt-get install iproute2 util-linux`
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'a network namespace needs root'
  }
}

const ip = async (...args: readonly string[]): Promise<unknown> => promisify(execFile)('ip', args)

/** @param nth of those that are there at a time, from 0: each has addresses of its own, of those that RFC 2544 keeps for benchmarks */
export async function namespace(nth = 0): Promise<Namespace> {
  const [host, address] = [`198.18.${nth}.1`, `198.18.${nth}.2`]
  const cable = `wsload${nth}`
  // The namespace, and the cable with it, ends with the last process in it.
  const holder = await startChild('unshare', ['--net', 'sh', '-c', 'echo; exec sleep infinity'], firstLine)
  const within = ['nsenter', `--net=/proc/${holder.pid}/ns/net`]
  const there = async (...args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(within[0]!, [...within.slice(1), 'ip', ...args])
  try {
    await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder.pid))
    await ip('address', 'add', `${host}/30`, 'dev', cable)
    await ip('link', 'set', cable, 'up')
    await there('link', 'set', 'lo', 'up')
    await there('address', 'add', `${address}/30`, 'dev', 'eth0')
    await there('link', 'set', 'eth0', 'up')
    await there('route', 'add', 'default', 'via', host)
  } catch (error) {
    await holder[Symbol.asyncDispose]()
    throw error
  }
  return {
    host,
    within,
    async unplug() {
      await ip('link', 'set', cable, 'down')
    },
    async plug() {
      await ip('link', 'set', cable, 'up')
    },
    async [Symbol.asyncDispose]() {
      await ip('link', 'delete', cable)
      await holder[Symbol.asyncDispose]()
    },
  }
}
