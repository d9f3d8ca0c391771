import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceWhole } from './replace-whole.ts'

/**
 * Writes a file that a user has named, whole, and the folders that it is in. A link or a device is written through, and stays.
 * @throws {Error} of the file system
 */
export function writeOutput(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  if (kindOf(file) === 'other' || !isReplaced(file, text)) writeFileSync(file, text)
}

/** Nothing can be put beside or in the place of one that is mounted, say, or in a folder of somebody else. */
function isReplaced(file: string, text: string): boolean {
  try {
    replaceWhole(file, text)
    return true
  } catch {
    return false
  }
}

/**
 * Removes what was written there before, if anything was; a link or a device stays.
 * @throws {Error} of the file system
 */
export function removeOutput(file: string): void {
  if (kindOf(file) === 'file') rmSync(file, { force: true })
}

function kindOf(file: string): 'file' | 'nothing' | 'other' {
  try {
    return lstatSync(file).isFile() ? 'file' : 'other'
  } catch {
    return 'nothing'
  }
}
