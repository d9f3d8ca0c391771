/** What parsing an input gives: its value, or everything that is wrong with it, each mistake with the option's name. */
export type Parsed<Value> = { readonly value: Value } | { readonly mistakes: readonly string[] }

/** A mistake that begins with the name of what it is about. */
const named = /^[\w.]+[^:"{]*: /

/** The mistakes of several inputs together; empty when all of them are right. */
export function mistakesOf(...inputs: readonly Parsed<unknown>[]): string[] {
  return inputs.flatMap((parsed) => ('mistakes' in parsed ? parsed.mistakes : []))
}

/** The same mistakes, said of what is inside of an option: `p99: …` in `until` is `until.p99: …`. */
export function within<Value>(option: string, parsed: Parsed<Value>): Parsed<Value> {
  if ('value' in parsed) return parsed
  return { mistakes: parsed.mistakes.map((mistake) => `${option}${named.test(mistake) ? '.' : ': '}${mistake}`) }
}

/** Whether an input has fields by name: no list. */
export function isObject(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}
