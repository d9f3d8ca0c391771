import { type Stats, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import type { ResolvedTarget } from '../options/target.ts'

/** The files that a server is made of. */
export interface ServerFiles {
  /** Files and folders that hold all of them: what a watcher of files has to look at. */
  readonly places: readonly string[]
  /** Whether a file, by its absolute path, is one of them. */
  has(file: string): boolean
}

interface Pattern {
  readonly place: string
  readonly has: (file: string) => boolean
}

/** What tells the files of a server. */
export type ServerSource = Pick<ResolvedTarget, 'command' | 'cwd' | 'watch'>

/** As the target's `watch` says, or else those that its command names and that exist. */
export function serverFilesOf({ command, cwd = '', watch }: ServerSource): ServerFiles {
  const directory = resolve(cwd)
  const given = watch ?? filesNamedIn(command, directory)
  const isException = (pattern: string): boolean => pattern.startsWith('!') && !exists(resolve(directory, pattern))
  const included = given.filter((pattern) => !isException(pattern)).map((pattern) => read(pattern, directory))
  const excluded = given.filter(isException).map((pattern) => read(pattern.slice(1), directory))
  return {
    places: included.map(({ place }) => place),
    has: (file) => included.some((pattern) => pattern.has(file)) && !excluded.some((pattern) => pattern.has(file)),
  }
}

/** A path that exists is no glob, whatever characters are in it. */
function read(pattern: string, directory: string): Pattern {
  const { base, glob } = picomatch.scan(pattern)
  const path = resolve(directory, pattern)
  if (glob === '' || exists(path)) {
    return { place: path, has: (file) => file === path || file.startsWith(join(path, sep)) }
  }
  const place = resolve(directory, base)
  const matches = picomatch(glob, { dot: true })
  return { place, has: (file) => file.startsWith(join(place, sep)) && matches(toSlashes(relative(place, file))) }
}

/** A word of a shell command: without spaces and operators but those that are quoted. */
const word = /(?:[^\s"'\\;&|()<>]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g

/**
 * Words, and what stands behind the `=` of one. Where an absolute path leads out of the directory, it is that of a program such as
 * `/usr/bin/node`, which is no part of the server.
 */
function filesNamedIn(command: string, directory: string): string[] {
  const words = (command.match(word) ?? []).map(unquote)
  const names = words.flatMap((one) => [one, one.slice(one.indexOf('=') + 1)])
  const files = names
    .filter((name) => !isAbsolute(name) || name.startsWith(join(directory, sep)))
    .map((name) => resolve(directory, name))
    .filter((file) => statsOf(file)?.isFile() === true)
  return [...new Set(files)]
}

function unquote(text: string): string {
  return text.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, one?: string) =>
    double === undefined ? (single ?? one ?? '') : double.replaceAll(/\\(["$\\`])/g, '$1'),
  )
}

function exists(path: string): boolean {
  return statsOf(path) !== undefined
}

/** `undefined` also for what can be no path: a word of a command may be a whole program. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function toSlashes(path: string): string {
  return path.replaceAll(sep, '/')
}
