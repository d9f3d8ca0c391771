import type { ChangeVerdict } from '../gate/comparison.ts'
import type { Verdict } from '../slo/verdict.ts'
import { wrap } from './layout.ts'
import type { Paint } from './paint.ts'

/** A verdict on an SLO, or on how a head compares with its base. */
export type Outcome = Verdict | ChangeVerdict

/** What tells good from bad: a sign as well as a colour. */
export interface Signal {
  readonly colour: 'green' | 'red' | 'yellow' | 'dim'
  readonly mark: string
  readonly emoji: string
}

const good: Signal = { colour: 'green', mark: '✓', emoji: '✅' }
export const bad: Signal = { colour: 'red', mark: '✗', emoji: '❌' }
/** Of what others are held against. */
export const reference: Signal = { colour: 'dim', mark: '·', emoji: '➖' }
/** Of a flood that nothing was asked of: neither good nor bad. */
export const unjudged: Signal & { readonly title: string } = { ...reference, title: 'no SLO' }
const undecided: Signal = { colour: 'yellow', mark: '?', emoji: '❔' }

/** How reports show each outcome; the later ones need attention before the others. */
export const outcomes: Readonly<Record<Outcome, Signal & { readonly title: string }>> = {
  pass: { ...good, title: 'SLO met' },
  same: { ...good, title: 'No regression' },
  faster: { ...good, title: 'Faster' },
  inconclusive: { ...undecided, title: 'SLO inconclusive' },
  unclear: { ...undecided, title: 'Unclear' },
  fail: { ...bad, title: 'SLO missed' },
  slower: { ...bad, title: 'Slower' },
}

const fromLeastUrgent = Object.keys(outcomes)

/** A rank among outcomes: the highest needs attention first. */
export function urgencyOf(outcome: Outcome): number {
  return fromLeastUrgent.indexOf(outcome)
}

/** The sign of an outcome in its colour. */
export function markOf(outcome: Outcome, paint: Paint): string {
  const { colour, mark } = outcomes[outcome]
  return paint[colour](mark)
}

/** A headline in the colour of its outcome. */
export function headline(outcome: Outcome, title: string, paint: Paint): string[] {
  return wrap(title).map((line) => paint.bold(paint[outcomes[outcome].colour](line)))
}
