/**
 * How much does a `wsLoad` of 64 connections add beyond the duration it was asked for?
 *
 * Unit: milliseconds of wall time, in a real run of Vitest on a project that has the built package installed; the first
 * call of a test file and the later ones apart. Control: `vitest run` on an empty test, whole command against whole
 * command. In alternating rounds; the table shows medians over rounds and their range.
 *
 * Run: npm run build && node bench/start-up.ts [--rounds 5]
 */
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { count, median, printTable } from './control/figures.ts'
import { serverKind, startEchoServer } from './control/server.ts'

interface Run {
  /** What each call added, in the order of the calls; empty for the control. */
  readonly added: readonly number[]
  /** What the whole command took beyond the asked durations. */
  readonly command: number
}

const repository = join(import.meta.dirname, '..')
const duration = 500
const calls = 5
const connections = 64

const floods = `
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'

const { url, added: file } = JSON.parse(process.env.START_UP)

test('floods', { timeout: 60_000 }, async () => {
  const added = []
  for (let nth = 0; nth < ${calls}; nth++) {
    const started = performance.now()
    await wsLoad({ ...(url && { url }), connections: ${connections}, duration: ${duration}, warmup: 0 })
    added.push(performance.now() - started - ${duration})
  }
  writeFileSync(file, JSON.stringify(added))
})`

const nothing = `
import { test } from 'vitest'
test('does nothing', () => {})`

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)

using directory = mkdtempDisposableSync(join(tmpdir(), 'ws-load-bench-'))
install(join(directory.path, 'node_modules'))
const flooding = project('flooding', floods)
const empty = project('empty', nothing)

const runs: Record<'served' | 'embedded' | 'control', Run[]> = { served: [], embedded: [], control: [] }
for (let round = 0; round < rounds; round++) {
  const server = await startEchoServer()
  runs.served.push(await flood(server.url).finally(() => server.stop()))
  runs.embedded.push(await flood())
  runs.control.push({ added: [], command: await vitest(empty) })
}

printTable(
  'Start-up',
  `Milliseconds beyond the asked ${calls} × ${duration} ms, ${connections} connections, ${rounds} rounds; ` +
    `echo server: ${serverKind}; ${availableParallelism()} cores; Node ${process.version}`,
  [
    row('`url` of a running server', runs.served),
    row('embedded server', runs.embedded),
    row('control: an empty test', runs.control),
  ],
)

/** A user's `node_modules`: the package as it is published, and the repository's other packages. */
function install(modules: string): void {
  const ours = join(modules, 'vitest-ws-load')
  mkdirSync(ours, { recursive: true })
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  }
  for (const name of ['package.json', 'dist']) cpSync(join(repository, name), join(ours, name), { recursive: true })
}

function project(name: string, test: string): string {
  const path = join(directory.path, name)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(path, 'start-up.test.js'), test)
  return path
}

async function flood(url?: string): Promise<Run> {
  const file = join(directory.path, 'added.json')
  const whole = await vitest(flooding, { START_UP: JSON.stringify({ url, added: file }) })
  return { added: JSON.parse(readFileSync(file, 'utf8')) as number[], command: whole - calls * duration }
}

/** Wall time of `vitest run` on a project. */
async function vitest(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
  const program = join(directory.path, 'node_modules/vitest/vitest.mjs')
  const started = performance.now()
  await promisify(execFile)(process.execPath, [program, 'run'], { cwd, env: { ...process.env, ...env } })
  return performance.now() - started
}

function row(name: string, runs: readonly Run[]): Record<string, string> {
  const floods = runs.filter(({ added }) => added.length > 0)
  return {
    '': name,
    'first call': spread(floods.map(({ added }) => added[0]!)),
    'later calls': spread(floods.map(({ added }) => median(added.slice(1)))),
    'whole `vitest run`': spread(runs.map(({ command }) => command)),
  }
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '–'
  return `${count(median(values))} (${count(Math.min(...values))} … ${count(Math.max(...values))})`
}
