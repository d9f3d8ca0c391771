import { readFileSync } from 'node:fs'

/** Whether the text of a file names what floods; that of one that is on no disk does not. */
export function namesFloods(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('wsLoad')
  } catch {
    return false
  }
}
