import type { TestProject } from 'vitest/node'
import { WsLoadError } from '../errors.ts'
import { type RunningTarget, startTarget } from '../server/command.ts'
import { type ServerFiles, serverFilesOf } from '../server/server-files.ts'
import { keyOf, type PluginTarget, targetOf } from './plugin-target.ts'
import { TargetWatch } from './target-watch.ts'
import { tell } from './tell.ts'

/** The server under test, as all projects have it that name the same one. */
export class SharedTarget {
  readonly #wanted: PluginTarget
  readonly #projects = new Set<TestProject>()
  #server: RunningTarget | undefined
  #failure: WsLoadError | undefined
  #hasDied = false
  /** Aborted when what is being started is of no use any more. */
  #starting = new AbortController()
  /** Resolves when the last start has ended, however it did. */
  #started: Promise<void>
  #isOver = false
  #watch: TargetWatch | undefined
  /** What it is made of. */
  readonly files: ServerFiles

  constructor(wanted: PluginTarget) {
    this.#wanted = wanted
    this.files = serverFilesOf(wanted.options)
    this.#started = this.#start()
  }

  /** Whether it serves, as far as is known. */
  get isUp(): boolean {
    return this.#server !== undefined && !this.#hasDied
  }

  get #isWatched(): boolean {
    return [...this.#projects].some(({ vitest }) => vitest.config.watch)
  }

  /** Whether it was running before, and so is somebody else's to start anew. */
  get isReused(): boolean {
    return this.#server?.reused === true
  }

  /** Whether tests of a project have it for their target. */
  serves(project: TestProject): boolean {
    const wanted = targetOf(project)
    return wanted !== undefined && keyOf(wanted) === keyOf(this.#wanted)
  }

  /**
   * Gives a project the server, once it has started. One that did not is an error; in watch mode the tests run all the same, and
   * those that flood it have that error.
   * @throws {WsLoadError} `WSLOAD_ERR_TARGET_…`, `WSLOAD_ERR_INVALID_OPTIONS`
   */
  async join(project: TestProject): Promise<void> {
    this.#projects.add(project)
    await this.#started
    if (this.#isWatched) this.#watch ??= new TargetWatch(project.vitest, this)
    else if (this.#failure !== undefined) throw notStarted(this.#failure)
    if (this.#failure !== undefined) tellOf(this.#failure)
    this.#provideTo(project)
  }

  /** Returns whether that was the last project that had it. */
  leave(project: TestProject): boolean {
    this.#projects.delete(project)
    return this.#projects.size === 0
  }

  async end(): Promise<void> {
    this.#isOver = true
    this.#watch?.close()
    this.giveUpStarting()
    await this.#started
    await this.#stop()
    if (this.#hasDied) fail(this.#wanted)
  }

  /** Ends what runs, and starts it again; its projects have the new one, or why there is none. */
  async restart(): Promise<void> {
    const before = this.#started
    this.#started = before.then(() => this.#stop()).then(() => this.#start())
    await this.#started
    if (this.#failure !== undefined) tellOf(this.#failure)
    for (const project of this.#projects) this.#provideTo(project)
  }

  /** Waits no longer for a server that has not started yet. */
  giveUpStarting(): void {
    this.#starting.abort()
  }

  async #start(): Promise<void> {
    if (this.#isOver) return
    const { options, handshake } = this.#wanted
    this.#starting = new AbortController()
    this.#failure = undefined
    this.#hasDied = false
    try {
      const server = await startTarget(options, handshake, this.#starting.signal)
      this.#server = server
      void server.exited.then((message) => {
        tell(message)
        this.#hasDied = true
        // Vitest may end by force before all targets have.
        if (!this.#isWatched) process.exitCode = 1
      })
    } catch (error) {
      this.#failure = error as WsLoadError
    }
  }

  async #stop(): Promise<void> {
    const killed = await this.#server?.stop()
    this.#server = undefined
    if (killed !== undefined) tell(killed)
  }

  #provideTo(project: TestProject): void {
    const { code, message } = this.#failure ?? {}
    project.provide('wsLoadTarget', this.#wanted.options.url)
    project.provide('wsLoadTargetFamily', this.#server?.family ?? null)
    project.provide('wsLoadTargetFailure', code === undefined || message === undefined ? null : { code, message })
  }
}

/** Vitest itself says "No test files found" when a global setup fails, which sends readers the wrong way. */
function notStarted({ code, message }: WsLoadError): WsLoadError {
  const error = new WsLoadError(code, `no test was run, because the server under test did not start.\n${message}`)
  error.stack = String(error)
  return error
}

function tellOf({ code, message }: WsLoadError): void {
  if (code === 'WSLOAD_ERR_ABORTED') return
  tell(`the server under test did not start.\n${message}`)
}

/** A server that did not outlive its tests fails the run, though each of them may have passed. */
function fail({ options: { command } }: PluginTarget): void {
  tell(`the run fails because \`${command}\` (target.command) ended while it was being tested, see above.`)
  process.exitCode = 1
}
