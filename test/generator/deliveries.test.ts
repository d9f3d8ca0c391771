import { describe, expect, test } from 'vitest'
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
