import { describe, expect, test } from 'vitest'
import { toHgrm } from '../../src/report/hgrm.ts'
import { toJSON } from '../../src/result/json.ts'
import { javaMissing, processLog } from '../support/java.ts'
import { loadResult } from '../support/result.ts'

const missing = javaMissing()
if (missing !== undefined) console.warn(`Skipping tests: ${missing}`)

const values = Array.from({ length: 5_000 }, (_, nth) => 0.02 * 1.0025 ** nth)
const comment = /^#/
/** A row of the format, as HdrHistogram's own plotter (plotFiles.html) takes lines apart. */
const columns = 4

function rowsOf(hgrm: string): string[][] {
  const lines = hgrm.split('\n').map((line) => line.trim())
  return lines.filter((line) => !comment.test(line)).map((line) => line.split(/ +/))
}

test('a percentile distribution has the columns that a plotter draws', () => {
  const result = loadResult([1, 2, 2, 3, 400])
  const points = rowsOf(toHgrm(result.latency))
    .filter(({ length }) => length === columns)
    .map(([value, , , inverse]) => [Number(inverse), Number(value)] as const)
    .filter((point) => !point.some(Number.isNaN))
  expect(points[0]).toEqual([1, 1])
  expect(points.at(-1)).toEqual([5.71, 400.032])
  expect(points.length).toBeGreaterThan(10)
})

describe.skipIf(missing !== undefined)("Java's HdrHistogram", () => {
  test.for([
    ['one value', [7]],
    ['values of every size', values],
    ['the same value often', Array.from({ length: 1_000 }, () => 0.137)],
  ] as const)('decodes the histogram of %s, and writes the same percentile distribution', async ([, latencies]) => {
    const result = loadResult([...latencies])
    const { latency } = toJSON(result) as unknown as { latency: { histogram: string } }
    const [range, ...lines] = (await processLog(latency.histogram)).split('\n')
    expect(range).toMatch(/^#\[Overall percentile distribution/)
    expect(lines.join('\n')).toBe(toHgrm(result.latency))
  })
})
