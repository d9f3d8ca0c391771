import type { LoadResult, MachineReport, ServerReport } from '../result/load-result.ts'
import { wordsOf } from '../result/samples.ts'
import { formatBytes, formatCount, formatDuration, formatProcessors, formatRatio } from '../units.ts'

/** Less of the time, or of the processors, 0 to 1, is not worth a word in a summary. */
const notableShare = 0.02

/**
 * What the server and the machine did meanwhile, a line each; nothing of what was not watched, but why.
 * @param least share that is said, 0 to 1
 */
export function describeServer(result: LoadResult, least: number = notableShare): string[] {
  const { server, serverUnwatched, machine } = result
  return [
    ...(server === undefined ? [] : [`server: ${describeUse(server, wordsOf(result).one, least)}`]),
    ...(serverUnwatched === undefined ? [] : [`server: not watched, ${serverUnwatched}`]),
    ...(machine === undefined ? [] : [`machine: ${describeMachine(machine, least)}`]),
  ]
}

function describeUse(server: ServerReport, sample: string, least: number): string {
  const { processes, cores, cpuPerPing, busiestThread, waiting, throttled, rss } = server
  const others = busiestThread === undefined ? undefined : cores - busiestThread
  return [
    `${formatCount(processes)} ${processes === 1 ? 'process' : 'processes'}`,
    `${formatProcessors(cores)} processors used`,
    ...said(others, least, () => `${formatProcessors(busiestThread!)} by its busiest thread`),
    ...(Number.isNaN(cpuPerPing) ? [] : [`${formatDuration(cpuPerPing)} CPU per ${sample}`]),
    ...said(waiting, least, (share) => `waited for a processor ${share} of the time that it wanted one`),
    ...said(throttled, least, (share) => `stopped by a quota ${share} of the time that it wanted one`),
    describeMemory(rss),
    ...untold({ 'how long it waited for a processor': waiting }),
  ].join(', ')
}

function describeMemory({ start, max, end }: ServerReport['rss']): string {
  const [first, most, last] = [start, max, end].map(formatBytes)
  return first === most && last === most
    ? `${most} resident`
    : `${first} resident at first, ${most} at most, ${last} at last`
}

function describeMachine(machine: MachineReport, least: number): string {
  const { cores, busy, generator, foreign, steal, throttled, pressure = {} } = machine
  const pressures = Object.entries(pressure).flatMap(([resource, share]) =>
    said(share, least, (of) => `${resource} ${of}`),
  )
  return [
    `${cores} ${cores === 1 ? 'processor' : 'processors'}`,
    `${formatRatio(busy)} busy`,
    ...said(generator, least, (share) => `${share} by the generator and the test`),
    ...said(foreign, least, (share) => `${share} by other processes`),
    ...said(steal, least, (share) => `${share} given to other machines`),
    ...said(
      throttled,
      least,
      (share) => `the generator stopped by a quota ${share} of the time that it wanted a processor`,
    ),
    ...(pressures.length === 0 ? [] : [`pressure on ${pressures.join(', ')}`]),
    ...untold({ 'what other processes took': foreign, 'what other machines were given': steal }),
  ].join(', ')
}

function said(share: number | undefined, least: number, describe: (share: string) => string): string[] {
  return share === undefined || share < least ? [] : [describe(formatRatio(share))]
}

/** What a system does not tell is not taken for none. */
function untold(figures: Readonly<Record<string, number | undefined>>): string[] {
  const missing = Object.keys(figures).filter((what) => figures[what] === undefined)
  return missing.length === 0 ? [] : [`not told here: ${missing.join(', ')}`]
}
