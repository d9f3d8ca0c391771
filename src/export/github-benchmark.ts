import type { LoadResult } from '../result/load-result.ts'
import { formatCount } from '../units.ts'
import { formatRange } from '../slo/bracket.ts'
import { kinds } from '../slo/indicator.ts'
import { type Figure, figuresOf } from './figures.ts'

/** How that tool says what a figure is counted in. */
const units: Readonly<Record<Figure['kind'], string>> = {
  duration: 'ms',
  ratio: 'share',
  rate: '1/s',
  count: 'count',
  bytes: 'bytes',
  processors: 'processors',
}

/**
 * Figures of a run of which less is better, for the tool `customSmallerIsBetter` of github-action-benchmark.
 * @param name of the run, the same from run to run
 * @see https://github.com/benchmark-action/github-action-benchmark
 */
export function toGithubBenchmark(name: string, result: LoadResult): string {
  const { environment, connections } = result
  const extra = [
    `${formatCount(connections.requested)} connections`,
    `${environment.cpu}, ${environment.cores} cores`,
    `Node ${environment.node}`,
  ].join('\n')
  const figures = figuresOf(result).filter(({ better }) => better === 'lower')
  const entries = figures.map(({ indicator, kind, value, low, high }) => ({
    name: `${name} › ${indicator}`,
    unit: units[kind],
    value,
    ...(low < high && { range: formatRange(low, high, kinds[kind].format) }),
    extra,
  }))
  return `${JSON.stringify(entries, undefined, 2)}\n`
}
