import { readFileSync } from 'node:fs'

/** The text of a file of the system; empty where there is none, or where this user may not read it. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
