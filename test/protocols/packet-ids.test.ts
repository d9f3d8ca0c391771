import { array, assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PacketIds } from '../../src/protocols/packet-ids.ts'

const highest = 65_535

describe('packet identifiers', () => {
  test('are whole numbers from 1 to 65,535, then begin anew', () => {
    const ids = new PacketIds('a lower rate')
    const given = Array.from({ length: highest + 2 }, (_, ping) => {
      const id = ids.take(ping)
      ids.release(id)
      return id
    })
    expect(given.slice(0, 2)).toEqual([1, 2])
    expect(given.slice(-3)).toEqual([highest, 1, 2])
  })

  test('are not given again before they are released', () => {
    const ids = new PacketIds('a lower rate')
    const late = ids.take(1_000_000)
    const pings = Array.from({ length: 2 * highest }, (_, ping) => ping)
    expect(pings.filter((ping) => ids.release(ids.take(ping)) !== ping)).toEqual([])
    expect(ids.release(late)).toBe(1_000_000)
  })

  test('that were released, or never taken, are of no ping', () => {
    const ids = new PacketIds('a lower rate')
    expect(ids.release(7)).toBeUndefined()
    const id = ids.take(5)
    ids.release(id)
    expect(ids.release(id)).toBeUndefined()
  })

  test('are no more than may be taken at once', () => {
    const ids = new PacketIds('a lower rate', 2)
    const first = ids.take(1)
    ids.take(2)
    expect(() => ids.take(3)).toThrow('the broker takes 2 unacknowledged publishes of a connection')
    ids.release(first)
    expect(ids.take(3)).toBe(3)
  })

  test('all can be taken at once', () => {
    const ids = new PacketIds('a lower rate')
    const taken = new Set(Array.from({ length: highest }, (_, ping) => ids.take(ping)))
    expect(taken.size).toBe(highest)
    expect(() => ids.take(0)).toThrow(RangeError)
  })

  test('belong to the ping that took them, in whatever order they are released', () => {
    assert(
      property(array(nat(), { maxLength: 200 }), (choices) => {
        const ids = new PacketIds('a lower rate', 20)
        const taken: { id: number; ping: number }[] = []
        const released: (number | undefined)[] = []
        const expected: number[] = []
        for (const [ping, choice] of choices.entries()) {
          const isFull = taken.length === 20
          if (isFull || (choice % 2 === 0 && taken.length > 0)) {
            const [one] = taken.splice(choice % taken.length, 1)
            released.push(ids.release(one!.id))
            expected.push(one!.ping)
          } else taken.push({ id: ids.take(ping), ping })
        }
        expect(released).toEqual(expected)
      }),
    )
  })
})
