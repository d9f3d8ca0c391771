import { assert, integer, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packetLength, readPacket, writePacket } from '../../src/protocols/mqtt-packet.ts'

const publish = { cmd: 'publish', topic: 'a', qos: 0, dup: false, retain: false } as const

describe('the length of a packet', () => {
  test('is that of the first one, whatever comes behind it', () => {
    assert(
      property(integer({ min: 0, max: 20_000 }), uint8Array({ maxLength: 5 }), (size, rest) => {
        const packet = writePacket({ ...publish, payload: Buffer.alloc(size) }, { protocolVersion: 4 })
        expect(packetLength(Buffer.concat([packet, rest]))).toBe(packet.length)
      }),
    )
  })

  test('is known as soon as its header is there', () => {
    const packet = writePacket({ ...publish, payload: Buffer.alloc(2_100_000) }, { protocolVersion: 4 })
    expect([1, 2, 3, 4].map((bytes) => packetLength(packet.subarray(0, bytes)))).toEqual([0, 0, 0, 0])
    expect(packetLength(packet.subarray(0, 5))).toBe(packet.length)
    expect(packetLength(Uint8Array.of(0xd0, 0))).toBe(2)
  })

  test('has four bytes at most', () => {
    expect(packetLength(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBe(5 + 268_435_455)
    expect(() => packetLength(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff))).toThrow(
      'expected a packet of MQTT, got 5 bytes: 30ffffffff',
    )
  })
})

describe('a packet', () => {
  test('is read as it was written', () => {
    const packet = writePacket({ ...publish, payload: 'hello' }, { protocolVersion: 5 })
    expect(readPacket(packet, { protocolVersion: 5 })).toMatchObject({ ...publish, payload: Buffer.from('hello') })
  })

  test('is read after one that could not be', () => {
    const version = { protocolVersion: 4 } as const
    expect(() => readPacket(Uint8Array.of(0x36, 1, 0), version)).toThrow('QoS')
    expect(() => readPacket(Uint8Array.of(0x40, 9, 0), version)).toThrow(
      'expected a packet of MQTT, got 3 bytes: 400900',
    )
    expect(() => readPacket(Uint8Array.of(0x40, 2, 0, 7, 0x40), version)).toThrow(
      'expected a packet of MQTT, got 5 bytes',
    )
    expect(readPacket(Uint8Array.of(0x40, 2, 0, 7), version)).toMatchObject({ cmd: 'puback', messageId: 7 })
  })

  test.for([
    ['a topic longer than its packet', 4, [0x30, 4, 0, 10, 0x61, 0x62]],
    ['a reason that nobody knows', 5, [0x40, 3, 0, 7, 0x96]],
    ['a code that its version does not have', 4, [0x90, 3, 0, 1, 0x87]],
  ] as const)('is read after one with %s', ([, protocolVersion, bytes]) => {
    const version = { protocolVersion }
    const [first, next] = [6, 7].map((messageId) => writePacket({ cmd: 'puback', messageId }, version))
    expect(readPacket(first!, version)).toMatchObject({ cmd: 'puback', messageId: 6 })
    expect(() => readPacket(Uint8Array.from(bytes), version)).toThrow(/topic|code|QoS/)
    expect(readPacket(next!, version)).toMatchObject({ cmd: 'puback', messageId: 7 })
    expect(readPacket(first!, version)).toMatchObject({ cmd: 'puback', messageId: 6 })
  })

  test('is no text', () => {
    expect(() => readPacket('hello', { protocolVersion: 4 })).toThrow('expected a packet of MQTT in binary, got a text')
  })
})
