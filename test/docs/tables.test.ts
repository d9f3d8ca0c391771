import { expect, test } from 'vitest'
import { addFlood } from '../../src/cli/flood.ts'
import { Command } from 'commander'
import { errorCodes } from '../../src/errors.ts'
import { documents, page } from './support/documents.ts'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
    ['WsLoadPluginOptions', 'src/vitest/plugin-options.ts'],
    ['TargetOptions', 'src/options/target.ts'],
  ] as const) {
    expect(fieldsOf(name, file).filter((field) => !new RegExp(`^\\| \`${field}\` `, 'm').test(prose))).toEqual([])
  }
})

test.each([
  ['socket-io', 'SocketIOOptions'],
  ['graphql-ws', 'GraphQLWSOptions'],
  ['json-rpc', 'JsonRPCOptions'],
  ['mqtt', 'MqttOptions'],
  ['stomp', 'StompOptions'],
])('the table of docs/protocols/%s.md has every option', (name, options) => {
  const fields = fieldsOf(options, `src/protocols/${name}.ts`)
  expect(fields.length).toBeGreaterThan(1)
  expect(firstCells(`docs/protocols/${name}.md`, 'option').toSorted()).toEqual(fields)
})

/** What a subscription has of its page's first table. */
const ofOperation = fieldsOf('GraphQLOperation', 'src/protocols/graphql-operation.ts')

test.each([
  ['socket-io', 'SocketIOConnection', 'rooms', 'socket-io-room', 'SocketIORoomOptions'],
  ['mqtt', 'MqttConnection', 'topics', 'mqtt-topic', 'MqttTopicOptions'],
  ['stomp', 'StompConnection', 'topics', 'stomp-topic', 'StompTopicOptions'],
  ['graphql-ws', 'GraphQLWSConnection', 'subscriptions', 'graphql-ws-subscription', 'GraphQLWSSubscriptionOptions'],
])('the second table of docs/protocols/%s.md has every option of its own', (name, connection, what, file, options) => {
  const shared = new Set(fieldsOf(connection, `src/protocols/${name}-connection.ts`))
  const own = fieldsOf(options, `src/protocols/${file}.ts`).filter((field) => !shared.has(field))
  expect(own.length).toBeGreaterThan(0)
  expect(firstCells(`docs/protocols/${name}.md`, `option of ${what}`).toSorted()).toEqual(
    own.filter((field) => !ofOperation.includes(field)),
  )
})

test('the table of docs/fan-out.md has every option of its own', () => {
  const prose = page('docs/fan-out.md').prose
  const fields = fieldsOf('FanOutOptions', 'src/options/fan-out.ts')
  expect(fields.length).toBeGreaterThan(3)
  expect(fields.filter((field) => !new RegExp(`^\\| \`${field}\` `, 'm').test(prose))).toEqual([])
})

test('the tables of docs/capacity.md have every option of its own, and every figure', () => {
  const prose = page('docs/capacity.md').prose
  const own = ['slo', 'over', 'from', 'to', 'precision', 'ratePerConnection', 'maxDuration']
  const inherited = new Set(fieldsOf('WsLoadOptions', 'src/options/options.ts'))
  const fields = fieldsOf('CapacityOptions', 'src/options/capacity.ts').filter((field) => !inherited.has(field))
  expect(fields).toEqual(own.filter((field) => field !== 'maxDuration').toSorted())
  const shown = [...own, 'rate', 'connections', 'low', 'high', 'limitedBy', 'reasons', 'steps']
  expect(shown.filter((field) => !new RegExp(`^\\| \`${field}\` `, 'm').test(prose))).toEqual([])
})

test('the table of a summary has every field', () => {
  const fields = fieldsOf('LoadResult', 'src/result/load-result.ts')
  expect(firstCells('docs/summary.md', '`summary.…`').toSorted()).toEqual(fields)
})

test('the table of flags has every flag, each with an option that exists', () => {
  const rows = ['flag', 'flag of a load'].flatMap((header) => page('docs/command-line.md').table(header))
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

test('the table of faults has every code of our own, and no document another one', () => {
  const own = new Set(
    globSync('src/generator/*.ts', { cwd: repository }).flatMap((file) =>
      [...readFileSync(join(repository, file), 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code]) => code!),
    ),
  )
  const codes = firstCells('docs/summary.md', 'codes')
  const ofOthers = /^(?:E[A-Z]+|HTTP_\d+|CLOSE_\d+|WS_ERR_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT)$/
  expect(codes.filter((code) => !ofOthers.test(code)).toSorted()).toEqual([...own].toSorted())
  const kinds = new Set(['PING', ...[...own].map((code) => code.split('_')[0]!)])
  const named = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\b([A-Z]+)_[A-Z_]+\b/g)].map(([code, kind]) => ({ path, code, kind: kind! })),
  )
  expect(named.filter(({ code, kind }) => kinds.has(kind) && !own.has(code))).toEqual([])
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
  const declaration = `^export interface ${name}(?: extends ([^{]*))? \\{(?:\n([\\s\\S]*?)^)?\\}`
  const [, bases = '', body = ''] = new RegExp(declaration, 'm').exec(source) ?? []
  const own = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field!)
  const inherited = bases.replaceAll(/<[^>]*>/g, '').matchAll(/\w+/g)
  return [...own, ...[...inherited].flatMap(([base]) => fieldsOfImported(base, source, file))].toSorted()
}

function fieldsOfImported(name: string, source: string, file: string): string[] {
  const [, from] = new RegExp(`\\b${name}\\b[^']*'\\.(/[\\w-]+\\.ts)'`).exec(source) ?? []
  return from === undefined ? [] : fieldsOf(name, join(dirname(file), from))
}
