import { statSync } from 'node:fs'
import type { TestModule, Vitest } from 'vitest/node'
import { type ServerFiles, serverFilesOf } from '../server/server-files.ts'
import { lastWritesMs, OwnWrites, tellOfOwnWrites } from './own-writes.ts'
import { watchPlaces } from './watch-places.ts'

/** In watch mode: has Vitest run test files again when a server changes that they start themselves, as a side of a comparison. */
export class SideWatch {
  readonly #vitest: Vitest
  /** Of each test file that has started any. */
  readonly #servers = new Map<string, readonly ServerFiles[]>()
  readonly #ownWrites = new OwnWrites(tellOfOwnWrites)
  #isRunning = false
  /** As `Date.now()` has it. */
  #runEndedAt = 0

  constructor(vitest: Vitest) {
    this.#vitest = vitest
    vitest.vite.watcher.on('all', (event, file) => {
      if (event.endsWith('Dir')) return
      const concerned = [...this.#servers].filter(([, servers]) => servers.some((server) => server.has(file)))
      if (concerned.length === 0 || this.#isOwnWrite(file)) return
      for (const [moduleId] of concerned) vitest.watcher.onFileChange(moduleId)
    })
  }

  beginRun(): void {
    this.#isRunning = true
    this.#ownWrites.beginTurn()
  }

  endRun(modules: readonly TestModule[]): void {
    this.#isRunning = false
    this.#runEndedAt = Date.now()
    for (const module of modules) {
      const servers = (module.meta().wsLoadServers ?? []).map(serverFilesOf)
      // A file that failed before it could start them is still about them.
      if (servers.length === 0) continue
      this.#servers.set(module.moduleId, servers)
      for (const server of servers) watchPlaces(this.#vitest, server)
    }
  }

  #isOwnWrite(file: string): boolean {
    const changedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (this.#isRunning || changedAt <= this.#runEndedAt + lastWritesMs) return this.#ownWrites.note(file)
    this.#ownWrites.forget(file)
    return false
  }
}
