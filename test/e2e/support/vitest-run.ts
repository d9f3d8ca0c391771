/** Real runs of Vitest's command line as a process, which leave no process behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { commandOf, processesWith } from '../../support/processes.ts'

export interface VitestRun {
  readonly cwd: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Both, as a terminal would show them. */
  readonly output: string
  /** Milliseconds. */
  readonly took: number
  /** Processes of the run that were alive when its main process had ended; later there is none. */
  readonly survivors: number
}

export interface RunningVitest {
  readonly process: ChildProcess
  /** Resolves when the output has shown this. */
  shows(text: string): Promise<void>
  /** Resolves when the output has shown this since the last time that this was asked; with all that it has shown since then. */
  showsNext(text: string): Promise<string>
  /** Processes of this run that are alive, whoever their parent is. */
  processes(): number[]
  /** Rejects if a process of this run is left. */
  readonly finished: Promise<VitestRun>
}

const variable = 'WS_LOAD_E2E'
/** Of the programs of a test file, which start again and again. Not the repository's own, which would grow: they lie elsewhere each time. */
const compileCache = mkdtempSync(join(tmpdir(), 'ws-load-e2e-cache-'))
afterAll(() => rm(compileCache, { recursive: true, force: true, maxRetries: 5 }))
/** How long a killed run's server may take to end, in ms: it has 5 s after SIGTERM. */
const patience = 12_000

/** Runs `vitest run` of the packages in `directory`; in a process group of its own, so that it can be sent a Ctrl-C. */
export function startVitest(
  directory: string,
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningVitest {
  const command = [process.execPath, join(directory, 'node_modules/vitest/vitest.mjs'), 'run', ...args]
  return startCommand(command, cwd, env)
}

/** Runs a command, as {@link startVitest} does. */
export function startCommand(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): RunningVitest {
  const mark = randomUUID()
  // A directory of its own for temporary files: floods of other tests are no floods on its machine.
  const temporary = mkdtempSync(join(tmpdir(), 'ws-load-e2e-'))
  const started = performance.now()
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: {
      PATH,
      HOME,
      TMPDIR: temporary,
      NODE_COMPILE_CACHE: compileCache,
      ...(env['FORCE_COLOR'] === undefined && { NO_COLOR: '1' }),
      ...env,
      [variable]: mark,
    },
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {})
  const texts = { stdout: '', stderr: '', output: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
      texts.output += text
    })
  }
  const processes = (): number[] => processesWith(`${variable}=${mark}`)

  async function finish(): Promise<VitestRun> {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    const took = performance.now() - started
    const survivors = processes().length
    for (const deadline = performance.now() + patience; processes().length > 0; await sleep(20)) {
      if (performance.now() > deadline) throw new Error(`left behind: ${processes().map(commandOf).join(', ')}`)
    }
    rmSync(temporary, { recursive: true, force: true })
    return { cwd, exitCode, signal, ...texts, took, survivors }
  }

  async function indexOf(text: string, from: number): Promise<number> {
    for (;;) {
      const index = texts.output.indexOf(text, from)
      if (index !== -1) return index
      if (child.exitCode !== null) throw new Error(`it ended without showing ${text}:\n${texts.output}`)
      await sleep(10)
    }
  }

  async function shows(text: string): Promise<void> {
    await indexOf(text, 0)
  }

  let shown = 0
  async function showsNext(text: string): Promise<string> {
    const from = shown
    shown = (await indexOf(text, from)) + text.length
    return texts.output.slice(from, shown)
  }
  const finished = finish()
  finished.catch(() => {})
  return { process: child, shows, showsNext, processes, finished }
}

/** A run's output without what differs from one to the next: paths, ports, lines of ours, whether the machine was busy. */
export function anonymous(text: string): string {
  return text
    .replaceAll(/(?:\/[\w.@-]+)+\/ws-load-consumer-\w+\/project-\d+/g, 'PROJECT')
    .replaceAll(process.execPath, 'node')
    .replaceAll(/(vitest-ws-load\/dist\/\S+?):\d+:\d+/g, '$1')
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/↳ p50 .*(?=, errors )/g, '↳ FIGURES')
    .replaceAll(', generator saturated', '')
    .replaceAll(
      /The load generator was saturated: .*\n(?: {2}(?:its|pings|garbage collection|a quota) .*\n(?: {4}.*\n)*)*/g,
      '',
    )
}
