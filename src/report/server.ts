import type { LoadResult, MachineReport, ServerReport } from '../result/load-result.ts'
import { wordsOf } from '../result/samples.ts'
import { formatBytes, formatCount, formatDuration, formatProcessors, formatRatio } from '../units.ts'

/** Less of the time, or of the processors, 0 to 1, is not worth a word. */
const notableShare = 0.02

/** What the server and the machine did meanwhile, a line each; nothing of what was not watched, but why. */
export function describeServer(result: LoadResult): string[] {
  const { server, serverUnwatched, machine } = result
  return [
    ...(server === undefined ? [] : [`server: ${describeUse(server, wordsOf(result).one)}`]),
    ...(serverUnwatched === undefined ? [] : [`server: not watched, ${serverUnwatched}`]),
    ...(machine === undefined ? [] : [`machine: ${describeMachine(machine)}`]),
  ]
}

function describeUse(server: ServerReport, sample: string): string {
  const { processes, cores, cpuPerPing, waiting, throttled, rss } = server
  return [
    `${formatCount(processes)} ${processes === 1 ? 'process' : 'processes'}`,
    `${formatProcessors(cores)} processors used`,
    ...(Number.isNaN(cpuPerPing) ? [] : [`${formatDuration(cpuPerPing)} CPU per ${sample}`]),
    ...ifNotable(waiting, (share) => `waited for a processor ${share} of the time that it wanted one`),
    ...ifNotable(throttled, (share) => `stopped by a quota ${share} of the time that it wanted one`),
    `at most ${formatBytes(rss.max)} resident`,
  ].join(', ')
}

function describeMachine({ cores, busy, generator, foreign, steal, throttled }: MachineReport): string {
  return [
    `${cores} ${cores === 1 ? 'processor' : 'processors'}`,
    `${formatRatio(busy)} busy`,
    ...ifNotable(generator, (share) => `${share} by the generator and the test`),
    ...ifNotable(foreign, (share) => `${share} by other processes`),
    ...ifNotable(steal, (share) => `${share} given to other machines`),
    ...ifNotable(
      throttled,
      (share) => `the generator stopped by a quota ${share} of the time that it wanted a processor`,
    ),
  ].join(', ')
}

function ifNotable(share: number | undefined, describe: (share: string) => string): string[] {
  return share === undefined || share < notableShare ? [] : [describe(formatRatio(share))]
}
