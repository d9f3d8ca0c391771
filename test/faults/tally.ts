/** A reporter: how many faults of each kind were tried, and how long that took. */
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

interface Kind {
  readonly name: string
  readonly rows: readonly TestCase[]
}

export default class Tally implements Reporter {
  #vitest: Vitest | undefined
  #started = 0

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunStart(): void {
    this.#started = performance.now()
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const kinds = modules
      .flatMap((module) => [...module.children.suites()])
      .map((suite) => ({ name: suite.name, rows: [...suite.children.allTests()] }))
      .toSorted((one, other) => one.name.localeCompare(other.name))
    const all = { name: 'all faults', rows: kinds.flatMap(({ rows }) => rows) }
    const lines = [
      ...kinds.map((kind) => describe(kind, spanOf(kind))),
      describe(all, performance.now() - this.#started),
    ]
    this.#vitest?.logger.log(`\n${lines.join('\n')}\n`)
  }
}

function describe({ name, rows }: Kind, ms: number): string {
  const awaiting = rows.filter(({ options }) => options.fails).length
  const skipped = rows.filter((row) => row.result().state === 'skipped').length
  const failed = rows.filter((row) => row.result().state === 'failed').length
  const undecided = rows.filter((row) => row.meta().isExcused).length
  const remarks = Object.entries({ failed, awaiting, skipped, undecided }).filter(([, count]) => count > 0)
  const said = remarks.map(([what, count]) => `, ${count} ${what}`).join('')
  return `  ${name.padEnd(24)} ${String(rows.length).padStart(4)} rows, ${(ms / 1_000).toFixed(1)} s${said}`
}

/** From the start of its first row to the end of its last one, in milliseconds. */
function spanOf({ rows }: Kind): number {
  const runs = rows.flatMap((row) => row.diagnostic() ?? [])
  const start = Math.min(...runs.map(({ startTime }) => startTime))
  const end = Math.max(...runs.map(({ startTime, duration }) => startTime + duration))
  return runs.length === 0 ? 0 : end - start
}
