import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestProject, TestSpecification, Vitest } from 'vitest/node'
import type { ServerFiles } from '../server/server-files.ts'
import { lastWritesMs, OwnWrites, tellOfOwnWrites } from './own-writes.ts'
import { floodingFilesOf } from './shared-run.ts'
import { watchPlaces } from './watch-places.ts'

/** How long no other file may change before the server is started anew: as long as Vitest waits before it runs tests again. */
const quietMs = 100
/** What is watched over. */
interface Watched {
  /** Whether it serves. */
  readonly isUp: boolean
  /** Whether it is somebody else's to start anew. */
  readonly isReused: boolean
  readonly files: ServerFiles
  /** Whether tests of a project have it for their target. */
  serves(project: TestProject): boolean
  /** Resolves when it has started anew, or could not. */
  restart(): Promise<void>
  giveUpStarting(): void
}

/**
 * In watch mode: starts a target anew when its files change, and has Vitest run the test files again that flood it. No test runs
 * meanwhile: a restart waits for a run to end, and runs wait for a restart.
 */
export class TargetWatch {
  readonly #vitest: Vitest
  readonly #target: Watched
  /** Vite's, which is another one after a change of the configuration. */
  readonly #watcher: Vitest['vite']['watcher']
  readonly #ownWrites = new OwnWrites(tellOfOwnWrites)
  #isClosed = false
  /** Whether a file has changed since the server was started. */
  #isStale = false
  #isStarting = false
  #restarted: Promise<void> | undefined
  /** Test files whose run waits for the new server. */
  readonly #waiting = new Set<string>()
  /** Test files that run again to tell that the server did not start; it is not tried again for them. */
  readonly #told = new Set<string>()
  /** When the server was last started, and since when nothing has been run that uses it, as `Date.now()` has it. */
  #startedAt = 0
  #idleSince = Infinity

  constructor(vitest: Vitest, target: Watched) {
    this.#vitest = vitest
    this.#target = target
    this.#watcher = vitest.vite.watcher
    watchPlaces(vitest, target.files)
    this.#watcher.on('all', this.#onChange)
    vitest.onTestsRerun((specifications) => this.#beforeRerun(specifications))
  }

  close(): void {
    this.#isClosed = true
    this.#watcher.off('all', this.#onChange)
  }

  readonly #onChange = (event: string, file: string): void => {
    if (event.endsWith('Dir') || this.#target.isReused || !this.#target.files.has(file)) return
    if (this.#isOwnWrite(file)) return
    this.#isStale = true
    if (this.#isStarting) this.#target.giveUpStarting()
    this.#begin()
  }

  /** Runs that are about to begin have the server as its files are now, and one that is down is tried again for them. */
  async #beforeRerun(specifications: readonly TestSpecification[]): Promise<void> {
    if (this.#isClosed) return
    const served = specifications.filter(({ project }) => this.#target.serves(project))
    const flooding = floodingFilesOf(this.#vitest)
    const floods = served.filter(({ moduleId, project }) => flooding.has(moduleId, project))
    const isTried = floods.every(({ moduleId }) => this.#told.has(moduleId))
    this.#told.clear()
    if (!isTried && !this.#target.isUp) this.#begin()
    if (served.length === 0 || this.#restarted === undefined) return
    for (const { moduleId } of served) this.#waiting.add(moduleId)
    await this.#restarted
  }

  #begin(): void {
    this.#restarted ??= this.#restart().finally(() => {
      this.#restarted = undefined
      this.#waiting.clear()
    })
  }

  async #restart(): Promise<void> {
    const hasChanged = this.#isStale
    do {
      await sleep(quietMs)
      await this.#vitest.waitForTestRunEnd().catch(() => {})
      if (this.#isClosed) return
      this.#isStale = false
      this.#startedAt = Date.now()
      this.#idleSince = Infinity
      this.#ownWrites.beginTurn()
      this.#isStarting = true
      await this.#target.restart()
      this.#isStarting = false
    } while (this.#isStale)
    if (hasChanged || this.#target.isUp) this.#rerunOthers()
  }

  /** As if these test files had changed: so they run once, whatever else Vitest is about to run. */
  #rerunOthers(): void {
    const projects = this.#vitest.projects.filter((project) => this.#target.serves(project))
    const files = floodingFilesOf(this.#vitest)
      .of(projects)
      .filter((file) => !this.#waiting.has(file) && this.#vitest.getModuleSpecifications(file).length > 0)
    if (files.length === 0 && this.#waiting.size === 0) this.#idleSince = Date.now()
    for (const file of files) {
      if (!this.#target.isUp) this.#told.add(file)
      this.#vitest.watcher.onFileChange(file)
    }
  }

  #isOwnWrite(file: string): boolean {
    const changedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    const { runEndedAt } = floodingFilesOf(this.#vitest)
    const idleSince = runEndedAt > this.#startedAt ? runEndedAt : this.#idleSince
    if (changedAt <= idleSince + lastWritesMs) return this.#ownWrites.note(file)
    this.#ownWrites.forget(file)
    return false
  }
}
