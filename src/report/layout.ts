import { beginningOf, printableLine } from '../printable.ts'

/** Columns a report fills at most. */
export const width = 80

/** A space that does not stand between a number and its unit. */
const breakable = / (?!(?:%|ns|µs|ms|s|min|h)(?!\w))/

/**
 * Breaks a text at spaces into lines of at most {@link width} columns; lines after the first are indented by two. Both
 * ways to lines, this and {@link align}, let nothing through that is not {@link printableLine}.
 */
export function wrap(text: string, indent = ''): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of printableLine(text).split(breakable)) {
    const candidate = line.trim() === '' ? line + word : `${line} ${word}`
    if (candidate.length <= width || line.trim() === '') line = candidate
    else {
      lines.push(line)
      line = `${indent}  ${word}`
    }
  }
  return [...lines, line].map((full) => (full.length <= width ? full : `${beginningOf(full, width - 1)}…`))
}

/** Pads each column to its widest cell. */
export function align(table: readonly (readonly string[])[]): string[] {
  const rows = table.map((row) => row.map(printableLine))
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, cell.length)),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}
