import type { LoadInterval, LoadResult } from '../result/load-result.ts'
import { type SampleWords, wordsOf } from '../result/samples.ts'

/** What charts and tables show of a run, and what it is called. */
export interface Samples extends SampleWords {
  readonly latency: string
  readonly sent: string
  readonly intervalsOf: (result: LoadResult) => readonly LoadInterval[]
}

/** Messages of a fan-out, each until the last of its subscribers has it. */
export const messages: Samples = {
  latency: 'Completion',
  one: 'message',
  many: 'messages',
  sent: 'published',
  answered: 'complete',
  unanswered: 'incomplete',
  intervalsOf: ({ fanOut }) => fanOut?.completion.intervals ?? [],
}

/** Pings, or deliveries of a fan-out. */
export function samplesOf(result: LoadResult): Samples {
  const isFanOut = result.fanOut !== undefined
  return {
    ...wordsOf(result),
    latency: isFanOut ? 'Delivery' : 'Latency',
    sent: isFanOut ? 'expected' : 'sent',
    intervalsOf: ({ intervals }) => intervals,
  }
}
