import { execFileSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { inject } from 'vitest'
import { WsLoadError } from '../errors.ts'
import { printable } from '../printable.ts'
import { isListed, processNamespace, readStat } from '../system/process-table.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What this run of Vitest is known by on this machine. */
    wsLoadRun: string
  }
}

/** A test that keeps a baseline. */
export interface BaselineWriter {
  /** The same at each attempt, of no other test of the run. */
  readonly id: string
  /** Its file and its name. */
  readonly title: string
  /** Which attempt, from 1. */
  readonly attempt: number
}

/** What this worker has written: by whom, and what. */
const written = new Map<string, BaselineWriter & { readonly found: object }>()
const prefix = 'ws-load-run-'

/**
 * Notes that a test writes a baseline, for all workers of the run. The same test may write it once each attempt.
 * @throws {WsLoadError} `WSLOAD_ERR_BASELINE_TAKEN`
 */
export function noteWriter(file: string, writer: BaselineWriter, found: object): void {
  const path = resolve(file)
  const before = written.get(path)
  if (before?.id === writer.id && before.attempt === writer.attempt && before.found !== found) {
    throw taken(file, before, writer)
  }
  const first = firstWriter(path, writer)
  if (first.id !== writer.id) throw taken(file, first, writer)
  written.set(path, { ...writer, found })
}

/** A run's name on this machine, for what its workers note. */
export function runName(process: number, distinction: string): string {
  return `${process}-${processNamespace()}-${distinction}`
}

/** Forgets all writers of a run. */
export function forgetWriters(run: string): void {
  rmSync(directoryOf(run), { recursive: true, force: true })
}

/** Who wrote a baseline first in this run: this writer, if nobody did before. Of several at the same time one is first. */
function firstWriter(path: string, writer: BaselineWriter): Pick<BaselineWriter, 'id' | 'title'> {
  const run = currentRun()
  if (run === undefined) return writer
  const directory = directoryOf(run)
  if (!makeOwn(directory)) return writer
  forgetEndedRuns()
  const note = join(directory, createHash('sha256').update(path).digest('hex'))
  const own = `${note}.${randomUUID()}`
  writeFileSync(own, JSON.stringify({ id: writer.id, title: writer.title }), { flag: 'wx' })
  try {
    linkSync(own, note)
    return writer
  } catch (error) {
    // A file system without links cannot tell who was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return writer
    return JSON.parse(readFileSync(note, 'utf8')) as BaselineWriter
  } finally {
    rmSync(own)
  }
}

/**
 * Makes a directory, if it is not there yet. It is no use, and `false`, where another user has put one, or a link, at its
 * name.
 */
function makeOwn(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const stats = lstatSync(directory)
    return stats.isDirectory() && stats.uid === process.getuid?.()
  } catch {
    return false
  }
}

/**
 * What the run is known by on this machine. The plugin names it. Without it a run is its main process; one that watches
 * files is many runs, which nobody tells apart.
 */
export function currentRun(): string | undefined {
  const named = inject('wsLoadRun')
  if (named !== undefined || process.env['VITEST_MODE'] === 'WATCH') return named
  const main = isMainThread ? process.ppid : process.pid
  return runName(main, startOf(main))
}

function directoryOf(run: string): string {
  return join(tmpdir(), `${prefix}${run}`)
}

/** A run without the plugin, or one that was killed, leaves its notes behind. */
function forgetEndedRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const { main, processes } = new RegExp(`^${prefix}(?<main>\\d+)-(?<processes>\\d+)-`).exec(name)?.groups ?? {}
    // Of a container that shares the directory nobody knows whether its run has ended.
    if (processes !== processNamespace() || isListed(Number(main))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // It is another user's.
    }
  }
}

/** When a process began, in no unit: a later one that is given the same number began at another time. */
function startOf(pid: number): string {
  const fieldAfterName = 19
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).replaceAll(/\W+/g, '-')
    }
    return readStat(pid)[fieldAfterName] ?? ''
  } catch {
    return ''
  }
}

function taken(file: string, first: Pick<BaselineWriter, 'id' | 'title'>, { id, title }: BaselineWriter): WsLoadError {
  const name = basename(file, '.json')
  const [by, other] = [first.title, title].map((text) => `"${printable(text)}"`)
  const who =
    first.id === id ? `${by}, which would overwrite it with another run` : `${by}; ${other} would overwrite it`
  return new WsLoadError(
    'WSLOAD_ERR_BASELINE_TAKEN',
    `toMatchBaseline: the baseline "${name}" was written in this run of Vitest already, by ${who}; give each its own name`,
  )
}
