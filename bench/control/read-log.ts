import { existsSync, readFileSync } from 'node:fs'

/** Outcomes of a run that was stopped, a line of JSON each; none where there is no such file. */
export function readLog<Outcome>(path: string | undefined): Outcome[] {
  if (path === undefined || !existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Outcome)
}
