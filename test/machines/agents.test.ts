import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { formatSummary } from '../../src/report/text.ts'
import { fromJSON } from '../../src/result/from-json.ts'
import { formatJSON, toJSON } from '../../src/result/json.ts'
import { floodAt } from '../support/flood.ts'
import { agents, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { compare, run } from '../support/run.ts'
import { delaying, echoing, silent } from '../support/servers.ts'

const missing = natsMissing()

describe.skipIf(missing !== undefined)('a run over two agents', () => {
  let server: NatsServer
  let two: Awaited<ReturnType<typeof agents>>
  beforeAll(async () => {
    server = await nats()
    two = await agents(server, ['a', 'b'])
  })
  afterAll(async () => {
    await two[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  test('shares connections and pings, and adds up exactly', async () => {
    await using target = await echoing()
    const options = { connections: 5, pings: 1_001, threads: 1, ...machines(server, 2) }
    const result = await floodAt(target.url, options)
    expect(result.ended).toBe('completed')
    expect(target).toMatchObject({ accepted: 5, peak: 5, pings: 1_001 })
    expect(result.connections).toMatchObject({ requested: 5, opened: 5 })
    expect(result.machines!.map(({ name, connections }) => [name, connections])).toEqual([
      ['a', 2],
      ['b', 3],
    ])
    const sum = result.machines!.reduce((all, { pings }) => all + pings!.answered, 0)
    expect(sum).toBe(result.pings.answered)
    expect(result.generator.threads).toBe(2)
    for (const { clockUncertainty, environment, generator } of result.machines!) {
      expect(clockUncertainty).toBeGreaterThan(0)
      expect(clockUncertainty).toBeLessThanOrEqual(5)
      expect(environment.version).toBe(result.environment.version)
      expect(generator!.threads).toBe(1)
    }
  })

  test('has a rate of all agents together, and starts at one instant', async () => {
    await using target = await echoing()
    const { pings, intervals, slices } = await floodAt(target.url, {
      connections: 4,
      rate: '400/s',
      duration: '1s',
      threads: 1,
      ...machines(server, 2),
    })
    expect(Math.abs(pings.due - 400)).toBeLessThanOrEqual(2)
    expect(intervals).toHaveLength(1)
    expect(slices.count * slices.length).toBeLessThan(1_100)
  })

  test('keeps the true delays of the server', async () => {
    await using target = await delaying(() => 20)
    const { latency } = await floodAt(target.url, { connections: 4, pings: 100, ...machines(server, 2) })
    expect(latency.min).toBeGreaterThanOrEqual(20)
  })

  test('ends as soon as its SLO is decided', async () => {
    await using target = await echoing()
    const { ended, machines: both } = await run({
      url: target.url,
      connections: 4,
      rate: '1k/s',
      warmup: 0,
      until: { p50: '< 5s' },
      ...machines(server, 2),
    })
    expect(ended).toBe('decided')
    expect(both).toHaveLength(2)
  })

  test('compares two servers that take turns', async () => {
    await using base = await echoing()
    await using head = await delaying(() => 40)
    const { verdict, ...runs } = await compare({
      base: { url: base.url },
      head: { url: head.url },
      connections: 4,
      rate: '200/s',
      warmup: 0,
      ...machines(server, 2),
    })
    expect(verdict.verdict).toBe('slower')
    expect(runs.head.machines!.map(({ connections }) => connections)).toEqual([2, 2])
  })

  test('is in the text, and in the JSON without what lets one in', async () => {
    await using target = await echoing()
    const credentials = { user: 'nobody', password: 'secret-of-nats' }
    const result = await floodAt(target.url, {
      connections: 4,
      pings: 100,
      ...machines(server, 2, { credentials }),
    })
    const text = formatSummary(result)
    expect(text).toMatch(/agents:\n {2}a {2}2 connections/)
    expect(fromJSON(JSON.parse(formatJSON(toJSON(result)))).machines).toEqual(
      JSON.parse(JSON.stringify(result.machines)),
    )
    expect(formatJSON(toJSON(result))).not.toContain('secret-of-nats')
    expect(result.options.machines).toEqual({ agents: 2, group: 'default' })
  })

  test('passes nothing where nothing is answered', async () => {
    await using target = await silent()
    const result = await run({
      url: target.url,
      connections: 4,
      rate: '100/s',
      warmup: 0,
      duration: '500ms',
      drain: 0,
      ...machines(server, 2),
    })
    expect(evaluateSLO(result, { p99: '< 1h' })).toMatchObject({ verdict: 'inconclusive', vacuous: true })
  })

  test('names an agent that cannot be had, and leaves the others free', async () => {
    await using target = await echoing()
    const three = { url: target.url, connections: 4, ...machines(server, 3, { wait: '600ms' }) }
    await expect(run(three)).rejects.toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: expect.stringContaining(
        "expected 3 free agents of the group 'default' within 600 ms, 2 were there: a, b",
      ),
    })
    await floodAt(target.url, { connections: 4, pings: 10, ...machines(server, 2) })
  })

  test('waits for agents that work for another run', async () => {
    await using target = await echoing()
    const options = { connections: 4, rate: '100/s', duration: '1s', ...machines(server, 2) }
    const both = await Promise.all([floodAt(target.url, options), floodAt(target.url, options)])
    expect(both.map(({ ended }) => ended)).toEqual(['completed', 'completed'])
  })

  test('is ended by its signal, and says what came until then', async () => {
    await using target = await echoing()
    const controller = new AbortController()
    const running = run({
      url: target.url,
      connections: 4,
      rate: '100/s',
      warmup: 0,
      duration: '1m',
      signal: controller.signal,
      ...machines(server, 2),
    })
    await expect.poll(() => target.pings).toBeGreaterThan(20)
    controller.abort()
    const { ended, pings } = await running
    expect(ended).toBe('aborted')
    expect(pings.answered).toBeGreaterThan(0)
  })
})
