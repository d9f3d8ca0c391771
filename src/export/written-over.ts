import { statSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * What is wrong with outputs that would be written over one another, or over what is read: `--html: expected another file than …`.
 * @param outputs files by what asks for them, relative to the current directory; `undefined` where it does not
 */
export function writtenOver(
  outputs: Readonly<Record<string, string | undefined>>,
  read: readonly string[] = [],
): string[] {
  const owners = new Map(read.map((file) => [resolve(file), 'what is read']))
  return Object.entries(outputs).flatMap(([name, file]) => {
    if (file === undefined) return []
    const owner = owners.get(resolve(file))
    owners.set(resolve(file), name)
    return owner === undefined || isDevice(file) ? [] : [`${name}: expected another file than ${owner}, got ${file}`]
  })
}

/** Something like `/dev/stdout` or `/dev/null`, which takes all that is written. */
function isDevice(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === false
}
