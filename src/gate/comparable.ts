import type { LoadResult } from '../result/load-result.ts'
import type { RecordedOptions } from '../result/recorded-options.ts'

/** Options that make a load what it is. Where it goes to and how long it lasts is not among them. */
const loadOptions: readonly (keyof RecordedOptions)[] = [
  'connections',
  'inFlight',
  'rate',
  'arrivals',
  'stages',
  'connectRate',
  'probe',
  'payloadBytes',
  'perMessageDeflate',
  'threads',
]

/**
 * Why two runs that were measured at different times cannot be compared: another load, another machine, another major
 * version of Node. Empty when they can.
 */
export function whyIncomparable(base: LoadResult, head: LoadResult): string[] {
  const load = loadOptions.flatMap((name) => difference(name, base.options[name], head.options[name]))
  const [before, after] = [base.environment, head.environment]
  const machine = [
    ...difference('cpu', before.cpu, after.cpu),
    ...difference('cores', before.cores, after.cores),
    ...difference('os', family(before.os), family(after.os)),
    ...difference('node', before.node.split('.')[0], after.node.split('.')[0]),
  ]
  return [
    ...load.map((what) => `the base had another load: ${what}`),
    ...machine.map((what) => `the base was measured elsewhere: ${what}`),
  ]
}

/** Platform and architecture, without the release. */
function family(os: string): string {
  return os
    .split(' ')
    .filter((_, nth, words) => nth === 0 || nth === words.length - 1)
    .join(' ')
}

function difference(name: string, before: unknown, after: unknown): string[] {
  const [was, is] = [before, after].map((value) => JSON.stringify(value) ?? 'none')
  return was === is ? [] : [`${name} was ${was}, is ${is}`]
}
