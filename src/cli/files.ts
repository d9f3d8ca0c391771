import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { writtenOver } from '../export/written-over.ts'

/** Files that flags ask for, by flag; `undefined` where one does not. */
export type FilesByFlag = Readonly<Record<string, string | undefined>>

/**
 * What will keep files from being written: said before a run, whose result would be lost.
 * @param read files that are read for it
 */
export function mistakesInFiles(files: FilesByFlag, read: readonly string[] = []): string[] {
  const obstructed = given(files).flatMap(([flag, file]) => {
    const obstacle = obstacleTo(file)
    return obstacle === undefined ? [] : [`${flag}: expected a file that can be written, got ${file}: ${obstacle}`]
  })
  return [...obstructed, ...writtenOver(files, read)]
}

/**
 * Writes each file; one that cannot be written does not keep the others from it.
 * @param texts what to write, by flag
 * @returns why, of those that could not
 */
export function writeFiles(files: FilesByFlag, texts: Readonly<Record<string, () => string>>): string[] {
  return given(files).flatMap(([flag, file]) => {
    try {
      writeFileSync(file, texts[flag]!())
      return []
    } catch (error) {
      return [`${flag}: ${(error as Error).message}`]
    }
  })
}

function given(files: FilesByFlag): [flag: string, file: string][] {
  return Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)
}

function obstacleTo(file: string): string | undefined {
  const path = resolve(file)
  const folder = dirname(path)
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory()) return 'it is a directory'
    if (stats === undefined && !statSync(folder).isDirectory()) return `${folder} is no directory`
    accessSync(stats === undefined ? folder : path, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
