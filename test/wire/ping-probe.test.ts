import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createProbe } from '../../src/wire/create-probe.ts'
import type { Probe } from '../../src/wire/probe.ts'
import { probeContext } from '../support/probe-context.ts'
import { Listener } from './understanding.ts'

async function pingProbe(payloadBytes = 8, tag = 2 ** 32 - 2): Promise<Probe> {
  return createProbe({ kind: 'ping', payloadBytes }, probeContext({ tag }))
}

/** The payloads of the pings that a server understands. */
function pinged(...buffers: readonly Buffer[]): Buffer[] {
  const server = new Listener({ isServer: true })
  for (const buffer of buffers) server.read(buffer)
  const { events, error } = server.understanding
  expect(error).toBeUndefined()
  expect(events.every(([kind]) => kind === 'ping')).toBe(true)
  return events.map(([, content]) => Buffer.from(content, 'latin1'))
}

/** What the probe reads in pongs of these payloads on a connection, each between other bytes. */
function sequences(probe: Probe, payloads: readonly Uint8Array[], connection = 0): number[] {
  return payloads.map((payload) => {
    const bytes = Buffer.concat([Buffer.from('..'), payload, Buffer.from('...')])
    return probe.read(connection, bytes, 2, 2 + payload.length, true)
  })
}

describe('frames', () => {
  test('are pings whose pongs carry the sequence numbers back', async () => {
    const probe = await pingProbe()
    const payloads = fc.integer({ min: 8, max: 125 })
    await fc.assert(
      fc.asyncProperty(payloads, fc.maxSafeNat(), fc.nat(300), async (payloadBytes, first, count) => {
        const sized = await pingProbe(payloadBytes)
        const pings = pinged(sized.frames(3, first, count))
        const numbers = Array.from({ length: count }, (_, nth) => Number(BigInt(first + nth) % 2n ** 32n))
        expect(sequences(sized, pings, 3)).toEqual(numbers)
        expect(pings.every((ping) => ping.length === payloadBytes)).toBe(true)
      }),
    )
    expect(probe).toMatchObject({ answers: 'pong', settles: 'up to' })
  })

  test('can be any number, in any order of numbers', async () => {
    const probe = await pingProbe()
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(200)), { maxLength: 10 }), (calls) => {
        for (const [first, count] of calls) {
          const numbers = sequences(probe, pinged(probe.frames(0, first, count)))
          expect(numbers).toEqual(Array.from({ length: count }, (_, nth) => first + nth))
        }
      }),
    )
  })

  test.for([1, 63, 64, 65, 128, 1_000])('are left as they are once kept: %d', async (count) => {
    const probe = await pingProbe()
    const sent = probe.frames(0, 1_000, count)
    const before = Buffer.from(sent)
    probe.keep()
    probe.frames(0, 5_000, 2_000)
    probe.frames(0, 9_000, count)
    expect(sent.equals(before)).toBe(true)
  })

  test('take the same memory again unless they are kept', async () => {
    const probe = await pingProbe()
    const { buffer } = probe.frames(0, 0, 10)
    expect(probe.frames(0, 10, 10).buffer).toBe(buffer)
    probe.keep()
    expect(probe.frames(0, 20, 10).buffer).not.toBe(buffer)
  })
})

describe('a payload', () => {
  test('is that of the frame of the same number', async () => {
    const probe = await pingProbe(40)
    fc.assert(
      fc.property(fc.maxSafeNat(), (sequence) => {
        expect([probe.payload(0, sequence)]).toEqual(pinged(probe.frames(0, sequence, 1)))
      }),
    )
  })

  test('stays as it is', async () => {
    const probe = await pingProbe()
    const first = probe.payload(0, 1) as Uint8Array
    probe.payload(0, 2)
    expect(sequences(probe, [first])).toEqual([1])
  })
})

describe('reading', () => {
  test('answers nothing with pongs of anybody', async () => {
    const probe = await pingProbe(12)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 125, size: 'max' }), (payload) => {
        expect(sequences(probe, [payload])).toEqual([-1])
      }),
    )
  })

  test.for([
    ['an empty one', () => Buffer.of()],
    ['one cut short', (own: Buffer) => own.subarray(0, -1)],
    ['one with more behind it', (own: Buffer) => Buffer.concat([own, Buffer.of(0)])],
    ['one with another tag', (own: Buffer) => Buffer.concat([Buffer.of(own[0]! ^ 1), own.subarray(1)])],
  ] as const)('answers nothing with a pong of ours that was changed: %s', async ([, change]) => {
    const probe = await pingProbe()
    const own = Buffer.from(probe.payload(0, 7) as Uint8Array)
    expect(sequences(probe, [own, change(own)])).toEqual([7, -1])
  })

  test('answers nothing with pongs of another run', async () => {
    const [one, other] = [await pingProbe(8, 1_000), await pingProbe(8, 2_000)]
    expect(sequences(one, [Buffer.from(other.payload(0, 7) as Uint8Array)])).toEqual([-1])
  })

  test('answers nothing with pongs of another connection, however many connections and pings there are', async () => {
    const tag = fc.nat(2 ** 32 - 1)
    const connection = fc.nat(2 ** 20)
    await fc.assert(
      fc.asyncProperty(tag, connection, connection, fc.maxSafeNat(), async (ofRun, one, other, sequence) => {
        const probe = await pingProbe(8, ofRun)
        const sent = [Buffer.from(probe.payload(one, sequence) as Uint8Array)]
        const low = Number(BigInt(sequence) % 2n ** 32n)
        expect(sequences(probe, sent, one)).toEqual([low])
        expect(sequences(probe, sent, other)).toEqual([one === other ? low : -1])
        expect(pinged(probe.frames(one, sequence, 1))).toEqual(sent)
      }),
    )
  })
})
