import type { Crossing } from '../generator/flood-report.ts'
import { countBelow } from '../generator/sequence-blocks.ts'

/**
 * How many deliveries of what others have published there had to be to the subscribers of some threads, and how many of those there
 * were not: of the same messages, publisher by publisher, as far as their blocks are complete on both sides.
 */
export function compareCrossing(
  own: readonly Crossing[],
  others: readonly Crossing[],
): { readonly expected: number; readonly missed: number } {
  let [expected, missed] = [0, 0]
  for (const { members, came } of own) {
    for (const { firstPublisher, published, settled } of others) {
      for (let nth = 0; nth < settled.length; nth++) {
        const publisher = firstPublisher + nth
        const length = Math.max(published.lengths[nth]!, came.lengths[publisher]!)
        const end = Math.floor(settled[nth]! / length) * length
        const due = members[publisher % members.length]! * countBelow(published, nth, end)
        expected += due
        missed += Math.min(due, Math.max(0, due - countBelow(came, publisher, end)))
      }
    }
  }
  return { expected, missed }
}
