/** The command line under a fault. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import type { Exit, Outcome, Run } from './matrix.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

/** Where a stream of a program goes. */
type Sink = '/dev/full' | 'closed pipe'

/** What a row's arguments may speak of. */
export interface Surroundings {
  /** A file in a folder of the row's own. */
  readonly file: (name: string) => string
  /** The URL of the server, if there is one. */
  readonly url: string
}

export interface RunningProgram {
  readonly process: ChildProcess
  /** Resolves when it has said this, or has ended. */
  says(text: string | RegExp): Promise<void>
}

interface Programme<Server> {
  readonly server?: () => Promise<Server>
  /** Written before it starts, or whatever else has to be there. */
  readonly prepare?: (surroundings: Surroundings) => Promise<unknown>
  /** Happens while it runs. */
  readonly meanwhile?: (program: RunningProgram, server: Server, surroundings: Surroundings) => Promise<unknown>
  readonly stdout?: Sink
  readonly stderr?: Sink
  /** Of Node. */
  readonly execArgv?: readonly string[]
  /** Runs the command `"$@"` in a shell, after whatever limits it sets. */
  readonly shell?: string
}

/**
 * Runs `ws-load` with these arguments. With a file `out.json` among them, that is what was measured.
 */
export function program<Server extends AsyncDisposable & { readonly url: string }>(
  args: readonly string[] | ((surroundings: Surroundings) => readonly string[]),
  { server: serve, prepare, meanwhile, stdout, stderr, execArgv = [], shell }: Programme<Server> = {},
): Run {
  return async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'row-'))
    await using server = await serve?.()
    const surroundings = { file: (name: string) => join(folder, name), url: server?.url ?? '' }
    const sinks = [stdout, stderr].map((sink) => (sink === '/dev/full' ? openSync(sink, 'w') : 'pipe'))
    try {
      await prepare?.(surroundings)
      const given = typeof args === 'function' ? args(surroundings) : args
      const node = [process.execPath, ...execArgv, main, ...given]
      const [command = '', ...words] =
        shell === undefined ? node : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...node]
      const child = spawn(command, words, { stdio: ['ignore', ...sinks] as never, signal, killSignal: 'SIGKILL' })
      child.on('error', () => {})
      const streams = [child.stdout, child.stderr]
      let said = ''
      streams.forEach((stream, nth) => {
        if ([stdout, stderr][nth] === 'closed pipe') stream?.destroy()
        else stream?.setEncoding('utf8').on('data', (text: string) => (said += text))
      })
      const closed = new Promise<Exit>((resolve) => {
        child.once('close', (code, killedBy) => resolve(code ?? killedBy!))
      })
      const running = { process: child, says: (text: string | RegExp) => until(() => matches(said, text), child) }
      await meanwhile?.(running, server as Server, surroundings)
      const exit = await closed
      const result = await measured(surroundings.file('out.json'))
      return { exit, codes: Object.keys(result?.errors ?? {}), said, result } satisfies Outcome
    } finally {
      for (const sink of sinks) if (typeof sink === 'number') closeSync(sink)
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function measured(file: string): Promise<LoadSummary | undefined> {
  try {
    return LoadSummary.fromJSON(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}

function matches(said: string, text: string | RegExp): boolean {
  return typeof text === 'string' ? said.includes(text) : text.test(said)
}

/** Resolves when something is true, or a program has ended. */
async function until(isTrue: () => boolean, child: ChildProcess): Promise<void> {
  while (!isTrue() && child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5))
}
