import { isObject } from '../parsed.ts'
import { mistakesInJudgement } from '../slo/judgement.ts'
import { noSuchOptions, show } from '../wording.ts'

/** What a matcher does about a lack of evidence. */
export interface Leniency {
  /**
   * What it does when there is not enough evidence: `'fail'`, or `'warn'` on the console. A run that measured nothing
   * fails either way. Default: the plugin's `inconclusive`, `'fail'`.
   */
  readonly inconclusive?: 'fail' | 'warn'
}

const names: readonly (keyof Leniency)[] = ['inconclusive']

/** What is wrong with a {@link Leniency}. */
export function mistakesInLeniency(given: unknown): string[] {
  if (!isObject(given)) return [`leniency: expected an object with ${names.join(', ')}, got ${show(given)}`]
  return [...noSuchOptions(given, names), ...mistakesInInconclusive(given['inconclusive'])]
}

/** What is wrong with one that says how to judge as well. */
export function mistakesInLenientJudgement(given: unknown): string[] {
  return [
    ...mistakesInJudgement(given, names),
    ...(isObject(given) ? mistakesInInconclusive(given['inconclusive']) : []),
  ]
}

export function mistakesInInconclusive(given: unknown = 'fail'): string[] {
  if (given === 'fail' || given === 'warn') return []
  return [`inconclusive: expected 'fail' or 'warn', got ${show(given)}`]
}
