/** Agents that say things at moments that are hard to meet. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { AgentOrder } from '../../src/machines/messages.ts'
import { agent, machines, nats, natsMissing } from '../support/nats.ts'
import { parseOptions } from '../../src/options/options.ts'
import { planThreads } from '../../src/run/plan.ts'
import { rawCoordinator } from '../support/raw-coordinator.ts'
import { puppetAgent, readily, type Say } from '../support/puppet-agent.ts'
import { run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'

const load = { connections: 4, rate: '100/s', warmup: 0, duration: '10m' } as const

describe.skipIf(natsMissing() !== undefined)('an agent', () => {
  test('that is quick is not lost for one that is slow to accept', async () => {
    await using target = await echoing()
    await using server = await nats()
    await using _a = await agent(server, { name: 'a' })
    const refuse = (order: AgentOrder, say: Say): void => {
      if (order.type === 'plan') say({ type: 'leaving', reason: 'it was ended' })
    }
    await using _b = await puppetAgent(server, 'b', refuse, () => sleep(1_500))
    await expect(run({ url: target.url, ...load, ...machines(server, 2) })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: 'wsLoad: the agent b was lost: it was ended',
    })
  })

  test('that leaves when it has said that it will start ends the run before others do', async () => {
    await using target = await echoing()
    await using server = await nats()
    await using _hasty = await puppetAgent(server, 'hasty', (order, say) => {
      readily(order, say)
      if (order.type !== 'start') return
      say({ type: 'armed' })
      say({ type: 'leaving', reason: 'it was ended' })
    })
    await using _slow = await puppetAgent(server, 'slow', (order, say) => {
      readily(order, say)
      if (order.type === 'start') void sleep(300).then(() => say({ type: 'armed' }))
    })
    await expect(run({ url: target.url, ...load, ...machines(server, 2) })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: 'wsLoad: the agent hasty was lost: it was ended',
    })
  })

  test('that nobody reads any more goes on', async () => {
    await using target = await echoing()
    await using server = await nats()
    const untilItWaits = 'exec "$@" > >(head -n 2)'
    await using _one = await agent(server, { name: 'one', within: ['bash', '-c', untilItWaits, 'bash'] })
    for (const _attempt of ['first', 'second']) {
      const { ended, pings } = await run({ url: target.url, ...load, duration: 300, ...machines(server, 1) })
      expect(ended).toBe('completed')
      expect(pings.answered).toBe(pings.sent)
    }
  })

  test('that is told too late to start says so, starts nothing and is free again', async () => {
    await using target = await echoing()
    await using server = await nats()
    await using one = await agent(server, { name: 'one' })
    await using late = await rawCoordinator(server)
    late.order({ type: 'plan', floods: [planThreads(parseOptions({ connections: 2, duration: 100 }), target.url)] })
    await late.hears('connected')
    late.order({ type: 'start', at: process.uptime() - 1_000 })
    expect(await late.hears('failed')).toMatchObject({
      message: expect.stringMatching(/told to start .* ms too late$/),
    })
    await expect.poll(() => one.lines.at(-1)).toMatch(/^free again/)
    expect(target.pings).toBe(0)
  })

  test('is not blamed for a clock that it does not tell once the run is aborted', async () => {
    await using target = await echoing()
    await using server = await nats()
    await using _a = await agent(server, { name: 'a' })
    const controller = new AbortController()
    await using _b = await puppetAgent(server, 'b', (order, say) => {
      if (order.type === 'plan') say({ type: 'connected' })
      if (order.type === 'clock') controller.abort()
      if (order.type === 'abort') say({ type: 'done', reports: [[]] })
    })
    const result = await run({ url: target.url, ...load, signal: controller.signal, ...machines(server, 2) })
    expect(result).toMatchObject({ ended: 'aborted', pings: { answered: 0 } })
  })
})
