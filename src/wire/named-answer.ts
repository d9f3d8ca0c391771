import { show } from '../wording.ts'

/** The words of an error; `undefined` if there is none: many servers send an empty `error` with each answer. */
export function wordsOf({ error }: { readonly error?: unknown }): string | undefined {
  if (!error) return undefined
  return typeof error === 'string' ? error : show(error)
}
