import { fileOf } from '../wire/import-module.ts'

/** Files of this package: where it calls what a user wrote. */
const own = new URL('..', import.meta.url).href
const frame = /(file:\/\/[^\s()]+):(\d+):(\d+)\)?$/

/**
 * Where in a user's code an error came from: `chat.protocol.ts:9:13`; `undefined` if the stack does not tell.
 * @param module URL of the file that a protocol is in: a user's wherever it lies, unless it is one of this package
 */
export function placeOf(error: unknown, module: string): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const places = error.stack.split('\n').flatMap((line) => {
    const [, url = '', at, column] = frame.exec(line) ?? []
    return url === '' ? [] : [{ url, place: `${fileOf(url)}:${at}:${column}` }]
  })
  const isUsers = (url: string): boolean => !url.startsWith(own) && (url === module || !url.includes('/node_modules/'))
  return places.find(({ url }) => isUsers(url))?.place
}
