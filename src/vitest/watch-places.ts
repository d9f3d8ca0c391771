import { sep } from 'node:path'
import type { Vitest } from 'vitest/node'
import type { ServerFiles } from '../server/server-files.ts'

/** Has Vite's watcher look at a server's files too; what is below the root, it watches anyway. */
export function watchPlaces({ vite, config: { root } }: Vitest, { places }: ServerFiles): void {
  const beyond = places.filter((place) => place !== root && !place.startsWith(`${root}${sep}`))
  if (beyond.length > 0) vite.watcher.add(beyond)
}
