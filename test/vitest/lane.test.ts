import { expect, test } from 'vitest'
import { Lane, type Place } from '../../src/vitest/lane.ts'

/** Names of the places whose turn it is. */
async function going(places: Readonly<Record<string, Place>>): Promise<string[]> {
  const reached: string[] = []
  for (const [name, place] of Object.entries(places)) void place.reached.then(() => reached.push(name))
  await new Promise((resolve) => setImmediate(resolve))
  return reached
}

test('owners go one after the other, in the order they came', async () => {
  const lane = new Lane()
  const places = { first: lane.join({}), second: lane.join({}), third: lane.join({}) }
  expect(await going(places)).toEqual(['first'])
  places.first.leave()
  expect(await going(places)).toEqual(['first', 'second'])
  places.third.leave()
  places.second.leave()
  expect(await going({ late: lane.join({}) })).toEqual(['late'])
})

test('what an owner starts while it has its turn goes at once, and holds the turn', async () => {
  const lane = new Lane()
  const owner = {}
  const places = { one: lane.join(owner), other: lane.join({}), two: lane.join(owner) }
  expect(await going(places)).toEqual(['one', 'two'])
  places.one.leave()
  places.one.leave()
  expect(await going(places)).toEqual(['one', 'two'])
  places.two.leave()
  expect(await going(places)).toEqual(['one', 'other', 'two'])
})
