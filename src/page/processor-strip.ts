import type { LoadInterval, MachineReport } from '../result/load-result.ts'
import { formatDuration, formatProcessors, formatRatio } from '../units.ts'
import { type Axis, linearAxis } from './axis.ts'
import { line, plot, type Series, yAxis } from './chart.ts'
import { type Content, h, type Markup } from './element.ts'

/** A run whose machine was watched, and perhaps its server. */
export interface WatchedRun {
  readonly startedAt: string
  readonly colour: Series['colour']
  readonly machine: MachineReport
  readonly intervals: readonly LoadInterval[]
}

/** Pixels that the strip adds to a chart. */
export const stripHeight = 116
const [topMargin, bottomMargin] = [34, 8]

/** What the processors did in each interval, below a time line: the server's share of them, all that was busy, and what others took. */
export function processorStrip(runs: readonly WatchedRun[], x: Axis, from: number, middleOf: MiddleOf): Markup[] {
  const cores = Math.max(...runs.map(({ machine }) => machine.cores))
  const axis = linearAxis({ low: 0, high: cores, from: from + stripHeight - bottomMargin, to: from + topMargin })
  const points = (intervals: readonly LoadInterval[], value: (interval: LoadInterval) => number | undefined) =>
    intervals.map((interval) => [x.at(middleOf(interval)), axis.at(value(interval) ?? NaN)] as const)
  return [
    h('text', { class: 'legend', x: plot.left, y: from + topMargin - 10 }, legendOf(runs, cores)),
    ...yAxis({ ...axis, ticks: axis.ticks.filter((tick) => Number.isInteger(tick)) }, formatProcessors),
    ...runs.flatMap(({ intervals, colour }): Content[] => [
      line(
        points(intervals, ({ server }) => server?.cores),
        { colour },
      ),
    ]),
    ...machinesOf(runs).flatMap(({ run: { intervals, machine: whole }, busy, foreign }): Content[] => [
      line(
        points(intervals, ({ machine }) => machine && machine.busy * whole.cores),
        { colour: busy, dashes: 'dotted' },
      ),
      line(
        points(intervals, ({ machine }) => machine?.foreign && machine.foreign * whole.cores),
        { colour: foreign, dashes: 'dashed' },
      ),
    ]),
  ] as Markup[]
}

/** The machine is the same for runs that took turns; of runs from different times each has its own. */
function machinesOf(
  runs: readonly WatchedRun[],
): ({ readonly run: WatchedRun } & Readonly<Record<'busy' | 'foreign', Series['colour']>>)[] {
  const [first] = runs
  const areAtOnce = runs.every(({ startedAt }) => startedAt === first!.startedAt)
  return areAtOnce
    ? [{ run: first!, busy: 'third', foreign: 'bad' }]
    : runs.map((run) => ({ run, busy: run.colour, foreign: run.colour }))
}

type MiddleOf = (interval: LoadInterval) => number

function legendOf(runs: readonly WatchedRun[], cores: number): string {
  const servers = runs.some(({ intervals }) => intervals.some(({ server }) => server !== undefined))
  const isForeignTold = runs.some(({ intervals }) => intervals.some(({ machine }) => machine?.foreign !== undefined))
  return [
    `processors in use, of ${cores}: `,
    ...(servers ? [runs.length > 1 ? 'servers solid, ' : 'server solid, '] : []),
    'all dotted',
    ...(isForeignTold ? [', other processes dashed'] : []),
  ].join('')
}

/** What the processors did in an interval, in words. */
export function describeProcessors({ server, machine }: LoadInterval): string[] {
  return [
    ...(server === undefined ? [] : [`server ${formatProcessors(server.cores)} processors`]),
    ...(server?.cpuPerPing === undefined ? [] : [`${formatDuration(server.cpuPerPing)} CPU per answer`]),
    ...(server?.waiting === undefined ? [] : [`waited for one ${formatRatio(server.waiting)} of the time`]),
    ...(server?.throttled === undefined ? [] : [`stopped by a quota ${formatRatio(server.throttled)} of it`]),
    ...(machine === undefined ? [] : [`machine ${formatRatio(machine.busy)} busy`]),
    ...(machine?.foreign === undefined ? [] : [`${formatRatio(machine.foreign)} by other processes`]),
  ]
}
