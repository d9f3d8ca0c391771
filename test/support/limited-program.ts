/**
 * A flood in a process that is short of something: `node limited-program.ts OPTIONS LEFT`, options of `wsLoad()` as JSON, and
 * how many file descriptors are left once the flood has begun; all of them without it. Says what came of it, as JSON.
 */
import { closeSync, openSync } from 'node:fs'
import { formatSummary } from '../../src/report/text.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { WsLoadError } from '../../src/errors.ts'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import { run } from '../../src/run/run.ts'
import type { Limited, Refused } from './limited.ts'

const [, , given, left] = process.argv
const options = JSON.parse(given!) as WsLoadOptions
// The server that a flood starts itself is started at once.
if (options.url === undefined && left !== undefined) leave(Number(left))
const flood = run(parseOptions({ warmup: 0, ...(options.until === undefined && { duration: 200 }), ...options }))
if (options.url !== undefined && left !== undefined) leave(Number(left))
process.stdout.write(JSON.stringify(await flood.then(outcomeOf, refusalOf)))

function refusalOf(error: unknown): Refused {
  const { code, message } = error as WsLoadError
  return { code, message }
}

function outcomeOf(result: Awaited<typeof flood>): Limited {
  const { ended, errors, connections } = result
  const slo = { p50: '< 1h' } as const
  const { verdict, reasons } = evaluateSLO(result, slo)
  return { verdict, reasons, ended, errors, connections, text: formatSummary(result) }
}

/** Takes all file descriptors but so many. */
function leave(count: number): void {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    for (const file of taken.slice(0, count)) closeSync(file)
  }
}
