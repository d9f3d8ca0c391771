import { findToleranceMistakes, parseTolerance, type Tolerance } from '../gate/tolerance.ts'
import { show } from '../wording.ts'
import { findMistakes, invalidOptions, resolveOptions, type WsLoadOptions } from './options.ts'
import { checkTarget, type TargetOptions } from './target.ts'

/** A server that is compared: one that runs already, or one that is started for the comparison and ended after it. */
export type Side = { readonly url: string | URL } | TargetOptions

/** Options of {@link compare}: those of `wsLoad()` but for what ends a run, and these. Both sides get the same load. */
export interface CompareOptions extends Omit<
  WsLoadOptions,
  'url' | 'duration' | 'pings' | 'stages' | 'until' | 'maxDuration'
> {
  readonly base: Side
  readonly head: Side
  /** How much slower the head may be; see {@link Tolerance}. The comparison goes on until this is decided. */
  readonly tolerance?: Tolerance
  /** Ends a comparison that stays unclear, both sides together: '1s' to a day. Default: '30s'. */
  readonly maxDuration?: WsLoadOptions['maxDuration']
}

const defaultMaxDuration = '30s'
/** Options of a flood that a comparison does not have. */
const foreign = ['url', 'duration', 'pings', 'stages', 'until']
const sideNames = ['base', 'head'] as const

/**
 * Checks the options of a comparison and fills in defaults; both sides' load is that of one of them.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function resolveComparison({ base, head, tolerance, signal, ...load }: CompareOptions) {
  const mistakes = [
    ...sideNames.flatMap((name) => mistakesInSide(name, { base, head }[name])),
    ...(tolerance === undefined ? [] : findToleranceMistakes(tolerance).map((mistake) => `tolerance.${mistake}`)),
    ...mistakesInLoad(load),
  ]
  if (mistakes.length > 0) throw invalidOptions(mistakes, 'wsLoad.compare')
  const { maxDuration = defaultMaxDuration, ...flood } = load
  const resolved = resolveOptions({ ...flood, duration: maxDuration })
  return {
    load: { ...resolved, duration: resolved.duration / sideNames.length },
    sides: [base, head],
    tolerance: parseTolerance(tolerance),
    signal,
  }
}

/** What a comparison takes over of the defaults of floods: everything but their target and what ends them. */
export function withoutEnd(defaults: WsLoadOptions): WsLoadOptions {
  return Object.fromEntries(
    Object.entries(defaults).filter(([name]) => name !== 'maxDuration' && !foreign.includes(name)),
  )
}

function mistakesInLoad({ maxDuration = defaultMaxDuration, ...load }: Record<string, unknown>): string[] {
  const ruledOut = foreign.filter((name) => load[name] !== undefined)
  const rest = Object.fromEntries(Object.entries(load).filter(([name]) => !ruledOut.includes(name)))
  return [
    ...ruledOut.map((name) =>
      name === 'url'
        ? 'url: expected base.url and head.url instead'
        : `${name}: expected maxDuration instead, a comparison goes on until it is clear`,
    ),
    ...findMistakes({ ...rest, until: { p50: '< 1s' }, maxDuration } as WsLoadOptions),
  ]
}

function mistakesInSide(name: string, side: unknown): string[] {
  if (typeof side !== 'object' || side === null) {
    return [`${name}: expected { url } of a server, or { command, url } to start one, got ${show(side)}`]
  }
  if ('command' in side) return checkTarget(side).map((mistake) => mistake.replace(/^target/, name))
  const { url, ...rest } = side as Record<string, unknown>
  return [
    ...(url === undefined
      ? [`${name}.url: missing`]
      : findMistakes({ url } as WsLoadOptions).map((mistake) => `${name}.${mistake}`)),
    ...Object.keys(rest).map((other) => `${name}.${other}: expected a command with it, or the url alone`),
  ]
}
