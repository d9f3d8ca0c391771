/** Fan-outs whose publishers and subscribers are on several machines. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseFanOut, safeParseFanOut } from '../../src/options/fan-out.ts'
import { membersOf } from '../../src/generator/fan-out.ts'
import { mqtt } from '../../src/protocols/index.ts'
import { planThreads } from '../../src/run/plan.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { mosquitto, mosquittoMissing } from '../support/mosquitto.ts'
import { moduleFile } from '../support/module-file.ts'
import { passingOn } from '../support/rooms.ts'
import { agent, agents, machines, nats, natsMissing } from '../support/nats.ts'
import { fanOut } from '../support/run.ts'

const protocol = mqtt.topic({ topic: 'rooms/%r' })
const roles = { subscribers: 12, publishers: 2, rooms: 2 } as const

describe.skipIf(natsMissing() !== undefined || mosquittoMissing() !== undefined)('a fan-out over two agents', () => {
  test('times what each machine publishes and receives, and takes nothing of the other one for it', async () => {
    await using broker = await mosquitto()
    await using server = await nats()
    await using _two = await agents(server, ['a', 'b'])
    const load = { ...roles, rate: '40/s', duration: '1s', warmup: 0 } as const
    const summary = await fanOut({ url: broker.url, ...load, protocol, ...machines(server, 2) })
    // Each of 40 messages reaches the three members of its room on its own machine, and as many on the other one.
    expect(summary).toMatchObject({
      expected: 120,
      delivered: 120,
      missed: 0,
      duplicates: 0,
      outOfOrder: 0,
      misrouted: 0,
      errors: {},
      // Before: 14 connects and 12 subscriptions that are acknowledged.
      messages: { received: 240 + 26, unsolicited: 0 },
      connections: { requested: 14, opened: 14 },
    })
    expect(summary.fanOut.completion.pings).toMatchObject({ sent: 40, answered: 40 })
    expect(summary.machines!.map(({ connections, pings }) => [connections, pings!.answered])).toEqual([
      [7, 60],
      [7, 60],
    ])
    expect(evaluateSLO(summary, { reach: '>= 100%' }).verdict).toBe('pass')
  })
})

test.skipIf(natsMissing() !== undefined)(
  'what reaches only those of its own machine never passes, however complete it is there',
  async () => {
    await using server = await nats()
    await using _a = await agent(server, { name: 'a', args: ['--allow-code', '--local-address', '127.0.0.2'] })
    await using _b = await agent(server, { name: 'b', args: ['--allow-code', '--local-address', '127.0.0.3'] })
    // A module that travels finds nothing beside it.
    const source = await readFile(new URL('../support/rooms.protocol.ts', import.meta.url), 'utf8')
    const alone = source.replace(/^import .*$/m, 'const defineProtocol = <T>(protocol: T): T => protocol')
    const ofRooms = await moduleFile(alone, 'rooms.protocol.ts')
    const outcomeOf = async (isles: boolean) => {
      await using rooms = await passingOn({ isles })
      const load = { ...roles, rate: '40/s', duration: '1s', warmup: 0 } as const
      const summary = await fanOut({ url: rooms.url, ...load, protocol: ofRooms, ...machines(server, 2) })
      expect(summary.missed).toBe(0)
      const { verdict, reasons } = evaluateSLO(summary, { reach: '>= 100%' })
      return { verdict, reasons, fromOthers: summary.machines!.map(({ fromOthers }) => fromOthers) }
    }
    expect(await outcomeOf(false)).toEqual({ verdict: 'pass', reasons: [], fromOthers: [60, 60] })
    expect(await outcomeOf(true)).toEqual({
      verdict: 'inconclusive',
      reasons: [
        'nothing that other agents published came to the subscribers of the agent a, ' +
          'nothing that other agents published came to the subscribers of the agent b',
      ],
      fromOthers: [0, 0],
    })
  },
)

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

  test('each has a subscriber in each room, or it is a mistake', () => {
    expect(safeParseFanOut({ url: 'ws://h', ...roles, protocol, ...machinesOf(7) })).toEqual({
      mistakes: ['subscribers: expected one for each of 7 agents in each of 2 rooms, got 12'],
    })
  })
})
