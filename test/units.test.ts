import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  formatRatio,
  beside,
  formatDurationTo,
  formatProcessors,
  parseBytes,
  parseProcessors,
  parseDuration,
  parseRate,
  parseRatio,
} from '../src/units.ts'

const parsers = { parseDuration, parseRate, parseRatio }

describe('parseDuration', () => {
  test.for([
    [20, 20],
    [0.25, 0.25],
    [0, 0],
    ['20', 20],
    ['850ns', 0.00085],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['250μs', 0.25],
    ['20ms', 20],
    ['5s', 5_000],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['1.5 s', 1_500],
    ['  5s\n', 5_000],
    ['-1s', -1_000],
  ] as const)('reads %o as %d milliseconds', ([text, ms]) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 10)
  })

  test.for(['', ' ', 'fast', '5 parsecs', '5S', '5MS', '.5s', '5.s', '1,000', '1e3', '0x10', '--1s', '1s 2ms', '5s5'])(
    'rejects %o',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('parseRate', () => {
  test.for([
    [5_000, 5_000],
    ['500', 500],
    ['500/s', 500],
    ['5k/s', 5_000],
    ['5K/s', 5_000],
    ['5k', 5_000],
    ['1.5M/s', 1_500_000],
    ['300k/m', 5_000],
    ['300k/min', 5_000],
    ['3600/h', 1],
    [' 5 k / s ', 5_000],
  ] as const)('reads %o as %d per second', ([text, perSecond]) => {
    expect(parseRate(text)).toBeCloseTo(perSecond, 10)
  })

  test.for(['', 'fast', '5/', '5/parsec', '5m/s', '5G/s', '-5/s', '5/S', 'k/s', '5/s/s', '5ms'])(
    'rejects %o',
    (text) => {
      expect(parseRate(text)).toBeUndefined()
    },
  )
})

describe('parseRatio', () => {
  test.for([
    [0, 0],
    [1, 1],
    [0.001, 0.001],
    ['0.5', 0.5],
    ['0.1%', 0.001],
    ['12.5 %', 0.125],
    ['100%', 1],
  ] as const)('reads %o as %d', ([text, ratio]) => {
    expect(parseRatio(text)).toBeCloseTo(ratio, 12)
  })

  test.for([1.01, -0.1, '101%', '1.5', '-1%', '%', '', 'few', '5‰'])('rejects %o', (text) => {
    expect(parseRatio(text)).toBeUndefined()
  })
})

describe.for(Object.entries(parsers))('%s', ([, parse]) => {
  test.for([NaN, Infinity, -Infinity, undefined, null, true, [5], {}, Object.create(null), 5n, Symbol('5s'), () => 5])(
    'rejects %o',
    (value) => {
      expect(parse(value)).toBeUndefined()
    },
  )

  test.for(['constructor', 'valueOf', 'toString', '__proto__', 'hasOwnProperty'])('knows no unit %s', (name) => {
    expect(parse(`5${name}`)).toBeUndefined()
    expect(parse(`5/${name}`)).toBeUndefined()
  })

  test('gives a number or undefined, whatever the text', () => {
    const almost = fc.stringMatching(/^ ?-?\d{0,5}\.?\d{0,3} ?[a-zA-Zµμ%/]{0,12} ?$/)
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), almost), (value) => {
        const read = parse(value)
        expect(read === undefined || Number.isFinite(read)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('formatDuration', () => {
  test.for([
    [0, '0 ms'],
    [0.00085, '850 ns'],
    [0.0005, '500 ns'],
    [0.0123, '12.3 µs'],
    [0.9994, '999 µs'],
    [0.9996, '1 ms'],
    [4.5649, '4.56 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1_234, '1.23 s'],
    [60_000, '60 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [5_400_000, '90 min'],
    [7_200_000, '2 h'],
    [86_400_000, '24 h'],
    [-4.5649, '-4.56 ms'],
    [NaN, '-'],
    [Infinity, '∞'],
  ] as const)('prints %d ms as %s', ([ms, text]) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test('prints what parseDuration reads back to three digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 9, noNaN: true }), (exponent) => {
        const ms = 10 ** exponent
        const read = parseDuration(formatDuration(ms))!
        expect(Math.abs(read - ms) / ms).toBeLessThan(0.0051)
      }),
    )
  })
})

describe('formatRate', () => {
  test.for([
    [0, '0/s'],
    [0.5, '0.5/s'],
    [950, '950/s'],
    [999.4, '999/s'],
    [999.6, '1k/s'],
    [12_345, '12.3k/s'],
    [999_600, '1M/s'],
    [2_345_678, '2.35M/s'],
    [NaN, '-'],
    [Infinity, '-'],
  ] as const)('prints %d per second as %s', ([perSecond, text]) => {
    expect(formatRate(perSecond)).toBe(text)
  })

  test('prints what parseRate reads back to three digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 8, noNaN: true }), (exponent) => {
        const perSecond = 10 ** exponent
        const read = parseRate(formatRate(perSecond))!
        expect(Math.abs(read - perSecond) / perSecond).toBeLessThan(0.0051)
      }),
    )
  })
})

describe('formatRatio', () => {
  test.for([
    [0, '0 %'],
    [0.000123, '0.0123 %'],
    [0.1234, '12.3 %'],
    [1, '100 %'],
    [0.99999, '99.999 %'],
    [0.9997, '99.97 %'],
    [12.34, '1,230 %'],
    [NaN, '-'],
  ] as const)('prints %d as %s', ([ratio, text]) => {
    expect(formatRatio(ratio)).toBe(text)
  })

  test('prints what parseRatio reads back to three digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -7, max: 0, noNaN: true }), (exponent) => {
        const ratio = 10 ** exponent
        expect(Math.abs(parseRatio(formatRatio(ratio))! - ratio) / ratio).toBeLessThan(0.0051)
      }),
    )
  })
})

describe('beside', () => {
  test.for([
    [20, 25.04, '25 ms'],
    [20, 20, '20 ms'],
    [20, 19.98, '19.98 ms'],
    [20, 20.0004, '20.0004 ms'],
    [Infinity, 2, '2 ms'],
    [2, NaN, '-'],
    [20, Infinity, '∞'],
  ] as const)('%d has %d read as %s', ([other, value, text]) => {
    expect(beside(other, formatDurationTo)(value)).toBe(text)
  })

  test('reads a value above another one as one above it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 900, noNaN: true }),
        fc.double({ min: 1e-9, max: 0.1, noNaN: true }),
        (limit, by) => {
          const above = limit * (1 + by)
          expect(parseDuration(beside(limit, formatDurationTo)(above))).toBeGreaterThan(limit)
        },
      ),
    )
  })
})

describe('parseBytes', () => {
  test.each([
    ['512', 512],
    ['1.5kB', 1_500],
    ['2 MB', 2e6],
    ['2MiB', 2 ** 21],
    ['0.5GiB', 2 ** 29],
    [300, 300],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  test.each(['', 'MiB', '1mb', '-1MB', '1 TB', '1e3', NaN, null])('refuses %s', (text) => {
    expect(parseBytes(text)).toBeUndefined()
  })
})

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1_023, '1020 B'],
    [2 ** 20, '1 MiB'],
    [64.3 * 2 ** 20, '64.3 MiB'],
    [-1.5 * 2 ** 20, '-1.5 MiB'],
    [3 * 2 ** 31, '6 GiB'],
    [NaN, '-'],
  ])('prints %d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('processors', () => {
  test.each([
    ['0.8', 0.8],
    ['2', 2],
    [1.5, 1.5],
  ])('are read from %s', (text, processors) => {
    expect(parseProcessors(text)).toBe(processors)
  })

  test.each(['', '80%', '-1', 'one', '1 core'])('are not read from %s', (text) => {
    expect(parseProcessors(text)).toBeUndefined()
  })

  test('are printed with three digits', () => {
    expect([0.57249, 12, NaN].map(formatProcessors)).toEqual(['0.572', '12', '-'])
  })
})

describe('formatCount', () => {
  test.for([
    [0, '0'],
    [999, '999'],
    [1_234_567, '1,234,567'],
    [NaN, '-'],
  ] as const)('prints %d as %s', ([count, text]) => {
    expect(formatCount(count)).toBe(text)
  })
})

test.each([
  [1, '1 connection'],
  [0, '0 connections'],
  [12_345, '12,345 connections'],
])('%d are counted as %s', (count, text) => {
  expect(formatCounted(count, 'connection')).toBe(text)
})
