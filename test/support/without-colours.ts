import { stripVTControlCharacters } from 'node:util'

/** What an assertion throws, without the colours that depend on where the tests run. */
export function withoutColours(run: () => void): () => void {
  return () => {
    try {
      run()
    } catch (error) {
      throw Object.assign(error as Error, { message: stripVTControlCharacters((error as Error).message) })
    }
  }
}
