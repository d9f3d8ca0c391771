import { show } from '../wording.ts'

/** The words of an error; `undefined` if there is none: many servers send an empty `error` with each answer. */
export function wordsOf({ error }: { readonly error?: unknown }): string | undefined {
  if (!error) return undefined
  if (typeof error === 'string') return error
  const { message } = error as { readonly message?: unknown }
  return typeof message === 'string' && message !== '' ? message : show(error)
}
