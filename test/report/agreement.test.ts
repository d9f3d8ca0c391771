/** Whoever reads a red pull request can check every number against every other. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSideBySide } from '../../src/gate/compare.ts'
import { parseTolerance } from '../../src/gate/tolerance.ts'
import { formatPage } from '../../src/page/page.ts'
import { formatComparison } from '../../src/report/comparison.ts'
import { recordedComparison, recordedSLO, recordOf } from '../../src/report/flood-record.ts'
import { describeFlood, formatFloodTable } from '../../src/report/flood-table.ts'
import { comparisonToMarkdown } from '../../src/report/markdown.ts'
import { formatSummary } from '../../src/report/text.ts'
import { formatVerdict, objectiveRow } from '../../src/report/verdict.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { kindNumbers, SliceRecorder, Slices } from '../../src/result/slices.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { formatDuration, formatRatio } from '../../src/units.ts'
import { steady } from '../support/comparison.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

/** Each takes a third of a second. */
const numRuns = 10
const figures = ['p50', 'p90', 'p99', 'max']
/** Beyond all that is generated: beside a limit that it reads like, a value has more digits than elsewhere. */
const slo = ['p50 < 60ms', 'p90 < 60ms', 'p99 < 60ms', 'max < 60ms', 'handshake.p50 < 1s', 'errorRate < 1%']
const connectSLO = 'connectErrorRate < 5%'

/** A run with brackets, in which some pings had no answer and the generator may have been saturated. */
const runs = fc
  .record({
    samples: fc.array(
      fc.record({ ms: fc.double({ min: 0.01, max: 50, noNaN: true }), width: fc.constantFrom(0, 0.02, 0.3, 0.9) }),
      {
        minLength: 10,
        maxLength: 60,
      },
    ),
    repeats: fc.integer({ min: 20, max: 60 }),
    timedOut: fc.constantFrom(0, 0, 0, 3, 40),
    lost: fc.constantFrom(0, 0, 7),
    dropped: fc.constantFrom(0, 0, 0, 5),
    failed: fc.constantFrom(0, 0, 1),
    saturated: fc.boolean(),
  })
  .map(({ samples, repeats, timedOut, lost, dropped, failed, saturated }): LoadResult => {
    const all = Array.from({ length: repeats }, () => samples).flat()
    const brackets = all.map(({ ms, width }) => [ms * (1 - width), ms] as const)
    return loadResult(brackets, {
      pings: { timedOut, lost, dropped },
      connections: { requested: 10, opened: 10 - failed, failed },
      serviceTime: latencies(brackets.map(([floor, ceiling]) => [floor / 2, ceiling / 2] as const)).both,
      generator: { saturated, reasons: saturated ? ['busy'] : [] },
    })
  })

/** The cell that the verdict calls `measured`. */
function measuredOf(result: LoadResult): Map<string, string> {
  const { objectives } = evaluateSLO(result, slo)
  return new Map(
    objectives.filter(({ window }) => window === undefined).map((one) => [one.indicator, objectiveRow(one)[2]!]),
  )
}

test('a percentile has one bracket: in the verdict, the summary, the page, and as read from JSON', () => {
  fc.assert(
    fc.property(runs, (result) => {
      const measured = measuredOf(result)
      const verdict = evaluateSLO(result, slo)
      const text = formatSummary(result, { verdict })
      const page = formatPage('run', [
        { title: 'run', runs: [{ name: 'run', result }], verdicts: [recordedSLO(verdict)] },
      ])
      const read = LoadSummary.fromJSON(JSON.parse(JSON.stringify(new LoadSummary(result))))
      for (const figure of figures) {
        const value = measured.get(figure)!
        expect(text).toMatch(new RegExp(String.raw`^  ${figure} +${value.replace('.', String.raw`\.`)}(?:  |$)`, 'm'))
        expect(page).toContain(`<th scope="row">${figure}</th><td>${value}</td>`)
      }
      for (const figure of ['p50', 'p99', 'max']) {
        expect(page).toContain(`<dt>${figure}</dt><dd>${measured.get(figure)!}</dd>`)
      }
      expect(text).toContain(`p50 ${measured.get('handshake.p50')!}`)
      expect(measuredOf(read)).toEqual(measured)
      expect(formatSummary(read)).toBe(formatSummary(result))
    }),
    { numRuns, endOnFailure: true },
  )
})

test("a percentile's interval is that of the verdict in the page's table too", () => {
  fc.assert(
    fc.property(runs, fc.constantFrom(0.9, 0.99), (result, confidence) => {
      const verdict = evaluateSLO(result, ['p50 < 5ms', 'p99 < 50s'], { confidence })
      const page = formatPage('run', [
        { title: 'run', runs: [{ name: 'run', result }], verdicts: [recordedSLO(verdict)] },
      ])
      for (const objective of verdict.objectives.filter(({ limit }) => limit === 50_000)) {
        const [indicator, , measured, interval] = objectiveRow(objective)
        expect(page).toContain(`<th scope="row">${indicator}</th><td>${measured}</td><td>${interval}</td>`)
      }
    }),
    { numRuns, endOnFailure: true },
  )
})

test('figures in tables and annotations are those that the verdict measured', () => {
  fc.assert(
    fc.property(runs, (result) => {
      const flood = recordOf(result, { attempt: 1 })
      const { objectives } = evaluateSLO(result, ['p50 < 1s', 'p99 < 1s', 'max < 1s', 'errorRate < 1%', connectSLO])
      const [p50, p99, max, errors, connectErrors] = objectives.map(({ measured }) => measured)
      const row = formatFloodTable([{ file: 'a.test.ts', floods: [{ test: 'run', failed: false, flood }] }], 200)
      const errorCell = `${formatRatio(errors!)}${connectErrors! > 0 ? `, connect ${formatRatio(connectErrors!)}` : ''}`
      expect(row.split(/\s{2,}/).slice(-5)).toEqual([
        formatDuration(p50!),
        formatDuration(p99!),
        '-',
        expect.stringMatching(/\/s$/),
        errorCell,
      ])
      expect(describeFlood(flood)).toContain(
        `p50 ${formatDuration(p50!)}, p99 ${formatDuration(p99!)}, max ${formatDuration(max!)}`,
      )
      expect(describeFlood(flood)).toContain(`errors ${errorCell}, `)
      expect(formatSummary(result)).toContain(`${formatRatio(errors!)}\n`)
      const { timedOut, lost, dropped, due } = result.pings
      expect(errors).toBe((timedOut + lost + dropped) / due)
      const { latency } = LoadSummary.fromJSON(JSON.parse(JSON.stringify(new LoadSummary(result))))
      const inJSON = [latency.p50, latency.p99, latency.max]
      expect(timedOut + lost === 0 ? [p50, p99, max] : inJSON).toEqual(inJSON)
    }),
    { numRuns, endOnFailure: true },
  )
})

test('by how much an objective was missed is the difference of the figures before it', () => {
  let missed = 0
  fc.assert(
    fc.property(runs, fc.double({ min: 0.01, max: 60, noNaN: true }), (result, limit) => {
      const [objective] = evaluateSLO(result, `p90 < ${limit}ms`).objectives
      const [, , measured = '', , by = ''] = objectiveRow(objective!)
      const [, over] = /^(\S+ \S+) over/.exec(by) ?? []
      if (over === undefined) return
      missed++
      expect(over).toBe(formatDuration(lowerEndInMs(measured) - limit))
    }),
    { numRuns, endOnFailure: true, seed: 7 },
  )
  expect(missed).toBeGreaterThan(0)
})

test.for([
  ['is steady', steady(2.3)],
  ['stalls at its end', endingWith(80)],
] as const)('a change is that from the base to the head beside it, where the head %s', ([, head]) => {
  const base = steady(2)
  const compared = { base, head, ...compareSideBySide(base, head, parseTolerance({ p50: '10%', p99: '20%' }), 0.99) }
  for (const { base: before, head: after, change } of compared.changes.slice(0, 2)) {
    expect(after / before).toBeCloseTo(1 + change, 9)
  }
  const wholeRun = formatDuration(recordOf(head, { attempt: 1 }).responseTime.p99!)
  const runs = Object.entries({ base, head }).map(([name, result]) => ({ name, result }))
  const page = formatPage('page', [{ title: 'run', runs, verdicts: [recordedComparison(compared)] }])
  for (const text of [formatComparison(compared), comparisonToMarkdown(compared), page]) {
    expect(text).toMatch(new RegExp(`[^.0-9]${wholeRun.replace('.', '[.]')}`))
  }
})

test('the change of a head that stalled once is small, and its whole run says that it stalled', () => {
  const [base, head] = [endingWith(2), endingWith(80)]
  const compared = { base, head, ...compareSideBySide(base, head, parseTolerance({ p99: '20%' }), 0.99) }
  expect(formatComparison(compared)).toMatchInlineSnapshot(`
    "Unclear: not enough evidence: p99 changed by -29.1 … +92.2 % at 99 % confidence,
      20 % is allowed
        figure     base     head  change   99 % sure           allowed
      ? p99        2.49 ms  3 ms  +20.3 %  -29.1 … +92.2 %     20 %
      ✓ errorRate  0 %      0 %   0 pp     -0.03 … +0.0265 pp  1 pp
      base: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p99
        2.5 ms
      head: ws://127.0.0.1:3001/, 20,000 pings answered in 5 s; in the whole run p99
        80 ms"
  `)
})

test('a value that is not its limit does not read like it', () => {
  const message = (ms: number): string => {
    const result = loadResult(repeated(20_000, ms))
    return formatVerdict(result, evaluateSLO(result, 'p99 < 20ms'))
  }
  expect(message(19.98)).toMatchInlineSnapshot(`
    "SLO met: p99 is 19.99 ms, the limit is < 20ms
        objective  limit   measured  99 % sure         by how much
      ✓ p99        < 20ms  19.99 ms  19.97 … 19.99 ms  0.05 % to spare"
  `)
  expect(message(20.03)).toMatchInlineSnapshot(`
    "SLO missed: p99 is 20.04 ms, the limit is < 20ms
        objective  limit   measured  99 % sure         by how much
      ✗ p99        < 20ms  20.04 ms  20.02 … 20.04 ms  40 µs over (0.2 %)"
  `)
})

/** Of `3.44 … 4.7 ms`, `380 µs … 1.07 ms`, `≥ 4 ms` or `4.7 ms`. */
function lowerEndInMs(bracket: string): number {
  const [, number, unit = bracket.split(' ').at(-1)!] = /([\d.]+)(?: (ns|µs|ms|s))?/.exec(bracket)!
  return Number(number) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit as 'ms']
}

/** A run whose pings took 1.6 to 2.5 ms, but those of its last quarter of a second. */
function endingWith(ms: number): LoadSummary {
  const [count, last, duration] = [20_000, 1_000, 5_000]
  const msOf = (nth: number): number => (nth < count - last ? 1.6 + (nth % 10) / 10 : ms)
  const recorder = new SliceRecorder(duration)
  const buckets = new Histogram()
  for (let nth = 0; nth < count; nth++) {
    const slice = Math.floor((nth * duration) / count / recorder.length)
    const bucket = buckets.record(msOf(nth) * 1e6)
    recorder.count(kindNumbers.sent, slice)
    recorder.answered(slice, bucket, bucket)
  }
  const samples = Array.from({ length: count }, (_, nth) => msOf(nth))
  return new LoadSummary(loadResult(samples, { duration, slices: Slices.of([recorder.pack()], duration) }))
}
