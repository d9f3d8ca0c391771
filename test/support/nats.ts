/** Debian's NATS server, and agents at it in processes of their own. */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { MachinesOptions } from '../../src/options/machines.ts'
import { accepting } from './accepting.ts'
import { type Child, findProgram, startChild } from './child.ts'
import { freePort } from './processes.ts'

export type NatsServer = Child & { readonly url: string; readonly port: number }

/** Why it cannot be had here, for a skipped test to say; `undefined` when it can. */
export function natsMissing(): string | undefined {
  return findProgram('nats-server') === undefined ? 'there is no nats-server: apt-get install nats-server' : undefined
}

/** @param args of the program besides its address */
export async function nats(args: readonly string[] = [], port?: number): Promise<NatsServer> {
  const own = port ?? (await freePort())
  const program = ['--addr', '127.0.0.1', '--port', String(own), ...args]
  const child = await startChild(findProgram('nats-server')!, program, (_, ended) => accepting(own, ended))
  return { ...child, url: `nats://127.0.0.1:${own}`, port: own }
}

export interface AgentOptions {
  readonly name?: string
  readonly group?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A line of the shell that sets a limit, `ulimit -n 100` say. */
  readonly limit?: string
  /** What its command starts with, to run in a namespace say. */
  readonly within?: readonly string[]
  /** The program `ws-load`. @default that of this repository */
  readonly program?: string
}

export type AgentProcess = Child & {
  /** Lines that it has written. */
  readonly lines: readonly string[]
}

const ownProgram = join(import.meta.dirname, '../../src/cli/main.ts')

/** `ws-load agent`, once it waits for runs. */
export async function agent(
  server: Pick<NatsServer, 'url'>,
  { name, group, args = [], env, limit = ':', within = [], program = ownProgram }: AgentOptions = {},
): Promise<AgentProcess> {
  const flags = [
    ...(name === undefined ? [] : ['--name', name]),
    ...(group === undefined ? [] : ['--group', group]),
    ...args,
  ]
  const lines: string[] = []
  const waits = async (stdout: NodeJS.ReadableStream): Promise<void> =>
    new Promise((resolve) => {
      createInterface(stdout).on('line', (line) => {
        lines.push(line)
        if (line.startsWith('waits for runs')) resolve()
      })
    })
  const command = [...within, process.execPath, program, 'agent', '--nats', server.url, ...flags]
  const child = await startChild('bash', ['-c', `${limit}; exec "$@"`, 'bash', ...command], waits, env)
  return { ...child, lines }
}

/** Several agents, named by letters. */
export async function agents(
  server: Pick<NatsServer, 'url'>,
  names: readonly string[],
  options: AgentOptions = {},
): Promise<AsyncDisposable & { readonly [nth: number]: AgentProcess }> {
  const all = await Promise.all(names.map(async (name) => agent(server, { ...options, name })))
  return Object.assign(all, {
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(async (one) => one[Symbol.asyncDispose]()))
    },
  })
}

/** The option `machines`: so many agents at a server. */
export function machines(server: Pick<NatsServer, 'url'>, count: number, rest: Partial<MachinesOptions> = {}) {
  return { machines: { nats: server.url, agents: count, ...rest } }
}
