/** The table of faults: what may go wrong, what is run meanwhile, and how that has to end. A new fault is a row. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCode } from '../../src/cli/exit-code.ts'
import type { LoadResult, PingTotals } from '../../src/result/load-result.ts'
import { expectBalanced } from '../support/flood.ts'
import { type Household, household } from './household.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** A verdict of a row that the machine was in the way of. */
    isExcused?: boolean
  }
}

/** A fault, and how what is run under it ends. Connections and codes that a row does not name are none. */
export interface Fault {
  /** What goes wrong. */
  readonly fault: string
  /** Brings it about, and runs something meanwhile. */
  readonly run: Run
  /**
   * The exit status: of a flood without the command line, what it would be there; `'throws'` where it throws, `'reported'`
   * where a server's end is told to the test runner.
   */
  readonly exit: Exit
  /** All codes: those of `errors`, or that of what is thrown. A pattern, where it is a matter of luck which one it is. */
  readonly codes?: string | readonly string[] | RegExp
  /** Connections that never opened. */
  readonly failed?: number
  /** Connections that ended before the run did. */
  readonly closedEarly?: number
  /** Of the pings. */
  readonly pings?: Partial<PingTotals>
  /** What is printed, or thrown, has this. */
  readonly says?: RegExp
  /** And not this. */
  readonly never?: RegExp
  /** What else is true of it. */
  readonly holds?: Readonly<Record<string, (outcome: Outcome) => boolean>>
  /** Milliseconds until it hangs: nothing is said about how fast it is. @default 60,000 */
  readonly within?: number
  /** What has to be mended first: until then the row fails. */
  readonly awaits?: string
  /** Whether this machine can have the fault. @default true */
  readonly isPossible?: boolean
}

/** How a program, or whatever was run, ended. */
export type Exit = number | NodeJS.Signals | 'throws' | 'reported'

/** How it ended. */
export interface Outcome {
  readonly exit: Exit
  readonly codes: readonly string[]
  /** All that was printed, or what was thrown. */
  readonly said: string
  /** What was measured, if anything was. */
  readonly result?: LoadResult | undefined
}

/** @param signal aborted when it takes too long: whatever still runs then has to be ended */
export type Run = (signal: AbortSignal) => Promise<Outcome>

/** What a terminal or a CI runner takes for more than text. */
export const unprintable: RegExp = /[^\n\P{C}]|^::/mu

const hangsAfterMs = 60_000
/** For a run that hangs to be ended. */
const graceMs = 8_000
/** On a busy machine. */
const attempts = 3

/** Makes a test of each fault; afterwards neither a process nor a file nor anything that keeps this process is left. */
export function matrix(kind: string, faults: readonly Fault[]): void {
  describe.concurrent(`faults of ${kind}`, () => {
    let house: Household
    beforeAll(async () => {
      house = await household()
    })
    afterAll(() => house.expectTidy())

    for (const row of faults) {
      const { fault, awaits, isPossible = true, within = hangsAfterMs } = row
      const options = { timeout: attempts * (within + graceMs), fails: awaits !== undefined, skip: !isPossible }
      test(`${fault}${awaits === undefined ? '' : ` (awaits ${awaits})`}`, options, async ({ task }) => {
        const outcome = await outcomeOf(row)
        task.meta.isExcused = isExcused(outcome, row)
        expect(seen(outcome, row)).toEqual(told(row, outcome.result !== undefined))
        if (outcome.result !== undefined) expectBalanced(outcome.result)
      })
    }
  })
}

/** Runs it, and again while that is excused. */
async function outcomeOf(row: Fault): Promise<Outcome> {
  const { run, within = hangsAfterMs } = row
  for (let attempt = 1; ; attempt++) {
    const outcome = await endingWithin(within, run)
    if (attempt === attempts || !isExcused(outcome, row)) return outcome
  }
}

async function endingWithin(ms: number, run: Run): Promise<Outcome> {
  const overdue = new AbortController()
  let deadline: NodeJS.Timeout | undefined
  const stuck = new Promise<never>((_, reject) => {
    deadline = setTimeout(() => {
      overdue.abort()
      deadline = setTimeout(() => reject(new Error(`it hangs: after ${ms + graceMs} ms nothing ends it`)), graceMs)
    }, ms)
  })
  try {
    const outcome = await Promise.race([run(overdue.signal), stuck])
    if (overdue.signal.aborted) throw new Error(`it had not ended after ${ms} ms, and was ended`)
    return outcome
  } finally {
    clearTimeout(deadline)
  }
}

/** A load generator that says that the machine was in its way leaves undecided what it would have failed. */
function isExcused({ exit, result }: Outcome, row: Fault): boolean {
  if (exit !== exitCode.unclear || row.exit !== exitCode.missed || result === undefined) return false
  const { saturated, afterSilence } = result.generator
  return saturated || Object.values<number>({ ...afterSilence }).some((count) => count > 0)
}

/** What of an outcome a row tells. */
function seen(outcome: Outcome, row: Fault) {
  const { codes, said, result } = outcome
  const { codes: told, pings = {}, never, holds = {} } = row
  const areAsTold = told instanceof RegExp && codes.length > 0 && codes.every((code) => told.test(code))
  return {
    exit: isExcused(outcome, row) ? row.exit : outcome.exit,
    codes: areAsTold ? told : codes.toSorted(),
    said,
    ...(never !== undefined && { never: never.exec(said)?.[0] }),
    ...(result !== undefined && {
      failed: result.connections.failed,
      closedEarly: result.connections.closedEarly,
      // Each connection that failed, or ended early, has a fault.
      faults: faultsOfConnections(result),
      pings: Object.fromEntries(Object.keys(pings).map((name) => [name, result.pings[name as keyof PingTotals]])),
    }),
    holds: Object.fromEntries(Object.entries(holds).map(([name, isTrue]) => [name, isTrue(outcome)])),
  }
}

function told(row: Fault, isMeasured: boolean) {
  const { exit, codes = [], failed = 0, closedEarly = 0, pings = {}, says = /(?:)/, never, holds = {} } = row
  return {
    exit,
    codes: codes instanceof RegExp ? codes : [codes].flat().toSorted(),
    said: expect.stringMatching(says),
    ...(never !== undefined && { never: undefined }),
    ...(isMeasured && { failed, closedEarly, faults: failed + closedEarly, pings }),
    holds: Object.fromEntries(Object.keys(holds).map((name) => [name, true])),
  }
}

function faultsOfConnections({ errors }: LoadResult): number {
  const faults = Object.entries(errors).filter(([code]) => !code.startsWith('PROBE_'))
  return faults.reduce((sum, [, { count }]) => sum + count, 0)
}
