import type { LoadResult } from '../result/load-result.ts'
import type { RunningTarget } from '../server/command.ts'
import { sleep } from '../server/program.ts'

/** How long the end of a server may take to be told once its connections are gone: what it started may keep its output open. */
const longestTellingMs = 1_000

/** Warns of servers that ended while they were flooded, and of those that had to be killed: of each with the same words once. */
export class TargetWarnings {
  readonly #given = new Set<string>()

  /** @param context what is said behind the words of a server that ended */
  watch(target: RunningTarget, context = ''): void {
    void target.exited.then((words) => this.#warn(words, context))
  }

  /** Ends servers, and waits for the words of those that ended first, if a run of theirs lost connections. */
  async stop(targets: readonly RunningTarget[], runs: readonly LoadResult[] = []): Promise<void> {
    const own = targets.filter(({ reused }) => !reused)
    const lost = runs.some(
      ({ connections: { requested, opened, closedEarly } }) => opened < requested || closedEarly > 0,
    )
    if (lost && own.length > 0) await Promise.race([...own.map(({ exited }) => exited), sleep(longestTellingMs)])
    for (const words of await Promise.all(targets.map((target) => target.stop()))) {
      if (words !== undefined) this.#warn(words)
    }
  }

  #warn(words: string, context = ''): void {
    if (this.#given.has(words)) return
    this.#given.add(words)
    process.emitWarning(`${words}${context}`, 'WsLoadWarning')
  }
}
