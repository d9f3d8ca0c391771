import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createProbe } from '../../src/wire/create-probe.ts'
import type { Probe } from '../../src/wire/probe.ts'
import { valueOf } from '../../src/options/invalid-options.ts'
import { type ProbeOption, safeParseProbe } from '../../src/options/probe.ts'
import { probeContext } from '../support/probe-context.ts'
import { Listener } from './understanding.ts'

async function messageProbe(option: ProbeOption, payloadBytes?: number): Promise<Probe> {
  const spec = valueOf(safeParseProbe(option, payloadBytes))
  return createProbe(spec, probeContext())
}

function heard(bytes: Uint8Array) {
  const server = new Listener({ isServer: true })
  server.read(bytes)
  return server.understanding
}

const texts = fc.string({ unit: fc.constantFrom('P', 'ä', '€', '😀', '\0', '\ufeff'), maxLength: 60, size: 'max' })

describe('a text', () => {
  test('is sent as it is, as often as asked', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(100), async (text, count) => {
        const probe = await messageProbe({ text })
        const content = Buffer.from(text).toString('latin1')
        expect(heard(probe.frames(0, 0, count))).toEqual({
          events: Array.from({ length: count }, () => ['text', content]),
          error: undefined,
        })
      }),
    )
  })

  test('is the payload', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const probe = await messageProbe({ text })
        expect(probe.payload(0, 0)).toBe(text)
      }),
    )
  })

  test('is repeated to its size', async () => {
    const probe = await messageProbe({ text: 'PING ' }, 12)
    expect(probe.payload(0, 0)).toBe('PING PING PI')
  })
})

describe('a binary', () => {
  test('is sent as it is, as often as asked', async () => {
    const binaries = fc.uint8Array({ maxLength: 300, size: 'max' })
    await fc.assert(
      fc.asyncProperty(binaries, fc.nat(100), async (binary, count) => {
        const probe = await messageProbe({ binary })
        const content = Buffer.from(binary).toString('latin1')
        expect(heard(probe.frames(0, 0, count))).toEqual({
          events: Array.from({ length: count }, () => ['binary', content]),
          error: undefined,
        })
        expect(probe.payload(0, 0)).toEqual(binary)
      }),
    )
  })

  test('is what it was when the run was asked for', async () => {
    const binary = Uint8Array.of(1, 2, 3)
    const probe = await messageProbe({ binary })
    binary.fill(0)
    expect(probe.payload(0, 0)).toEqual(Uint8Array.of(1, 2, 3))
  })
})

test('frames stay as they are in later calls', async () => {
  const probe = await messageProbe({ text: 'PING' })
  const sent = probe.frames(0, 0, 3)
  const before = Buffer.from(sent)
  for (const count of [1, 7, 8, 9, 500]) probe.frames(1, 10, count)
  expect(sent.equals(before)).toBe(true)
})

test('any message answers the oldest ping', async () => {
  const probe = await messageProbe({ text: 'PING' })
  expect(probe).toMatchObject({ answers: 'message', settles: 'oldest' })
  expect(probe.read(0, Buffer.from('anything'), 0, 8, false)).toBe(0)
})
