/** Prints a benchmark's answer as Markdown: a heading, what was measured, and a table with one column per key. */
export function printTable(heading: string, what: string, rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0]!)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  console.log(
    [
      `### ${heading}\n`,
      `${what}\n`,
      line(columns),
      line(columns.map((_, nth) => (nth === 0 ? '---' : '---:'))),
      ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
      '',
    ].join('\n'),
  )
}

/** A whole number as people write it. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median over rounds of the ratio within a round, and its range. */
export function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ours.map((value, round) => value / theirs[round]!)
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)})`
}
