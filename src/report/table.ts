import { align } from './layout.ts'
import type { Paint } from './paint.ts'

/** A row of a table, and the sign in front of it. */
export interface MarkedRow {
  readonly mark: string
  readonly cells: readonly string[]
}

/**
 * A table whose rows begin with a sign.
 * @param omitted how many more rows there are
 */
export function markedTable(
  head: readonly string[],
  rows: readonly MarkedRow[],
  omitted: number,
  paint: Paint,
): string[] {
  const [header = '', ...lines] = align([head, ...rows.map(({ cells }) => cells)])
  return [
    paint.dim(`    ${header}`),
    ...rows.map(({ mark }, nth) => `  ${mark} ${lines[nth] ?? ''}`),
    ...(omitted > 0 ? [paint.dim(`    … and ${omitted} more`)] : []),
  ]
}
