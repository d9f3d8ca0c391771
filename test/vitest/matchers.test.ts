import { describe, onTestFinished, test, vi } from 'vitest'
import { compareCapacities } from '../../src/capacity/compare.ts'
import type { ResolvedTolerance } from '../../src/gate/tolerance.ts'
import { CapacityComparison } from '../../src/summary/capacity-comparison.ts'
import { LoadComparison } from '../../src/summary/load-comparison.ts'
import { LoadCapacity } from '../../src/summary/load-capacity.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { expect } from '../../src/vitest/matchers.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { comparison, steady } from '../support/comparison.ts'
import { withoutColours } from '../support/without-colours.ts'
import { latencies, loadResult, repeated } from '../support/result.ts'

/** 20,000 pings, 4 % of which took 18 ms. */
const summary = new LoadSummary(loadResult())
/** The generator cannot tell whether the p99 is 10 or 30 ms. */
const blurred = new LoadSummary(loadResult(repeated(2_000, [10, 30] as const)))
/** Its p99 of 18 ms may be the generator's. */
const saturated = new LoadSummary(
  loadResult(undefined, {
    serviceTime: latencies(repeated(2_000, 2)).both,
    generator: { saturated: true, reasons: ['pings left up to 16 ms late (p99): take a lower rate or more threads'] },
  }),
)
const nothing = new LoadSummary(loadResult([], { pings: { timedOut: 20 } }))

describe('toMeetSLO', () => {
  test('passes when every objective is surely met', () => {
    expect(summary).toMeetSLO({ p99: '< 20ms', errorRate: '< 0.1%', throughput: '> 300/s' })
  })

  test('fails with the table when one is surely missed', () => {
    expect(withoutColours(() => expect(summary).toMeetSLO({ p99: '< 10ms', p50: '< 20ms' })))
      .toThrowErrorMatchingInlineSnapshot(`
        [Error: SLO missed: p99 is 18 ms, the limit is < 10ms
            objective  limit   measured  99 % sure  by how much
          ✗ p99        < 10ms  18 ms     18 ms      8 ms over (80 %)
          ✓ p50        < 20ms  2 ms      2 ms       90 % to spare]
      `)
  })

  test('warns instead of a lack of evidence when told to', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warned.mockRestore())
    expect(blurred).toMeetSLO({ p99: '< 20ms' }, { inconclusive: 'warn' })
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^SLO inconclusive: p99/))
    expect(() => expect(summary).toMeetSLO({ p99: '< 10ms' }, { inconclusive: 'warn' })).toThrow(/SLO missed/)
    expect(() => expect(nothing).toMeetSLO({ p99: '< 1h' }, { inconclusive: 'warn' })).toThrow(/nothing was measured/)
  })

  test('prints what only warns, and passes', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warned.mockRestore())
    expect(summary).toMeetSLO({ p99: { warn: '< 10ms', fail: '< 20ms' } })
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('warning: p99 is 18 ms, the limit is < 10ms'),
    )
  })

  test('says how to make an undecided run long enough', () => {
    const short = new LoadSummary(loadResult(repeated(300, 2), { duration: 300 }))
    expect(withoutColours(() => expect(short).toMeetSLO({ p99: '< 20ms' }))).toThrow(
      /p99 < 20ms takes about \d+ s\s+or\s+more[^]*\n {2}let the run end when it is decided: take until/,
    )
  })

  test('refuses a wrong way to be inconclusive', () => {
    expect(() => expect(summary).toMeetSLO({ p99: '< 20ms' }, { inconclusive: 'pass' as 'warn' })).toThrow(
      "toMeetSLO: an option is wrong\n  inconclusive: expected 'fail' or 'warn', got \"pass\"",
    )
  })

  test('fails when the generator cannot tell', () => {
    expect(withoutColours(() => expect(blurred).toMeetSLO({ p99: '< 20ms' }))).toThrow(/^SLO inconclusive: p99/)
  })

  test('fails with the generator first when it was saturated', () => {
    expect(withoutColours(() => expect(saturated).toMeetSLO({ p99: '< 10ms', throughput: '> 5k/s' })))
      .toThrowErrorMatchingInlineSnapshot(`
        [Error: The load generator was saturated: it, not the server, may be what was measured.
          pings left up to 16 ms late (p99): take a lower rate or more threads
        SLO inconclusive: p99, throughput (2 of 2 objectives)
            objective   limit   measured   99 % sure  by how much
          ? p99         < 10ms  2 … 18 ms  2 … 18 ms  undecided
          ? throughput  > 5k/s  ≥ 4k/s     ≥ 3.99k/s  undecided
          p99: the generator cannot tell, it lies between 2 ms and 18 ms
          throughput: the generator was saturated, the server may be able to do more]
      `)
  })

  test('fails when nothing was measured', () => {
    expect(withoutColours(() => expect(nothing).toMeetSLO({ p99: '< 20ms' }))).toThrow(
      /^SLO inconclusive: nothing was measured/,
    )
  })

  test('names what an assertion is about', () => {
    expect(withoutColours(() => expect(summary, 'the gateway').toMeetSLO({ p99: '< 10ms' }))).toThrow(
      /^the gateway: SLO missed: p99/,
    )
  })

  test('judges what a promise resolves to', async () => {
    await expect(Promise.resolve(summary)).resolves.toMeetSLO({ p99: '< 20ms' })
  })
})

describe('.not.toMeetSLO', () => {
  test('passes when an objective is surely missed', () => {
    expect(summary).not.toMeetSLO({ p99: '< 10ms', p50: '< 20ms' })
  })

  test('fails with the table when every objective is met', () => {
    expect(withoutColours(() => expect(summary).not.toMeetSLO({ p99: '< 20ms' }))).toThrowErrorMatchingInlineSnapshot(`
      [Error: expected the SLO to be missed for sure (.not)
      SLO met: p99 is 18 ms, the limit is < 20ms
          objective  limit   measured  99 % sure  by how much
        ✓ p99        < 20ms  18 ms     18 ms      10 % to spare]
    `)
  })

  test('fails for a lack of evidence, however lenient', () => {
    for (const leniency of [undefined, { inconclusive: 'warn' }] as const) {
      expect(withoutColours(() => expect(blurred).not.toMeetSLO({ p99: '< 20ms' }, leniency))).toThrow(
        /missed for sure.*\nSLO inconclusive: p99/,
      )
    }
  })

  test('fails where only a bound that warns is missed', () => {
    expect(withoutColours(() => expect(summary).not.toMeetSLO({ p99: { warn: '< 10ms', fail: '< 20ms' } }))).toThrow(
      /missed for sure.*\nSLO met: p99/,
    )
  })

  test('fails when the generator cannot tell', () => {
    expect(withoutColours(() => expect(blurred).not.toMeetSLO({ p99: '< 20ms' }))).toThrow(
      /missed for sure.*\nSLO inconclusive: p99/,
    )
  })

  test('fails when the generator was saturated', () => {
    expect(withoutColours(() => expect(saturated).not.toMeetSLO({ p99: '< 10ms' }))).toThrow(
      /missed for sure.*\nThe load generator was saturated[^]*\nSLO inconclusive: p99/,
    )
  })

  test('fails when nothing was measured', () => {
    expect(withoutColours(() => expect(nothing).not.toMeetSLO({ p99: '< 20ms' }))).toThrow(
      /missed for sure.*\nSLO inconclusive: nothing/,
    )
    const ended = new LoadSummary(loadResult([], { ended: 'disconnected', connections: { closedEarly: 10 } }))
    expect(withoutColours(() => expect(ended).not.toMeetSLO({ p99: '< 20ms' }))).toThrow(
      /missed for sure.*\nSLO missed: /,
    )
  })
})

describe('expect.toMeetSLO', () => {
  test('matches a summary within a value', () => {
    expect({ summary }).toEqual({ summary: expect.toMeetSLO({ p99: '< 20ms' }) })
  })

  test('shows the difference when it does not match', () => {
    expect(() => expect({ summary }).toEqual({ summary: expect.toMeetSLO({ p99: '< 10ms' }) })).toThrow(
      'to deeply equal',
    )
  })
})

describe('a mistake', () => {
  test('is to forget the await', () => {
    expect(() => expect(Promise.resolve(summary)).toMeetSLO({ p99: '< 20ms' })).toThrowErrorMatchingInlineSnapshot(
      `[WsLoadError: toMeetSLO: expected a LoadSummary, got a promise; await wsLoad(…) first]`,
    )
  })

  test('is to pass something else than a summary', () => {
    expect(() => expect(summary.latency.p99).toMeetSLO({ p99: '< 20ms' })).toThrowErrorMatchingInlineSnapshot(
      `[WsLoadError: toMeetSLO: expected a LoadSummary, got 18.006015; pass what wsLoad(…) resolved to]`,
    )
  })

  test('is told with the others of an SLO', () => {
    const slo = { q99: '< 20ms', p99: '20ms' }
    expect(() => expect(summary).toMeetSLO(slo)).toThrow(/"q99": no such indicator[^]*p99: expected a comparison/)
  })

  test('points at the line of the test', () => {
    const error = errorOf(() => expect(summary).toMeetSLO({}))
    expect(error.stack).toContain(import.meta.filename)
    expect(error.stack).not.toContain('src/slo')
  })
})

describe('options of a matcher', () => {
  const compared = comparison(steady(2), steady(2))
  const sides = capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail')])
  const capacity = new LoadCapacity(sides)
  const capacities = new CapacityComparison(sides, sides, compareCapacities(sides, sides, 0.2))
  const asked: readonly [string, (options: never) => void][] = [
    ['toMeetSLO', (options) => expect(summary).toMeetSLO({ p99: '< 20ms' }, options)],
    ['toShowNoRegression', (options) => expect(compared).toShowNoRegression(undefined, options)],
    ['toShowNoRegression', (options) => expect(capacities).toShowNoRegression(undefined, options)],
    ['toSustain', (options) => expect(capacity).toSustain('0.9k/s', options)],
    ['toMatchBaseline', (options) => expect(summary).toMatchBaseline('gateway', {}, options)],
    ['toMatchBaseline', (options) => expect(capacity).toMatchBaseline('gateway', {}, options)],
  ]

  test.each(asked)('of %s are all known, and what is nearly one is named', (matcher, ask) => {
    expect(() => ask({ inconclusve: 'warn', foo: 1 } as never)).toThrow(
      `${matcher}: 2 options are wrong\n  inconclusve: no such option, did you mean "inconclusive"?\n  foo: no such option`,
    )
  })

  test.each(asked)('of %s are an object', (matcher, ask) => {
    expect(() => ask('warn' as never)).toThrow(
      new RegExp(`^${matcher}: an option is wrong\n.*expected an object with `),
    )
    expect(() => ask(null as never)).toThrow(/expected an object with .*inconclusive, got null/)
  })

  test('are told with all that is wrong with a judgement', () => {
    expect(() => {
      const judgement = { confidnce: 0.9999, confidence: 2, inconclusive: 'pass' }
      expect(summary).toMeetSLO({ p99: '< 20ms' }, judgement as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toMeetSLO: 3 options are wrong
        confidnce: no such option, did you mean "confidence"?
        confidence: expected a probability above 0.5 and below 1, got 2
        inconclusive: expected 'fail' or 'warn', got "pass"]
    `)
  })

  test('are told with all that is wrong with a tolerance', () => {
    expect(() => {
      expect(compared).toShowNoRegression({ p50: 'x' }, { confidence: 0.9 } as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toShowNoRegression: 2 options are wrong
        tolerance.p50: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got "x"
        confidence: no such option]
    `)
  })

  test('are told with all that is wrong with a tolerance that capacities do not have', () => {
    expect(() => {
      expect(capacities).toShowNoRegression({ p50: '1%' }, { confidence: 0.9 } as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toShowNoRegression: 2 options are wrong
        tolerance: expected that of wsLoad.compareCapacity(…) instead, got an object (p50)
        confidence: no such option]
    `)
  })

  test('are told with all that is wrong with a load', () => {
    expect(() => {
      expect(capacity).toSustain('much', { inconclusive: 'x' } as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toSustain: 2 options are wrong
        load: expected a number per second or a text like '500/s', '5k/s', '300k/m', got "much"
        inconclusive: expected 'fail' or 'warn', got "x"]
    `)
  })

  test("are told with all that is wrong with a baseline's name and tolerance", () => {
    expect(() => {
      expect(summary).toMatchBaseline('a/b', { p50: 'x' }, { foo: 1 } as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toMatchBaseline: 3 options are wrong
        name: expected letters, digits, spaces and . _ @ + -, got "a/b"
        tolerance.p50: expected a share above 0 like '10%' or 0.1, with its sign from 100 % on, got "x"
        foo: no such option]
    `)
  })

  test("are told with all that is wrong with the name and the tolerance of a capacity's baseline", () => {
    expect(() => {
      expect(capacity).toMatchBaseline('a/b', { p50: '5%' }, { foo: 1 } as never)
    }).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: toMatchBaseline: 3 options are wrong
        name: expected letters, digits, spaces and . _ @ + -, got "a/b"
        tolerance.p50: no such option
        foo: no such option]
    `)
  })

  test('have a code of their own', () => {
    const wrong = errorOf(() => expect(summary).toMeetSLO({ p99: '< 20ms' }, { foo: 1 } as never))
    expect(wrong).toMatchObject({ code: 'WSLOAD_ERR_INVALID_OPTIONS' })
  })
})

function errorOf(run: () => void): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('toShowNoRegression', () => {
  const same = comparison(steady(2), steady(2))
  const slower = comparison(steady(2), steady(3))
  const faster = comparison(steady(3), steady(2))
  const unclear = comparison(steady(2), steady(2, { duration: 100 }))
  const gone = comparison(steady(2), steady(2, { ended: 'disconnected' }))

  test('passes when the head is the same or faster', () => {
    expect(same).toShowNoRegression()
    expect(faster).toShowNoRegression()
  })

  test('fails with the table when it is slower', () => {
    expect(withoutColours(() => expect(slower).toShowNoRegression())).toThrow(/^Slower: p50 changed by \+50 %/)
  })

  test('takes a tolerance of its own', () => {
    expect(slower).toShowNoRegression({ p50: '60%', p99: '60%' })
    expect(slower).toShowNoRegression({ p50: '1%', min: '2ms' })
    expect(withoutColours(() => expect(slower).toShowNoRegression({ p50: '40%' }))).toThrow(/^Slower: /)
  })

  test('judges servers on one processor by its time, too, where its own tolerance names no latency', () => {
    const asked: (number | undefined)[] = []
    const by = ({ cpuPerPing }: ResolvedTolerance) => {
      asked.push(cpuPerPing)
      return comparison(same.base, same.head)
    }
    const onOneProcessor = new LoadComparison(same.base, same.head, same, { by, onOneProcessor: true })
    expect(onOneProcessor).toShowNoRegression({ min: '1ms' })
    expect(onOneProcessor).toShowNoRegression({ p50: '10%' })
    expect(asked).toEqual([0.05, undefined])
  })

  test('fails when it is unclear, and warns instead when told to', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warned.mockRestore())
    expect(withoutColours(() => expect(unclear).toShowNoRegression())).toThrow(/^Unclear: /)
    expect(unclear).toShowNoRegression(undefined, { inconclusive: 'warn' })
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^Unclear: /))
  })

  test('never passes when a side was not there', () => {
    expect(withoutColours(() => expect(gone).toShowNoRegression(undefined, { inconclusive: 'warn' }))).toThrow(
      /head: every/,
    )
  })

  test('with .not passes for a sure regression only', () => {
    expect(slower).not.toShowNoRegression()
    for (const other of [same, faster, unclear, gone]) {
      expect(() => expect(other).not.toShowNoRegression()).toThrow(/expected a regression for sure/)
    }
  })

  test('says what is wrong with its arguments', () => {
    expect(() => expect(summary).toShowNoRegression()).toThrow(
      /toShowNoRegression: expected a LoadComparison, got .*wsLoad.compare/,
    )
    expect(() => expect(Promise.resolve(same)).toShowNoRegression()).toThrow(/got a promise; await wsLoad.compare/)
    expect(() => expect(same).toShowNoRegression({ p50: 'x' })).toThrow(/p50: expected a share above 0/)
    expect(() => expect(same).toShowNoRegression({}, { inconclusive: 'x' as 'warn' })).toThrow(
      /expected 'fail' or 'warn'/,
    )
  })
})

describe('toSustain', () => {
  const capacity = new LoadCapacity(capacityResult([capacityStep(900, 'pass'), capacityStep(1_600, 'fail')]))

  test('passes where the load is surely kept, and fails where it is not', () => {
    expect(capacity).toSustain('0.9k/s')
    expect(withoutColours(() => expect(capacity).toSustain(1_600))).toThrow(/^Not sustained: 1\.6k\/s is not sustained/)
    expect(withoutColours(() => expect(capacity).toSustain('1.2k/s'))).toThrow(/^Inconclusive: 1\.2k\/s is neither/)
  })

  test('passes with .not only where the load is surely too much', () => {
    expect(capacity).not.toSustain(1_600)
    for (const load of [900, 1_200]) {
      expect(() => expect(capacity).not.toSustain(load)).toThrow('expected the load to be too much for sure (.not)')
    }
  })

  test('warns of a lack of evidence where that is asked for, but never of a search that found nothing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const tolerant = { inconclusive: 'warn' } as const
    expect(capacity).toSustain('1.2k/s', tolerant)
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^Inconclusive: 1\.2k\/s/))
    expect(() => expect(new LoadCapacity(capacityResult([]))).toSustain('1/s', tolerant)).toThrow('Inconclusive')
  })

  test('says what is no load, and what is no capacity', () => {
    expect(() => expect(capacity).toSustain('much')).toThrow(
      'toSustain: an option is wrong\n  load: expected a number per second',
    )
    expect(() => expect(Promise.resolve(capacity)).toSustain('1/s')).toThrow('await wsLoad.capacity(…) first')
    expect(() => expect(steady(2)).toSustain('1/s')).toThrow('expected a LoadCapacity')
  })
})

describe('what is none of its classes is told with what to pass', () => {
  test.each([
    ['a promise', Promise.resolve(), 'await wsLoad(…) first'],
    ['JSON', JSON.parse(JSON.stringify(summary)), 'got its JSON; pass LoadSummary.fromJSON(…) of it'],
    [
      'a comparison',
      { schemaVersion: 1, base: summary, head: summary },
      'got two runs that were compared; pass the base or the head',
    ],
    ['a capacity', { schemaVersion: 1, steps: [] }, 'got a capacity; pass the summary of one of its steps'],
    ['an object of no class', Object.create(null), 'got an object (); pass what wsLoad(…) resolved to'],
    ['nothing', undefined, 'got undefined; pass what wsLoad(…) resolved to'],
  ] as const)('%s', (_, received: unknown, cure) => {
    expect(() => expect(received).toMeetSLO({ p99: '< 1s' })).toThrow(cure)
  })

  test('a summary of another copy of this package', () => {
    const Other = class LoadSummary {
      readonly pings = summary.pings
    }
    expect(() => expect(new Other()).toMeetSLO({ p99: '< 1s' })).toThrow('one of another copy of this package')
  })
})
