import { expect, test } from 'vitest'
import { addFlood } from '../../src/cli/flood.ts'
import { Command } from 'commander'
import { errorCodes } from '../../src/errors.ts'
import { page } from './support/documents.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../e2e/support/consumer.ts'

test('the table of errors has every code', () => {
  expect(firstCells('docs/errors.md', 'code')).toEqual(errorCodes)
})

test('the table of options has every option', () => {
  expect(firstCells('docs/options.md', 'option').toSorted()).toEqual(
    fieldsOf('WsLoadOptions', 'src/options/options.ts'),
  )
})

test('the table of TLS has every option of it', () => {
  expect(firstCells('docs/protocols.md', '`tls.…`').toSorted()).toEqual(fieldsOf('TlsOptions', 'src/options/tls.ts'))
})

test('the table of the plugin and that of a target have every option', () => {
  const { prose } = page('docs/options.md')
  for (const [name, file] of [
    ['WsLoadPluginOptions', 'src/vitest/plugin.ts'],
    ['TargetOptions', 'src/options/target.ts'],
  ] as const) {
    expect(fieldsOf(name, file).filter((field) => !new RegExp(`^\\| \`${field}\` `, 'm').test(prose))).toEqual([])
  }
})

test('the table of a summary has every field', () => {
  const fields = fieldsOf('LoadResult', 'src/result/load-result.ts')
  expect(firstCells('docs/summary.md', '`summary.…`').toSorted()).toEqual(fields)
})

test('the table of flags has every flag, each with an option that exists', () => {
  const rows = page('docs/command-line.md').table('flag')
  const program = addFlood(new Command())
  const flags = program.options.map(({ long }) => long!)
  const documented = page('docs/command-line.md').prose
  expect(flags.filter((flag) => !new RegExp(`\`${flag}(?=[ \`])`).test(documented))).toEqual([])
  const known = new Set(flags)
  const named = rows.flatMap(([cell]) => [...cell!.matchAll(/--[\w-]+/g)].map(([flag]) => flag))
  expect(named.filter((flag) => !known.has(flag))).toEqual([])
  const options = new Set(fieldsOf('WsLoadOptions', 'src/options/options.ts'))
  const meant = rows.flatMap(([, cell]) => /^`(\w+)`/.exec(cell!)?.[1] ?? [])
  expect(meant.filter((option) => !options.has(option))).toEqual([])
})

/** Names in the first column of a table. */
function firstCells(path: string, header: string): string[] {
  return page(path)
    .table(header)
    .flatMap(([cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
}

/** Fields of an interface, in alphabetical order. */
function fieldsOf(name: string, file: string): string[] {
  const source = readFileSync(join(repository, file), 'utf8')
  const [, body = ''] = new RegExp(`^export interface ${name} \\{\n([\\s\\S]*?)^\\}`, 'm').exec(source) ?? []
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field!).toSorted()
}
