import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** How often cases are tried, and where it goes on. */
interface Rounds<Case, Outcome> {
  readonly runs: number
  /** Each outcome is a line of JSON in it; a run that was stopped goes on where it ends. */
  readonly log: string | undefined
  readonly isOf: (outcome: Outcome, one: Case) => boolean
  /** A case is tried in one of so many rounds. Default: 1. */
  readonly everyNthRound?: (one: Case) => number
}

/** Tries every case in turn, so that all of them see the same hours of this machine. */
export async function inRounds<Case, Outcome>(
  cases: readonly Case[],
  { runs, log, isOf, everyNthRound = () => 1 }: Rounds<Case, Outcome>,
  attempt: (one: Case) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes = readLog<Outcome>(log)
  for (let round = 1; round <= runs; round++)
    for (const one of cases) {
      if (outcomes.filter((outcome) => isOf(outcome, one)).length >= Math.ceil(round / everyNthRound(one))) continue
      const outcome = await attempt(one)
      outcomes.push(outcome)
      if (log !== undefined) appendFileSync(log, `${JSON.stringify(outcome)}\n`)
    }
  return outcomes
}

/** None where there is no such file. */
function readLog<Outcome>(path: string | undefined): Outcome[] {
  if (path === undefined || !existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome)
}
