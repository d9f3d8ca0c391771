import { formatCounted } from '../units.ts'
import { formatRange } from '../slo/bracket.ts'
import { kinds } from '../slo/indicator.ts'
import { type Figure, figuresOf } from './figures.ts'
import type { NamedRun } from './named-run.ts'

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
 * Figures of runs of which less is better, for the tool `customSmallerIsBetter` of github-action-benchmark.
 * @see https://github.com/benchmark-action/github-action-benchmark
 */
export function toGithubBenchmark(runs: readonly NamedRun[]): string {
  return `${JSON.stringify(runs.flatMap(entriesOf), undefined, 2)}\n`
}

function entriesOf(run: NamedRun): object[] {
  const { environment, connections } = run.result
  const extra = [
    formatCounted(connections.requested, 'connection'),
    `${environment.cpu}, ${formatCounted(environment.cores, 'core')}`,
    `Node ${environment.node}`,
  ].join('\n')
  const figures = figuresOf(run).filter(({ better }) => better === 'lower')
  return figures.map(({ indicator, kind, value, low, high }) => ({
    name: `${run.name} › ${indicator}`,
    unit: units[kind],
    value,
    ...(low < high && { range: formatRange(low, high, kinds[kind].format) }),
    extra,
  }))
}
