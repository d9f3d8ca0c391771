import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Room {
  readonly file: string
  readonly refuses: readonly string[]
  readonly allows: readonly string[]
}

interface Report {
  readonly diagnostics: readonly {
    readonly code: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

const runner = ['vitest', 'vitest/node', '@vitest/runner', 'vitest-ws-load', 'vitest-ws-load/plugin']
const upper = ['../vitest/fixture.ts', '../cli/main.ts', '../index.ts', '..', './../index.ts', '../../package.json']

const rooms: readonly Room[] = [
  ...['src/errors.ts', 'src/mistakes.ts', 'src/units.ts'].map((file) => ({
    file,
    refuses: [...runner, './index.ts', './stats/histogram.ts', './slo/evaluate.ts', 'node:util', 'node:fs/promises'],
    allows: ['fastest-levenshtein'],
  })),
  {
    file: 'src/index.ts',
    refuses: [...runner, './cli/main.ts'],
    allows: ['./vitest/fixture.ts', './load/run.ts', './errors.ts'],
  },
  {
    file: 'src/stats/one.ts',
    refuses: [
      ...runner,
      ...upper,
      '../slo/objective.ts',
      '../report/text.ts',
      '../wire/frames.ts',
      '../load/run.ts',
      '../target/command.ts',
      'node:util',
      'node:fs/promises',
      "import type { A } from '../slo/objective.ts'",
      "export { a } from '../wire/frames.ts'",
      "await import('../load/run.ts')",
    ],
    allows: ['./histogram.ts', '../errors.ts', '../mistakes.ts', '../units.ts', 'hdr-histogram-js'],
  },
  {
    file: 'src/slo/one.ts',
    refuses: [
      ...runner,
      ...upper,
      '../report/text.ts',
      '../wire/frames.ts',
      '../load/run.ts',
      '../target/command.ts',
      'node:util',
    ],
    allows: ['./objective.ts', '../stats/result.ts', '../errors.ts', '../mistakes.ts', '../units.ts'],
  },
  {
    file: 'src/gate/one.ts',
    refuses: [
      ...runner,
      ...upper,
      '../report/text.ts',
      '../wire/frames.ts',
      '../load/run.ts',
      '../target/command.ts',
      'node:util',
    ],
    allows: ['./tolerance.ts', '../slo/evaluate.ts', '../stats/result.ts', '../errors.ts', '../units.ts'],
  },
  {
    file: 'src/report/one.ts',
    refuses: [...runner, ...upper, '../wire/frames.ts', '../load/run.ts', '../target/command.ts', 'node:util'],
    allows: ['./text.ts', '../slo/printable.ts', '../gate/comparison.ts', '../stats/result.ts', '../units.ts'],
  },
  {
    file: 'src/wire/one.ts',
    refuses: [
      ...runner,
      ...upper,
      '../stats/histogram.ts',
      '../slo/objective.ts',
      '../report/text.ts',
      '../load/run.ts',
      '../target/command.ts',
    ],
    allows: ['./frames.ts', '../errors.ts', '../mistakes.ts', '../units.ts', 'node:buffer'],
  },
  {
    file: 'src/load/one.ts',
    refuses: [...runner, ...upper, '../report/text.ts', '../target/command.ts'],
    allows: [
      './plan.ts',
      '../stats/histogram.ts',
      '../slo/objective.ts',
      '../wire/frames.ts',
      '../errors.ts',
      '../units.ts',
      'node:net',
      'ws',
    ],
  },
  {
    file: 'src/load/run.ts',
    refuses: [...runner, ...upper, '../report/text.ts'],
    allows: [
      './plan.ts',
      '../stats/histogram.ts',
      '../slo/objective.ts',
      '../wire/frames.ts',
      '../target/command.ts',
      '../errors.ts',
      'node:net',
    ],
  },
  {
    file: 'src/target/one.ts',
    refuses: [
      ...runner,
      ...upper,
      '../stats/histogram.ts',
      '../slo/objective.ts',
      '../report/text.ts',
      '../wire/frames.ts',
      '../load/run.ts',
    ],
    allows: ['./command.ts', '../errors.ts', '../mistakes.ts', '../units.ts', 'node:child_process', 'ws'],
  },
  {
    file: 'src/vitest/one.ts',
    refuses: ['../cli/main.ts', '../index.ts'],
    allows: ['vitest', 'vitest/node', './matchers.ts', '../load/run.ts', '../slo/evaluate.ts', '../target/command.ts'],
  },
  {
    file: 'src/cli/one.ts',
    refuses: [...runner, '../vitest/fixture.ts', '../index.ts'],
    allows: ['./main.ts', '../load/run.ts', '../report/text.ts', 'node:process'],
  },
  {
    file: 'test/slo/one.test.ts',
    refuses: [],
    allows: ['vitest', 'vitest-ws-load', '../../src/vitest/fixture.ts', '../../src/load/run.ts'],
  },
]

const rule = 'eslint(no-restricted-imports)'
let directory: string
let complaints: ReadonlySet<string>

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'direction-'))
  await Promise.all([
    ...rooms.map(({ file, refuses, allows }) => put(file, [...refuses, ...allows].map(statement).join('\n'))),
    put('src/load/two.ts', "export { a } from './three.ts'"),
    put('src/load/three.ts', "export { b as a } from './two.ts'"),
    put('.oxlintrc.json', await untypedConfig()),
  ])
  complaints = await lint()
})

afterAll(() => rm(directory, { recursive: true, force: true }))

test.for(rooms)('keeps the import directions of $file', ({ file, refuses, allows }) => {
  const refused = [...refuses, ...allows].filter((_, index) => complaints.has(`${file}:${index + 1} ${rule}`))
  expect(refused).toEqual(refuses)
})

test('refuses a cycle within a room', () => {
  expect(complaints).toContain('src/load/two.ts:1 import(no-cycle)')
})

function statement(text: string): string {
  return text.includes("'") ? text : `import '${text}'`
}

async function put(file: string, text: string): Promise<void> {
  const place = path.join(directory, file)
  await mkdir(path.dirname(place), { recursive: true })
  await writeFile(place, text)
}

/** The project's own configuration, less what needs types. */
async function untypedConfig(): Promise<string> {
  const config = JSON.parse(await readFile('.oxlintrc.json', 'utf8')) as object
  return JSON.stringify({ ...config, options: {} })
}

/** Every complaint as `file:line rule`. */
async function lint(): Promise<ReadonlySet<string>> {
  const oxlint = path.resolve('node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [oxlint, '--format=json'], { cwd: directory, maxBuffer: 2 ** 26 }, (_, stdout) =>
      resolve(stdout),
    )
  })
  const { diagnostics } = JSON.parse(output) as Report
  return new Set(
    diagnostics.flatMap(({ code, filename, labels }) => labels.map(({ span }) => `${filename}:${span.line} ${code}`)),
  )
}
