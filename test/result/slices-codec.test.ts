import { array, assert, integer, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/result/histogram.ts'
import { SliceRecorder } from '../../src/result/slices.ts'
import { decodeSlices, encodeSlices } from '../../src/result/slices-codec.ts'

test('slices survive a round trip through text, but for when answers came', () => {
  const pings = array(
    tuple(integer({ min: 0, max: 511 }), integer({ min: 0, max: 2 ** 40 }), integer({ min: 0, max: 5 })),
  )
  assert(
    property(pings, (recorded) => {
      const recorder = new SliceRecorder()
      const buckets = new Histogram()
      for (const [slice, ns, kind] of recorded) {
        if (kind === 1) recorder.answered(slice, buckets.record(ns), buckets.record(ns / 2))
        else recorder.count(kind, slice)
      }
      const packed = recorder.pack()
      expect(decodeSlices(encodeSlices(packed))).toEqual({ ...packed, arrivals: new Float64Array() })
    }),
  )
})

test.each(['', 'AA==', btoa('\u0001'), `${encodeSlices(new SliceRecorder().pack())}AAAA`, '%'])(
  'does not take %o for slices',
  (text) => {
    expect(() => decodeSlices(text)).toThrow(Error)
  },
)
