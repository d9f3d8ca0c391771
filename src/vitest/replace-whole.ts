import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Readers see the former file or the whole new one. What lies at either name already, a link say, is not written to. */
export function replaceWhole(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}.new`
  try {
    writeFileSync(beside, text, { flag: 'wx' })
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
