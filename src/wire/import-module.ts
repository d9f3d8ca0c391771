import { UnusableProbe } from './unusable-probe.ts'

/** A module that a probe names, by its exports. */
export type ModuleExports = Readonly<Record<string, unknown>>

const isTypeScript = /\.[cm]?ts$/

/**
 * Imports a module that a probe names.
 * @param url of a file
 * @param option that names it
 * @throws {UnusableProbe} if Node cannot import it
 */
export async function importModule(url: string, option: string): Promise<ModuleExports> {
  try {
    return (await import(url)) as ModuleExports
  } catch (error) {
    throw new UnusableProbe([`${option}: ${whyNotImported(url, error)}`], { cause: error })
  }
}

function whyNotImported(url: string, error: unknown): string {
  const strips = (process.features as { typescript?: unknown }).typescript
  if (isTypeScript.test(url) && (error as { code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    const cure = 'take Node 22.18, 24 or later without --no-strip-types, or name a module in JavaScript'
    if (strips === false || strips === undefined) {
      return `expected a Node that runs TypeScript, got ${process.version}, which does not run ${fileOf(url)}; ${cure}`
    }
  }
  const words = String(error).replace(/ imported from \S*import-module\.[jt]s$/, '')
  return `expected a module that can be imported, got "${words}" for ${url}`
}

/** The name of a file, without its directory. */
export function fileOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1)!)
}
