/** Fan-outs whose publishers and subscribers are on several machines. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseFanOut, safeParseFanOut } from '../../src/options/fan-out.ts'
import { membersOf } from '../../src/generator/fan-out.ts'
import { mqtt } from '../../src/protocols/index.ts'
import { planThreads } from '../../src/run/plan.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { mosquitto, mosquittoMissing } from '../support/mosquitto.ts'
import { moduleFile } from '../support/module-file.ts'
import { passingOn, type RoomsOptions } from '../support/rooms.ts'
import { agent, agents, machines, nats, natsMissing } from '../support/nats.ts'
import { fanOut } from '../support/run.ts'

const protocol = mqtt.topic({ topic: 'rooms/%r' })
const roles = { subscribers: 12, publishers: 2, rooms: 2 } as const

describe.skipIf(natsMissing() !== undefined || mosquittoMissing() !== undefined)('a fan-out over two agents', () => {
  test('times what each machine publishes and receives, and takes nothing of the other one for it', async () => {
    await using broker = await mosquitto()
    await using server = await nats()
    await using _two = await agents(server, ['a', 'b'])
    const load = { ...roles, rate: '40/s', duration: '4s', warmup: 0 } as const
    const summary = await fanOut({ url: broker.url, ...load, protocol, ...machines(server, 2) })
    // Each of 160 messages reaches the three members of its room on its own machine, and as many on the other one.
    expect(summary).toMatchObject({
      expected: 480,
      delivered: 480,
      missed: 0,
      duplicates: 0,
      outOfOrder: 0,
      misrouted: 0,
      errors: {},
      // Before: 14 connects and 12 subscriptions that are acknowledged.
      messages: { received: 960 + 26, unsolicited: 0 },
      connections: { requested: 14, opened: 14 },
    })
    expect(summary.fanOut.completion.pings).toMatchObject({ sent: 160, answered: 160 })
    expect(summary.machines!.map(({ connections, pings }) => [connections, pings!.answered])).toEqual([
      [7, 240],
      [7, 240],
    ])
    expect(evaluateSLO(summary, { reach: '>= 100%' }).verdict).toBe('pass')
  })
})

describe.skipIf(natsMissing() !== undefined)('what one machine publishes and others receive', () => {
  async function outcomeOf(server: RoomsOptions, duration: `${number}s`, slo: SLO = { reach: '>= 100%' }) {
    await using broker = await nats()
    await using _a = await agent(broker, { name: 'a', args: ['--allow-code', '--local-address', '127.0.0.2'] })
    await using _b = await agent(broker, { name: 'b', args: ['--allow-code', '--local-address', '127.0.0.3'] })
    // A module that travels finds nothing beside it.
    const source = await readFile(new URL('../support/rooms.protocol.ts', import.meta.url), 'utf8')
    const alone = source.replace(/^import .*$/m, 'const defineProtocol = <T>(protocol: T): T => protocol')
    const ofRooms = await moduleFile(alone, 'rooms.protocol.ts')
    await using rooms = await passingOn(server)
    const load = { ...roles, rate: '40/s', duration, warmup: 0 } as const
    const summary = await fanOut({ url: rooms.url, ...load, protocol: ofRooms, ...machines(broker, 2) })
    expect(summary.missed).toBe(0)
    const { verdict, vacuous, reasons } = evaluateSLO(summary, slo)
    const { machines: both, misrouted, duplicates } = summary
    return { verdict, vacuous, reasons, machines: both!, misrouted, duplicates }
  }

  test('is counted where it comes', async () => {
    const { verdict, machines: both } = await outcomeOf({}, '4s')
    expect(verdict).toBe('pass')
    for (const { fromOthers, expectedFromOthers, missedFromOthers } of both) {
      // 80 messages to three members each; what was published in the last second or two need not have come.
      expect(fromOthers).toBe(240)
      expect(expectedFromOthers).toBeGreaterThan(0)
      expect(expectedFromOthers).toBeLessThan(240)
      expect(missedFromOthers).toBe(0)
    }
  })

  test('never passes where none of it comes, however complete it is on its own machine', async () => {
    const { verdict, vacuous, reasons, machines: both } = await outcomeOf({ crosses: () => 0 }, '1s')
    expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
    expect(reasons).toEqual([
      'nothing that other agents published came to the subscribers of the agent a, ' +
        'nothing that other agents published came to the subscribers of the agent b',
    ])
    expect(both.map(({ fromOthers }) => fromOthers)).toEqual([0, 0])
  })

  test('never passes where nobody had the time to see whether all of it comes', async () => {
    const { verdict, reasons } = await outcomeOf({}, '1s')
    expect(verdict).toBe('inconclusive')
    expect(reasons).toContain(
      'the run was too short to tell whether all that other agents publish comes to the subscribers of the agent a',
    )
  })

  test('passes where it takes its time', async () => {
    const { verdict } = await outcomeOf({ crossesIn: 300 }, '4s')
    expect(verdict).toBe('pass')
  })

  test('never passes where a part of it is lost, however much came besides', async () => {
    // The two agents publish in turns: 9 of 20 messages of each are lost to the other one.
    const crosses = (message: number): number => Number(Math.floor(message / 2) % 20 >= 9)
    const { verdict, vacuous, reasons } = await outcomeOf({ crosses }, '4s')
    expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
    const lacking =
      /^\d+ of \d+ deliveries that other agents published at least a second before had not come to the subscribers of the agent (a|b)$/
    expect(reasons.flatMap((reason) => lacking.exec(reason)?.[1] ?? [])).toEqual(['a', 'b'])
  })

  test('passes where a bound on reach allows for what is lost', async () => {
    const { verdict } = await outcomeOf({ crosses: (message) => Number(message % 16 > 0) }, '4s', { reach: '>= 50%' })
    expect(verdict).toBe('pass')
  })

  test('is a duplicate where it comes twice, and makes up for nothing', async () => {
    const { verdict, duplicates, machines: both } = await outcomeOf({ crosses: () => 2 }, '1s', { duplicates: '<= 0' })
    expect(verdict).toBe('fail')
    expect(duplicates).toBeGreaterThan(100)
    expect(both.map(({ fromOthers }) => fromOthers)).toEqual([60, 60])
  })

  test('is misrouted in a room that it was not published to', async () => {
    const { verdict, misrouted, machines: both } = await outcomeOf({ leaks: true }, '1s')
    expect(verdict).toBe('fail')
    expect(misrouted).toBe(240)
    expect(both.map(({ fromOthers }) => fromOthers)).toEqual([60, 60])
  })
})

describe('of several machines', () => {
  const machinesOf = (agentsCount: number) => ({ machines: { nats: 'nats://h', agents: agentsCount } })

  test('each has members of its own, numbered and spread over rooms as those of one machine are', () => {
    const options = parseFanOut({ url: 'ws://h', ...roles, publishers: 5, protocol, ...machinesOf(3) })
    const members = (threads: readonly number[]): unknown[] =>
      planThreads(options, 'ws://h', undefined, threads)
        .flatMap(({ fanOut: plan }) => membersOf(plan!))
        .toSorted((one, other) => one.index - other.index)
    expect(members([2, 1, 1])).toEqual(members([4]))
    expect(members([4]).map((member) => (member as { index: number }).index)).toEqual(
      Array.from({ length: 17 }, (_, nth) => nth),
    )
  })

  test('each has a subscriber in each room and a publisher, or it is a mistake', () => {
    expect(safeParseFanOut({ url: 'ws://h', ...roles, protocol, ...machinesOf(7) })).toEqual({
      mistakes: [
        'publishers: expected one for each of 7 agents, got 2',
        'subscribers: expected one for each of 7 agents in each of 2 rooms, got 12',
      ],
    })
  })

  test('each has a publisher if nothing is said of them', () => {
    expect(parseFanOut({ url: 'ws://h', protocol, ...machinesOf(3) }).fanOut).toMatchObject({ publishers: 3, rooms: 1 })
  })

  test('each has what it needs of both, however few threads it has', () => {
    const counts = { subscribers: 600, publishers: 100, rooms: 100 }
    const options = parseFanOut({ url: 'ws://h', ...counts, protocol, ...machinesOf(3) })
    const plans = planThreads(options, 'ws://h', undefined, [7, 1, 7]).map((plan) => plan.fanOut!)
    const ofMachine = [0, 1, 2].map((machine) => plans.filter((plan) => plan.machine === machine).flatMap(membersOf))
    for (const members of ofMachine) {
      const subscribed = new Set(members.filter(({ role }) => role === 'subscriber').map(({ room }) => room))
      expect(subscribed.size).toBe(100)
      expect(members.some(({ role }) => role === 'publisher')).toBe(true)
    }
    expect(ofMachine.flat()).toHaveLength(700)
    expect(new Set(ofMachine.flat().map(({ index }) => index)).size).toBe(700)
  })
})
