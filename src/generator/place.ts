import { fileOf } from '../wire/import-module.ts'

/** Files of this package: where it calls what a user wrote. */
const own = new URL('..', import.meta.url).href
const frame = /(file:\/\/[^\s()]+):(\d+):(\d+)\)?$/

/**
 * Where in a user's code an error came from: `chat.protocol.ts:9:13`; in a module of this package, if the stack has nobody
 * else's. `undefined` if it tells neither.
 * @param module URL of a file
 */
export function placeOf(error: unknown, module: string): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const places = error.stack.split('\n').flatMap((line) => {
    const [, url = '', at, column] = frame.exec(line) ?? []
    return url === '' ? [] : [{ url, place: `${fileOf(url)}:${at}:${column}` }]
  })
  const isUsers = (url: string): boolean => url === module || !(url.startsWith(own) || url.includes('/node_modules/'))
  return places.find(({ url }) => isUsers(url))?.place
}
