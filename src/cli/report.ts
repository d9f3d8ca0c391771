import { Command } from 'commander'
import { writtenOver } from '../export/written-over.ts'
import { toHgrm } from '../report/hgrm.ts'
import { mistakesOf } from '../parsed.ts'
import { evaluateObjectives } from '../slo/evaluate.ts'
import { compareSummaries, pageOfComparison, printComparison } from './compare.ts'
import { exitAfter, exitCodeOf, exitCodeOfRun } from './exit-code.ts'
import { writeFiles } from './files.ts'
import { pageOfRun, printSummary, safeParseSLOFlag } from './flood.ts'
import { aList } from './parse.ts'
import { readSummary } from './read-summary.ts'
import { usageError } from './usage-error.ts'

interface ReportFlags {
  readonly slo?: readonly string[]
  readonly html?: string
  readonly hgrm?: string
}

/** `ws-load report`: what a file says, once more. */
export const reportCommand: Command = new Command('report')
  .summary('print a run that --json kept, or make a page of it')
  .description('Prints a run that ws-load --json or JSON.stringify(summary) wrote; of two files base against head.')
  .argument('<file>', 'a run')
  .argument('[head]', 'another run, to compare with the first')
  .option('--slo <bound>', "judge it, like 'p99 < 20ms'; repeatable", aList)
  .option('--html <file>', 'write a page with charts')
  .option('--hgrm <file>', 'write the percentile distribution for the plotter of HdrHistogram')
  .addHelpText(
    'after',
    `
Exit codes:
  0  readable, and the SLO is met if there is one; no regression of two
  1  the SLO is missed; slower
  2  wrong usage
  3  nothing was measured, or not to the end, or not enough to judge
  4  otherwise 0, but an output could not be written
  5  it could not run

Examples:
  ws-load report summary.json --html report.html --slo 'p99 < 20ms'
  ws-load report base.json head.json --html report.html`,
  )
  .action((file: string, head: string | undefined, flags: ReportFlags) => {
    process.exitCode = head === undefined ? report(file, flags) : reportBoth(file, head, flags)
  })

function report(file: string, { slo, html, hgrm }: ReportFlags): number {
  const objectives = safeParseSLOFlag(slo)
  const files = { '--html': html, '--hgrm': hgrm }
  const mistakes = [...mistakesOf(objectives), ...writtenOver(files, [file])]
  if ('mistakes' in objectives || mistakes.length > 0) throw usageError(...mistakes)
  const summary = readSummary(file)
  const verdict = objectives.value && evaluateObjectives(summary, objectives.value)
  printSummary(process.stdout, summary, verdict)
  const unwritten = writeFiles(files, {
    '--html': () => pageOfRun(summary, verdict),
    '--hgrm': () => toHgrm(summary.latency),
  })
  return exitAfter(exitCodeOfRun(summary, verdict), unwritten)
}

function reportBoth(base: string, head: string, { html, slo, hgrm }: ReportFlags): number {
  const ofOne = Object.entries({ slo, hgrm }).filter(([, value]) => value !== undefined)
  const files = { '--html': html }
  const mistakes = [
    ...ofOne.map(([flag]) => `--${flag}: expected one run with it, got two`),
    ...writtenOver(files, [base, head]),
  ]
  if (mistakes.length > 0) throw usageError(...mistakes)
  const comparison = compareSummaries(base, head)
  printComparison(process.stdout, comparison)
  const unwritten = writeFiles(files, { '--html': () => pageOfComparison(comparison) })
  return exitAfter(exitCodeOf(comparison.verdict), unwritten)
}
