import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceWhole } from './replace-whole.ts'

/**
 * Writes a file that a user has named, whole, and the folders that it is in. A link or a device is written through, and stays.
 * @throws {Error} of the file system
 */
export function writeOutput(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  if (kindOf(file) === 'other') writeFileSync(file, text)
  else replaceWhole(file, text)
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
