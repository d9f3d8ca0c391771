import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedFiles, rooms } from '../../rooms.ts'

interface Report {
  readonly diagnostics: readonly {
    readonly code: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/** A file of each room, and what it imports, a line each. */
interface Trial {
  readonly room: string
  readonly file: string
  readonly statements: readonly string[]
  readonly refused: readonly string[]
}

const names = Object.keys(rooms)
const files = Object.keys(sharedFiles)
/** What is exported: with Vitest, without it, and what is the same. */
const entries = ['index', 'engine', 'public']
const runner = ['vitest', 'vitest/node', '@vitest/runner', 'vitest-ws-load', 'vitest-ws-load/plugin']
const node = ['node:util', 'node:fs/promises']
const rule = 'eslint(no-restricted-imports)'
let directory: string
let trials: readonly Trial[]
let complaints: ReadonlySet<string>

beforeAll(async () => {
  trials = [...names, ...files, ...entries].map(trialOf)
  directory = await mkdtemp(join(tmpdir(), 'direction-'))
  await Promise.all([
    ...trials.map(({ file, statements }) => put(file, statements.join('\n'))),
    put('src/run/two.ts', "import './three.ts'"),
    put('src/run/three.ts', "import './two.ts'"),
    put('test/slo/one.test.ts', "import 'vitest'\nimport '../../src/vitest/fixture.ts'"),
    put('package.json', '{ "type": "module" }'),
    put('oxlint.config.ts', await untypedConfig()),
    cp('rooms.ts', join(directory, 'rooms.ts')),
    symlink(resolve('node_modules'), join(directory, 'node_modules'), 'junction'),
  ])
  complaints = await lint()
})

afterAll(() => rm(directory, { recursive: true, force: true }))

test('every room of src is in the table', async () => {
  const found = (await readdir('src')).map((entry) => parse(entry).name)
  expect(found.toSorted()).toEqual([...names, ...files, ...entries].toSorted())
})

test('the table has no cycle', () => {
  const reaches = (from: string, to: string): boolean =>
    rooms[from]!.imports.some((room) => room === to || reaches(room, to))
  expect(names.filter((name) => reaches(name, name))).toEqual([])
})

test.for([
  ['a result is judged and printed without a socket', ['slo', 'gate', 'report', 'page', 'summary'], ['run', 'wire']],
  ['a load thread knows neither options nor verdicts', ['generator', 'wire'], ['options', 'slo', 'gate', 'run']],
  ['nobody imports the two ends', names, ['cli', 'vitest']],
] as const)('%s', ([, from, to]) => {
  expect(from.flatMap((name) => to.filter((other) => rooms[name]!.imports.includes(other)))).toEqual([])
})

describe('the linter', () => {
  test.for([...names, ...files, ...entries])('refuses what %s may not import, and nothing else', (name) => {
    const { file, statements, refused } = trials.find(({ room }) => room === name)!
    expect(statements.filter((_, at) => complaints.has(`${file}:${at + 1} ${rule}`))).toEqual(refused)
  })

  test('leaves tests alone', () => {
    expect([...complaints].filter((complaint) => complaint.startsWith('test/') && complaint.endsWith(rule))).toEqual([])
  })

  test('refuses a cycle within a room', () => {
    expect(complaints).toContain('src/run/two.ts:1 import(no-cycle)')
  })
})

test('ARCHITECTURE.md shows the table', async () => {
  const text = await readFile('ARCHITECTURE.md', 'utf8')
  const rows = [...text.matchAll(/^\| `src\/(\S+)` +\| (.+?) +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells)
  expect(rows).toEqual([
    ...Object.entries(rooms).map(([name, { holds, imports }]) => [`${name}/`, holds, imports.join(', ') || '–']),
    ...Object.entries(sharedFiles).map(([name, holds]) => [`${name}.ts`, holds, '–']),
  ])
})

/** Every way to import, under names that are all different. */
function everyForm(from: string): string[] {
  const name = from.replaceAll(/\W/g, '_')
  return [
    `import '${from}'`,
    `import type { A${name} } from '${from}'`,
    `export { b${name} } from '${from}'`,
    `await import('${from}')`,
  ]
}

/** Everything that a room could import, and of that what it may not. */
function trialOf(room: string): Trial {
  const up = room in rooms ? '..' : '.'
  const paths = [...names.map((name) => `${name}/one.ts`), ...files.map((name) => `${name}.ts`), 'index.ts']
  const others = paths.filter((path) => !path.startsWith(`${room}/`) && path !== `${room}.ts`)
  const outside = ['..', '../../package.json']
  const statements = [
    ...others.flatMap((path) => everyForm(`${up}/${path}`)),
    ...[...outside, ...runner, ...node, 'valibot'].map((from) => `import '${from}'`),
  ]
  const refused = [
    ...others.filter((path) => !mayImport(room, path)).flatMap((path) => everyForm(`${up}/${path}`)),
    ...(entries.includes(room) ? [] : outside),
    ...(room === 'vitest' ? [] : runner),
    ...(entries.includes(room) || rooms[room]?.needsNode === true ? [] : node),
  ].map((from) => (from.includes("'") ? from : `import '${from}'`))
  return { room, file: room in rooms ? `src/${room}/one.ts` : `src/${room}.ts`, statements, refused }
}

function mayImport(room: string, path: string): boolean {
  const other = path.replace(/\/.*|\.ts$/, '')
  if (room === 'index') return other !== 'cli'
  if (entries.includes(room)) return other !== 'cli' && other !== 'vitest' && other !== 'index'
  return other in sharedFiles || (rooms[room]?.imports.includes(other) ?? false)
}

async function put(file: string, text: string): Promise<void> {
  const place = join(directory, file)
  await mkdir(dirname(place), { recursive: true })
  await writeFile(place, text)
}

/** The project's own configuration, less what needs types. */
async function untypedConfig(): Promise<string> {
  const config = await readFile('oxlint.config.ts', 'utf8')
  return config.replace('typeAware: true', 'typeAware: false')
}

/** Every complaint as `file:line rule`. */
async function lint(): Promise<ReadonlySet<string>> {
  const oxlint = resolve('node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [oxlint, '--format=json', 'src', 'test'],
      { cwd: directory, maxBuffer: 2 ** 26 },
      (_, stdout) => resolve(stdout),
    )
  })
  const { diagnostics } = JSON.parse(output) as Report
  return new Set(
    diagnostics.flatMap(({ code, filename, labels }) => labels.map(({ span }) => `${filename}:${span.line} ${code}`)),
  )
}
