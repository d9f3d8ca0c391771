import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** The packages that a module loads, by itself or by what it imports. */
async function packagesLoadedBy(module: string): Promise<string[]> {
  const program = `import { registerHooks } from 'node:module'
    const packages = new Set()
    registerHooks({ resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(resolved.url) ?? []
      if (name !== undefined) packages.add(name)
      return resolved
    } })
    await import('${module}')
    console.log(JSON.stringify([...packages].sort()))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  return JSON.parse(stdout) as string[]
}

// Each flood starts its threads anew, which load what they need anew.
test('a load thread loads no library that only the process with the results needs', async () => {
  const thread = join(import.meta.dirname, '../../src/generator/thread.ts')
  expect(await packagesLoadedBy(thread)).toEqual(['fastest-levenshtein', 'ws'])
})
