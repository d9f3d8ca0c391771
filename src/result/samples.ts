import type { LoadResult } from './load-result.ts'

/** What is measured over and over in a run, in words. */
export interface SampleWords {
  readonly one: string
  readonly many: string
  readonly answered: string
  readonly unanswered: string
}

const pings: SampleWords = { one: 'ping', many: 'pings', answered: 'answered', unanswered: 'no answer' }
const deliveries: SampleWords = { one: 'delivery', many: 'deliveries', answered: 'delivered', unanswered: 'missed' }

/** The words for a run's samples: pings, or deliveries of a fan-out. */
export function wordsOf({ fanOut }: Pick<LoadResult, 'fanOut'>): SampleWords {
  return fanOut === undefined ? pings : deliveries
}
