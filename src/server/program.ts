import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { extname, join } from 'node:path'
import * as timers from 'node:timers'
import { stripVTControlCharacters } from 'node:util'
import { WsLoadError } from '../errors.ts'
import { printableLines } from '../printable.ts'
import { withPermission } from './permission.ts'
import { checkPlatform } from './platform.ts'

// Taken when the module loads, so that a test's fake timers hold nothing up.
const { clearTimeout, setTimeout } = timers

/** How long output is still read after a program ended: what it started may keep the streams open. */
const lastOutputMs = 500
/** How long a program may take to end after what it ends itself. */
const longestStopMs = 2_000
/** What is kept of a program's output. */
const keptCharacters = 8_192
const keptLines = 20

/** How a process ended, as the `exit` event of a child process says it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * A program of this room in a process of its own. It ends when it is told to, and when its IPC channel closes: so it outlives neither
 * {@link Program.stop} nor this process, whatever way this process ends. No Ctrl-C in the terminal reaches it.
 */
export class Program {
  readonly process: ChildProcess
  /** Resolves with how it, or what it runs, ended, in words. Stays pending where that was because it was stopped. */
  readonly ended: Promise<string>
  readonly #gone: Promise<unknown>
  readonly #stdout: LastWords
  readonly #stderr: LastWords
  readonly #longestStopMs: number
  #hasEnded = false
  #stopped: Promise<void> | undefined

  /**
   * @param longestEndMs how long what it has to end itself may take
   * @throws {WsLoadError} `WSLOAD_ERR_UNSUPPORTED_PLATFORM`, `WSLOAD_ERR_NOT_PERMITTED`, `WSLOAD_ERR_MACHINE_LIMIT`
   */
  constructor(name: 'echo-server' | 'leash', args: readonly string[] = [], longestEndMs = 0) {
    this.#longestStopMs = longestEndMs + longestStopMs
    checkPlatform()
    const file = join(import.meta.dirname, `${name}${extname(import.meta.filename)}`)
    this.process = withPermission(() =>
      fork(file, args, {
        detached: true,
        env: ownEnvironment(),
        execArgv: [],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    )
    if (this.process.pid === undefined) {
      this.process.on('error', () => {})
      throw notStarted()
    }
    this.#stdout = new LastWords(this.process.stdout as Socket)
    this.#stderr = new LastWords(this.process.stderr as Socket)
    this.#gone = new Promise((resolve) => {
      this.process.once('exit', resolve)
      this.process.on('error', resolve)
    })
    const closed = new Promise((resolve) => {
      this.process.once('close', resolve)
    })
    const end = new Promise<string>((resolve) => {
      const told = (words: string): void => {
        this.#hasEnded = true
        resolve(words)
      }
      this.process.on('message', (message: object) => 'code' in message && told(inWords(message as Exit)))
      this.process.once('exit', (code, signal) => {
        if (this.#stopped !== undefined) return
        const tell = (): void => told(inWords({ code, signal }))
        // What it has said last may be read later than its end: not later than that of its channel.
        if (this.process.connected) this.process.once('disconnect', tell)
        else tell()
      })
      this.process.once('error', (error) => told(`could not be run: ${error.message}`))
    })
    this.ended = end.then(async (words) => {
      await Promise.race([closed, sleep(lastOutputMs)])
      return words
    })
  }

  /** The last lines of its output, introduced and set apart, as the end of a message. */
  lastWords(): string {
    const [name, lines] =
      this.#stderr.lines().length > 0 ? ['stderr', this.#stderr.lines()] : ['stdout', this.#stdout.lines()]
    if (lines.length === 0) return 'It wrote nothing to stderr or stdout.'
    return [`The last lines of its ${name}:`, ...lines.map((line) => `  | ${line}`)].join('\n')
  }

  /** From now on it keeps this process alive no longer. */
  unref(): void {
    this.process.unref()
    this.process.channel?.unref()
    this.#stdout.stream.unref()
    this.#stderr.stream.unref()
  }

  /** Resolves when it is gone, and {@link Program.ended} has resolved if it had said before that what it runs ended. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.process.ref()
    this.process.channel?.ref()
    this.process.send('stop', () => {})
    const stuck = setTimeout(() => this.process.kill('SIGKILL'), this.#longestStopMs)
    await this.#gone
    clearTimeout(stuck)
    if (this.process.connected) await once(this.process, 'disconnect')
    if (this.#hasEnded) await this.ended
    this.#stdout.stream.destroy()
    this.#stderr.stream.destroy()
  }
}

/** Reads a stream to its end, so that its writer never blocks, and keeps its last lines. */
class LastWords {
  readonly stream: Socket
  #text = ''

  constructor(stream: Socket) {
    this.stream = stream
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => (this.#text = (this.#text + text).slice(-keptCharacters)))
    stream.on('error', () => stream.destroy())
  }

  lines(): string[] {
    return printableLines(stripVTControlCharacters(this.#text))
      .filter((line) => line.trim() !== '')
      .slice(-keptLines)
  }
}

/** How a program ended that says it is done. */
export const endedWell: string = inWords({ code: 0, signal: null })

function inWords({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}

/** What Yarn Plug'n'Play hands on to every Node; packages are found by nothing else there. */
const plugAndPlay = /--(?:require|import|experimental-loader)[ =](?:"[^"]*\.pnp\.[^"]*"|\S*\.pnp\.\S*)/g

/** Without what is meant for the test runner's own process: a debugger or a loader there is none of ours. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS = '', ...others } = process.env
  const loaders = NODE_OPTIONS.match(plugAndPlay) ?? []
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !name.startsWith('VITEST'))),
    ...(loaders.length > 0 && { NODE_OPTIONS: loaders.join(' ') }),
  }
}

/** Resolves after so many milliseconds, under fake timers too. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Node tells later which limit it was, to nobody: all of them are cured alike. */
function notStarted(): WsLoadError {
  return new WsLoadError(
    'WSLOAD_ERR_MACHINE_LIMIT',
    'wsLoad: this machine does not allow the run\n  a server process could not be started, because no file descriptor, process or ' +
      'memory is left for it: raise the limit (ulimit -n, ulimit -u, --pids-limit of a container)',
  )
}
