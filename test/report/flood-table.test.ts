import { describe, expect, test } from 'vitest'
import type { CapacityResult } from '../../src/capacity/capacity.ts'
import { compareCapacities } from '../../src/capacity/compare.ts'
import { judgeSustained } from '../../src/capacity/sustain.ts'
import type { Change } from '../../src/gate/comparison.ts'
import {
  type FloodRecord,
  recordedCapacityComparison,
  recordedComparison,
  recordedLoad,
  recordedSLO,
  type RecordedVerdict,
  recordOf,
} from '../../src/report/flood-record.ts'
import { describeFlood, type FileFloods, floodTableToMarkdown, formatFloodTable } from '../../src/report/flood-table.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

const result = loadResult()

const change = {
  indicator: 'p50',
  verdict: 'slower',
  base: 1,
  head: 1.3,
  change: 0.3,
  low: 0.2,
  high: 0.4,
  allowed: 0.04,
  tolerance: 0.04,
  min: 0.02,
} as const

function compared(changes: readonly Change[], bottlenecks: string[] = []): RecordedVerdict {
  const sides = { base: result, head: result }
  const reasons = ['p50 changed by 30 %', 'p99 changed by 30 %']
  const judged = { verdict: 'slower', doubtful: false, reasons, noise: [], confidence: 0.99, starts: 1 } as const
  return recordedComparison({ ...sides, ...judged, changes, bottlenecks })
}

/** A step of a search that broke off. */
const broken = capacityStep(1_200, 'inconclusive', { summary: undefined, reasons: ['a load thread ended'] })

function flood(changes: Partial<FloodRecord> = {}): FloodRecord {
  return { ...recordOf(result, { attempt: 1 }), ...changes }
}

function judged(slo: string[]): FloodRecord {
  return flood({ verdicts: [recordedSLO(evaluateSLO(result, slo))] })
}

function file(test: string, record: FloodRecord, failed = false): FileFloods {
  return { file: 'gateway.test.ts', floods: [{ test, failed, flood: record }] }
}

test('a table has a row for each flood, and the limit that decided', () => {
  const files: FileFloods[] = [
    {
      file: 'gateway.test.ts',
      floods: [
        { test: 'answers', failed: false, flood: judged(['p99 < 20ms', 'errorRate < 1%']) },
        { test: 'is quick', failed: true, flood: judged(['p50 < 20ms', 'p99 < 15ms']) },
        { test: 'tells', failed: false, flood: judged(['p95 < 18.01ms', 'p99.99 < 19ms']) },
      ],
    },
    { file: 'chat.test.ts', floods: [{ test: 'asserts numbers', failed: true, flood: flood({ attempt: 2 }) }] },
  ]
  expect(`\n${formatFloodTable(files, 100)}`).toMatchInlineSnapshot(`
    "
                                      verdict       p50   p99    limit              answered  errors
     gateway.test.ts
       ✓ answers                      pass          2 ms  18 ms  p99 < 20ms, +1     4k/s      0 %
       ✗ is quick                     fail          2 ms  18 ms  p99 < 15ms, +1     4k/s      0 %
       ? tells                        inconclusive  2 ms  18 ms  p99.99 < 19ms, +1  4k/s      0 %
     chat.test.ts
       ✗ asserts numbers (attempt 2)  no SLO        2 ms  18 ms  -                  4k/s      0 %"
  `)
})

test('a flood that no SLO was asked of is neither good nor bad in a test that passed', () => {
  const files = [file('asserts numbers', flood())]
  expect(formatFloodTable(files, 100)).toMatch(/^ {3}· asserts numbers +no SLO +2 ms +18 ms +- +4k\/s/m)
  expect(floodTableToMarkdown(files)).toMatch(/^\| ➖ \| gateway\.test\.ts › asserts numbers \| no SLO \| 2 ms \|/m)
})

test('a flood of the embedded server is marked', () => {
  const record = flood({ embedded: true })
  expect(formatFloodTable([file('floods', record)], 100)).toMatch(/· floods +no SLO \(embedded server\) +2 ms /)
  expect(describeFlood(record)).toMatch(/, 10 connections to \S+ \(embedded server\)$/)
})

test('a name that is too long for the terminal is cut', () => {
  const lines = formatFloodTable([file('a very long name '.repeat(10), judged(['p99 < 20ms']))], 80).split('\n')
  expect(Math.max(...lines.map(({ length }) => length))).toBe(80)
  expect(lines.at(-1)).toContain('… ')
})

test('the base of a comparison is not marked for what its head did', () => {
  const base = { ...flood({ name: 'base', comparison: { side: 'base', other: 1 } }) }
  const verdicts = [compared([change])]
  const head = flood({ name: 'head', comparison: { side: 'head', other: 0 }, verdicts })
  const floods = [base, head].map((one) => ({ test: 'gate', failed: true, flood: one }))
  const table = formatFloodTable([{ file: 'gateway.test.ts', floods }], 100)
  expect(table).toMatch(/· gate › base .*\n +✗ gate › head +slower .* p50 \+4 %/)
  expect(floodTableToMarkdown([{ file: 'gateway.test.ts', floods }])).toMatch(/^\| ➖ \| .*base .*\n\| ❌ \| .*head /m)
})

test('a flood in which pings had no answer has the figures that a verdict has', () => {
  const unanswered = recordOf(loadResult(repeated(97, 2), { pings: { timedOut: 3 } }), { attempt: 1 })
  expect(unanswered.responseTime).toMatchObject({ p99: null, max: null })
  expect(formatFloodTable([file('lossy', unanswered, true)], 100)).toMatch(/✗ lossy +no SLO +2 ms +∞ /)
  expect(describeFlood(unanswered)).toMatch(/^p50 2 ms, p99 ∞, max ∞, 97 answers /)
})

describe('a flood that measured nothing', () => {
  const unreachable = loadResult([], { connections: { opened: 0, failed: 10 } })
  const verdicts = [recordedSLO(evaluateSLO(unreachable, ['p99 < 20ms', 'errorRate < 1%']))]
  const files = [file('connects', { ...recordOf(unreachable, { attempt: 1 }), verdicts }, true)]

  test('blames no limit', () => {
    expect(formatFloodTable(files, 100)).toMatch(/\? connects +inconclusive +- +- +- /)
  })

  test('says below the table of a job why', () => {
    expect(floodTableToMarkdown(files)).toMatch(/^- gateway\.test\.ts › connects&#58; .*0 of 10 connections opened/m)
  })
})

test('a comparison with a side that was not there blames no figure', () => {
  const judgement = { verdict: 'unclear', doubtful: true, reasons: ['head: 0 of 10 connections opened'] } as const
  const changes = [{ ...change, verdict: 'unclear' }] as const
  const rest = { noise: [], bottlenecks: [], confidence: 0.99, starts: 1 }
  const verdict = recordedComparison({ base: result, head: result, ...judgement, changes, ...rest })
  expect(formatFloodTable([file('gate', flood({ verdicts: [verdict] }), true)], 100)).toMatch(
    /\? gate +unclear +2 ms +18 ms +- /,
  )
})

test('the worst of several verdicts counts', () => {
  const pass = recordedSLO(evaluateSLO(result, 'p99 < 20ms'))
  const slower = compared([change])
  expect(formatFloodTable([file('two', flood({ verdicts: [pass, slower] }))], 100)).toMatch(/✗ two +slower .*p50 \+4 %/)
})

describe('a flood that did not go on to its end', () => {
  const stalled = loadResult(undefined, { ended: 'stalled' })
  const verdicts = [recordedSLO(evaluateSLO(stalled, ['p99 < 20ms', 'errorRate < 1%']))]
  const record: FloodRecord = { ...recordOf(stalled, { attempt: 1 }), verdicts }

  test('is marked, and no limit that it kept is blamed for it', () => {
    expect(formatFloodTable([file('hangs', record, true)], 100)).toMatch(
      /✗ hangs +fail \(stalled\) +2 ms +18 ms +- +4k\/s/,
    )
    expect(describeFlood(record)).toContain(', errors 0 %, stalled, ')
  })

  test('says why in Markdown', () => {
    const markdown = floodTableToMarkdown([file('hangs', record, true)])
    expect(markdown).toMatch(/^\| ❌ \| .*hangs \| fail &#40;stalled&#41; \| 2 ms \| 18 ms \| - \|/m)
    expect(markdown).toMatch(/^- gateway\.test\.ts › hangs&#58; SLO missed&#58; nothing was answered any more/m)
  })

  test('is marked without a verdict as well', () => {
    const aborted = recordOf(loadResult(undefined, { ended: 'aborted' }), { attempt: 1 })
    expect(formatFloodTable([file('is ended', aborted)], 100)).toMatch(/· is ended +no SLO \(aborted\) /)
  })

  test('is one like others where it was decided', () => {
    const decided = recordOf(loadResult(undefined, { ended: 'decided' }), { attempt: 1 })
    expect(formatFloodTable([file('is quick', decided)], 100)).toMatch(/· is quick +no SLO +2 ms /)
  })
})

test('a comparison whose figures did not decide shows none of them', () => {
  const same = { ...change, verdict: 'same' } as const
  expect(formatFloodTable([file('two', flood({ verdicts: [compared([same])] }), true)], 100)).toMatch(
    /✗ two +slower +2 ms +18 ms +- /,
  )
})

test('a name is not cut within a character', () => {
  const table = formatFloodTable([file('🚀'.repeat(200), judged(['p99 < 20ms']))], 80)
  expect(table).toContain('…')
  expect(table).not.toMatch(/\p{Cs}/u)
})

test('a verdict that is red stands before one that is undecided', () => {
  const fail = recordedSLO(evaluateSLO(result, 'p99 < 15ms'))
  const inconclusive = recordedSLO(evaluateSLO(result, 'p99.99 < 19ms'))
  expect(formatFloodTable([file('two', flood({ verdicts: [inconclusive, fail] }), true)], 100)).toMatch(
    /✗ two +fail .*p99 < 15ms/,
  )
})

test('an SLO is recorded with what decided it first', () => {
  const { type, verdict, limits, objectives, report } = recordedSLO(evaluateSLO(result, ['p50 < 20ms', 'p99 < 15ms']))
  expect({ type, verdict, limits }).toEqual({ type: 'slo', verdict: 'fail', limits: ['p99 < 15ms', 'p50 < 20ms'] })
  expect(objectives[0]).toEqual({
    indicator: 'p99',
    kind: 'duration',
    bound: '< 15ms',
    limit: 15,
    level: 'fail',
    verdict: 'fail',
  })
  expect(report.title).toBe('SLO missed: p99 is 18 ms, the limit is < 15ms')
})

test('a comparison is recorded with what decided it first, in plain JSON', () => {
  const same = { ...change, verdict: 'same', allowed: 0.1, tolerance: 0.1 } as const
  const slower = { ...change, indicator: 'p99', allowed: 0.5, tolerance: 0.5, high: Infinity } as const
  const bottlenecks = ['base: the server waited for a processor']
  expect(compared([same, slower], bottlenecks)).toEqual({
    type: 'comparison',
    verdict: 'slower',
    limits: ['p99 +50 %', 'p50 +10 %'],
    changes: [{ ...slower, high: null }, same],
    bottlenecks,
    report: {
      title: 'Slower: p50 changed by 30 %',
      reasons: ['p99 changed by 30 %'],
      head: ['figure', 'base', 'head', 'change', '99 % sure', 'allowed', 'verdict'],
      rows: [
        ['p99', '1 ms', '1.3 ms', '+30 %', '-', '50 %', 'slower'],
        ['p50', '1 ms', '1.3 ms', '+30 %', '+20 … +40 %', '10 %', 'same'],
      ],
      remarks: ['base: in the whole run p99 18 ms, p50 2 ms', 'head: in the whole run p99 18 ms, p50 2 ms'],
    },
  })
})

describe('a comparison of capacities', () => {
  const between = (low: number, high: number) =>
    capacityResult([capacityStep(low, 'pass'), ...(high < Infinity ? [capacityStep(high, 'fail')] : [])])
  const record = (base: CapacityResult, head: CapacityResult) =>
    recordedCapacityComparison({ base, head, ...compareCapacities(base, head, 0.2) })

  test('is recorded as a change of one figure, in plain JSON', () => {
    const recorded = record(between(1_000, 1_100), between(500, 550))
    expect(recorded).toMatchObject({
      type: 'capacity comparison',
      verdict: 'slower',
      limits: ['capacity -20 %'],
      bottlenecks: [],
      report: {
        title: expect.stringMatching(/^Slower: the capacity changed by -50 % .* 20 % less is allowed$/),
        head: ['figure', 'base', 'head', 'change', 'between', 'allowed', 'verdict'],
        rows: [['capacity', '1k/s … 1.1k/s', '500/s … 550/s', '-50 %', '-54.5 … -45 %', '-20 %', 'slower']],
      },
    })
    expect(JSON.parse(JSON.stringify(recorded))).toEqual(recorded)
  })

  test('has no figure of a change that nobody knows', () => {
    const { change, high, report } = record(between(1_000, Infinity), capacityResult([]))
    expect({ change, high }).toEqual({ change: null, high: null })
    expect(report.rows).toEqual([['capacity', 'at least 1k/s', 'unknown', '-', '-', '-20 %', 'unclear']])
  })

  test('says why it is unclear', () => {
    const { report } = record(between(1_000, 1_100), capacityResult([capacityStep(900, 'inconclusive')]))
    expect(report.title).toBe(
      'Unclear: nothing is known of the capacity of the head, that of the base is 1k/s … 1.1k/s',
    )
    expect(report.reasons).toContainEqual(expect.stringMatching(/^head: /))
  })

  test('is that of its head in the table, and its base is no flood that nothing was asked of', () => {
    const [base, head] = [between(1_000, 1_100), between(500, 550)]
    const floods = [
      flood({ name: 'base, capacity 1k/s', comparison: { side: 'base', other: 1 } }),
      flood({ name: 'head, capacity 500/s', comparison: { side: 'head', other: 0 }, verdicts: [record(base, head)] }),
    ].map((one) => ({ test: 'gate', failed: true, flood: one }))
    expect(formatFloodTable([{ file: 'gateway.test.ts', floods }], 120)).toMatch(
      /· gate › base, capacity 1k\/s +- .*\n +✗ gate › head, capacity 500\/s +slower .* capacity -20 % /,
    )
  })

  describe('that is unclear', () => {
    const filesOf = (head: CapacityResult) => [
      file('gate', flood({ verdicts: [record(between(1_000, 1_100), head)] }), true),
    ]

    test('blames no limit', () => {
      const head = capacityResult([capacityStep(600, 'pass')])
      expect(formatFloodTable(filesOf(head), 120)).toMatch(/\? gate +unclear +2 ms +18 ms +- /)
    })

    test('says below the table of a job that the base was measured elsewhere', () => {
      const summary = loadResult(undefined, { environment: { cpu: 'Other CPU' } })
      const head = capacityResult([capacityStep(1_000, 'pass', { summary })])
      expect(floodTableToMarkdown(filesOf(head))).toMatch(
        /^- .*&#58; Unclear&#58; the base was measured elsewhere&#58; cpu was "Test CPU", is "Other CPU"$/m,
      )
    })

    test('says below the table of a job where a search broke off', () => {
      const head = capacityResult([capacityStep(600, 'pass'), broken])
      expect(floodTableToMarkdown(filesOf(head))).toMatch(
        /^- .*&#58; head&#58; the search broke off at 1\.2k\/s&#58; a load thread ended$/m,
      )
    })
  })
})

describe('a load to sustain', () => {
  const record = (load: number, steps = [capacityStep(900, 'pass'), broken]) => {
    const capacity = capacityResult(steps)
    return recordedLoad(capacity, judgeSustained(capacity, load))
  }
  const filesOf = (verdict: RecordedVerdict) => [file('takes it', flood({ verdicts: [verdict] }), true)]

  test('that is surely too much names its limit', () => {
    const tooMuch = record(2_000, [capacityStep(900, 'pass'), capacityStep(1_600, 'fail')])
    expect(formatFloodTable(filesOf(tooMuch), 120)).toMatch(/✗ takes it +fail .* >= 2k\/s /)
  })

  test('that is undecided blames no limit', () => {
    expect(formatFloodTable(filesOf(record(1_000)), 120)).toMatch(/\? takes it +inconclusive +2 ms +18 ms +- /)
  })

  test('that is undecided says below the table of a job where the search broke off', () => {
    expect(floodTableToMarkdown(filesOf(record(1_000)))).toMatch(
      /^- .*&#58; the search broke off at 1\.2k\/s&#58; a load thread ended$/m,
    )
  })

  test('that is sustained needs no reason beside its sentence', () => {
    expect(record(800).report).toMatchObject({ title: expect.stringMatching(/^800\/s is sustained/), reasons: [] })
  })
})

test('a run that measured nothing has no figures', () => {
  const nothing = recordOf(loadResult([]), { attempt: 1 })
  expect(nothing.latency).toMatchObject({ count: 0, p50: null })
  expect(formatFloodTable([file('nothing', nothing, true)], 100)).toMatch(/✗ nothing +no SLO +- +- +- +0\/s/)
  expect(describeFlood(nothing)).toMatch(/^p50 -, p99 -, max -, 0 answers at 0\/s/)
})

test('an annotation counts the answers that came, not the pings they stood for', () => {
  const coalescing = recordOf(loadResult(undefined, { pings: { coalesced: 15_000 } }), { attempt: 1 })
  expect(describeFlood(coalescing)).toMatch(/^p50 2 ms, p99 18 ms, max 18 ms, 5,000 answers at 1k\/s, errors 0 %/)
})

test('connections that failed are told apart from pings that did', () => {
  const failing = recordOf(loadResult([], { connections: { opened: 0, failed: 10 } }), { attempt: 1 })
  expect(failing).toMatchObject({ errorRate: null, connectErrorRate: 1 })
  expect(formatFloodTable([file('refused', failing, true)], 100)).toMatch(/✗ refused .* -, connect 100 %$/)
  expect(describeFlood(failing)).toContain(', errors -, connect 100 %, ')
})

test('an annotation is one line', () => {
  expect(describeFlood(flood({ name: 'base', saturated: true }))).toBe(
    'base: p50 2 ms, p99 18 ms, max 18 ms, 20,000 answers at 4k/s, errors 0 %, generator saturated, ' +
      '10 connections to ws://127.0.0.1:3001/',
  )
})

test('names and limits are no markup in Markdown, and no control sequences in a terminal', () => {
  const hostile = '\u001B[31m<img src=x> | `code` ::error::x @someone'
  const record = flood({
    name: hostile,
    verdicts: [{ ...recordedSLO(evaluateSLO(result, 'p50 < 20ms')), limits: [hostile], bottlenecks: [hostile] }],
  })
  const files = [{ ...file(hostile, record), file: hostile }]
  expect(floodTableToMarkdown(files)).not.toMatch(/\p{Cc}(?<!\n)|<img|`code`|::error|@someone/u)
  expect(floodTableToMarkdown(files).split('\n')).toHaveLength(7)
  expect(formatFloodTable(files, 100)).not.toMatch(/\p{Cc}(?<!\n)|(?<!\S)::error/u)
})

test('a flood that saw messages nobody asked for is marked, whether it was judged or not', () => {
  const messages = { received: 30_000, unsolicited: 10_000, surplus: 1_200, afterLastAnswer: 200 }
  const pushed = loadResult(undefined, { messages })
  const unjudged = recordOf(pushed, { attempt: 1 })
  const inconclusive = { ...unjudged, verdicts: [recordedSLO(evaluateSLO(pushed, 'p99 < 20ms'))] }
  const rows = [unjudged, inconclusive].flatMap((record) =>
    formatFloodTable([file('t', record)], 120)
      .split('\n')
      .at(-1)!,
  )
  expect(rows).toEqual([
    expect.stringMatching(/^ +\? t +no SLO \(surplus messages\)/),
    expect.stringMatching(/^ +\? t +inconclusive \(surplus messages\)/),
  ])
  expect(describeFlood(unjudged)).toContain(', 1,200 surplus messages, ')
  expect(unjudged.messages).toEqual(messages)
})

test('a fan-out says in one line whom its messages reached', () => {
  const reached = recordOf(fanOutResult(), { attempt: 1 })
  expect(describeFlood(reached)).toBe(
    'delivery p50 2 ms, p99 2 ms, max 2 ms, completion p99 3 ms, reach 100 %, 200 messages, 20,000 deliveries at 4k/s, ' +
      'errors 0 %, 10 connections to ws://127.0.0.1:3001/',
  )
  const missing = recordOf(fanOutResult({ missed: 50, duplicates: 2, outOfOrder: 1 }), { attempt: 1 })
  expect(describeFlood(missing)).toContain(
    'completion p99 ∞, reach 99.8 %, 200 messages, 2 duplicates, 1 out of order, 19,950',
  )
  expect(missing.fanOut).toMatchObject({
    reach: 0.9975,
    published: { sent: 200, answered: 150 },
    completion: { p99: null },
  })
})

test('a job is told where the time went, below the table', () => {
  const slow = judged(['p99 < 15ms'])
  const [verdict] = slow.verdicts
  const floods = [
    file('is quick', flood({ verdicts: [{ ...verdict!, bottlenecks: ['the server waited *here*'] }] }), true),
  ]
  expect(floodTableToMarkdown(floods)).toMatch(
    /\n\n- gateway\.test\.ts › is quick&#58; the server waited &#42;here&#42;$/,
  )
  expect(floodTableToMarkdown([file('is quick', slow, true)])).toMatch(/\|$/)
})

test('a bound that only warns, and does, is told, and stands first where nothing else decides', () => {
  const table = formatFloodTable([file('warns', judged(['p99 < 20ms', 'warn: p99 < 15ms']))], 100)
  expect(table).toMatch(/✓ warns +pass \(warning\) .* warn: p99 < 15ms, \+1 /)
  const failing = formatFloodTable([file('fails', judged(['warn: p99 < 15ms', 'p50 < 1ms']), true)], 100)
  expect(failing).toMatch(/✗ fails +fail \(warning\) .* p50 < 1ms, \+1 /)
  expect(formatFloodTable([file('met', judged(['warn: p99 < 20ms', 'p50 < 5ms']))], 100)).not.toContain('warning')
})
