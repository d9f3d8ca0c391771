import { describe, expect, test } from 'vitest'
import { countBelow } from '../../src/generator/sequence-blocks.ts'
import { deliveriesOf } from '../support/deliveries.ts'

describe('a subscriber that leaves', () => {
  test.each([0, 1, 2])('misses the messages of its room, and of no other one, on machine %i', (machine) => {
    const rooms = 3
    const publishersOfMachines = [4, 4, 4]
    const { deliveries, recorder, connection, publish, table } = deliveriesOf({
      rooms,
      subscribers: 6,
      publishersOfMachines,
      machine,
    })
    const messages = Array.from({ length: 4 }, (_, publisher) => publish(publisher))
    const roomOfSubscriber = (nth: number): number => (machine * 6 + nth) % rooms
    deliveries.left(connection(0))
    for (const [publisher, message] of messages.entries()) {
      for (let nth = 1; nth < 6; nth++) {
        if (roomOfSubscriber(nth) === table.roomOf(publisher)) deliveries.take(connection(nth), message)
      }
    }
    const ofItsRoom = messages.filter((_, publisher) => table.roomOf(publisher) === roomOfSubscriber(0)).length
    expect(recorder.pings).toMatchObject({ answered: 8 - ofItsRoom, lost: ofItsRoom })
    expect(deliveries.duplicates).toBe(0)
  })
})

test('what was published before the measured window, and comes in it, is an arrival and no more', () => {
  const { deliveries, recorder, connection, publish, table } = deliveriesOf({
    rooms: 1,
    subscribers: 1,
    publishersOfMachines: [1],
    machine: 0,
  })
  const message = publish(0)
  table.isMeasured.fill(0)
  deliveries.take(connection(0), message)
  expect(recorder.slices().arrivals.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect(recorder.pings).toMatchObject({ sent: 0, answered: 0 })
})

describe('what another machine publishes', () => {
  /** The messages of four publishers on two machines, of two rooms, as they come to a subscriber of room 0 on the first one. */
  function fromOthers() {
    const load = { rooms: 2, subscribers: 4, publishersOfMachines: [2, 2], machine: 0 }
    const { connection, deliveries, ping, recorder } = deliveriesOf(load)
    /** @param sequence of the first publisher of the other machine, which is of room 0 */
    const comes = (sequence: number, to = 0, publisher = 0): boolean =>
      deliveries.takeFromOthers(connection(to), (sequence * 2 + publisher) * 2 + 1)
    return { comes, connection, deliveries, ping, recorder }
  }

  test('is a duplicate to who had it, and counts once', () => {
    const { comes, deliveries } = fromOthers()
    for (const sequence of [0, 1, 0, 1, 1]) comes(sequence)
    comes(0, 2)
    expect(deliveries).toMatchObject({ fromOthers: 3, duplicates: 3, outOfOrder: 0 })
  })

  test('is out of order behind a later message of its publisher', () => {
    const { comes, deliveries } = fromOthers()
    for (const sequence of [1, 0, 3, 2, 4]) comes(sequence)
    expect(deliveries).toMatchObject({ fromOthers: 5, duplicates: 0, outOfOrder: 2 })
  })

  test('is neither in the warm-up', () => {
    const { comes, deliveries, ping, recorder } = fromOthers()
    recorder.from = ping.ceiling + 1
    for (const sequence of [1, 1, 0]) comes(sequence)
    expect(deliveries).toMatchObject({ fromOthers: 2, duplicates: 0, outOfOrder: 0 })
  })

  test('is misrouted in another room, each time', () => {
    const { comes, deliveries } = fromOthers()
    for (const sequence of [0, 0]) comes(sequence, 0, 1)
    expect(deliveries).toMatchObject({ fromOthers: 0, misrouted: 2, duplicates: 0 })
  })

  test('is no message of another run', () => {
    const { comes, deliveries } = fromOthers()
    expect([comes(0), comes(2 ** 31 - 2), comes(2 ** 31 - 1), comes(2 ** 50)]).toEqual([true, true, false, false])
    expect(deliveries.fromOthers).toBe(2)
  })

  test('is counted publisher by publisher, by sequence number', () => {
    const { comes, deliveries } = fromOthers()
    for (const sequence of [0, 1, 1, 3]) comes(sequence)
    comes(1, 2)
    const counted = [0, 1, 2, 3].map((publisher) => countBelow(deliveries.cameFromOthers, publisher, 64))
    expect(counted).toEqual([0, 0, 4, 0])
    expect([1, 2, 3, 4].map((end) => countBelow(deliveries.cameFromOthers, 2, end))).toEqual([1, 3, 3, 4])
  })

  test('counts no longer once its subscriber has left, but for what that one had missed', () => {
    const { comes, connection, deliveries } = fromOthers()
    for (const sequence of [0, 1, 2, 3]) comes(sequence)
    for (const sequence of [0, 2]) comes(sequence, 2)
    deliveries.left(connection(2))
    comes(3, 2)
    expect([1, 2, 3, 4].map((end) => countBelow(deliveries.cameFromOthers, 2, end))).toEqual([1, 1, 2, 3])
  })
})
