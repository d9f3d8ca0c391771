import { clearInterval, setInterval } from 'node:timers'
import type { RecordedInterval } from '../generator/intervals.ts'
import type { LoadInterval } from '../result/load-result.ts'
import { mergeInterval } from './summarize.ts'
import type { LoadGenerator } from '../generator/load-generator.ts'

/** How far a run is. */
export interface Progress {
  readonly phase: 'connecting' | 'warming up' | 'measuring' | 'draining'
  /** Milliseconds until the measured window ends, 0 after that; Infinity where it is not known. */
  readonly remaining: number
  /** Connections that were asked for, of all floods. */
  readonly connections: number
  /** The second that each flood completed last; empty before there is one. */
  readonly seconds: readonly LoadInterval[]
}

/** Who wants to know how far a run is. */
export interface Watcher {
  /** Milliseconds between two reports. */
  readonly every: number
  readonly report: (progress: Progress) => void
}

interface RunInSight {
  readonly generator: LoadGenerator
  /** When the measured window begins, in milliseconds of `process.uptime()`. */
  readonly begin: number
  /** Milliseconds that it may take. */
  readonly longest: number
  readonly connections: number
}

/** The latest second of each of a flood's threads as one, though some may be a second behind. */
export function mergeSeconds(parts: readonly RecordedInterval[]): LoadInterval[] {
  const [first] = parts
  return first === undefined
    ? []
    : [mergeInterval(parts.map((part) => ({ ...part, start: first.start, end: first.end })))]
}

/** Tells now and then how far a run is, until the function that it returns is called. */
export function watch({ every, report }: Watcher, { generator, begin, longest, connections }: RunInSight): () => void {
  let isOver = false
  const tell = async (): Promise<void> => {
    const seconds = (await generator.latestSeconds()).flatMap(mergeSeconds)
    const now = process.uptime() * 1_000
    const remaining = Math.max(0, begin + longest - now)
    const phase = now < begin ? 'warming up' : remaining > 0 ? 'measuring' : 'draining'
    if (!isOver) report({ phase, remaining, connections, seconds })
  }
  const timer = setInterval(() => void tell(), every)
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
