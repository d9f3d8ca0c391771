/** Agents that are lost, in each phase of a run and in each way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCapacity } from '../../src/options/capacity.ts'
import type { LoadResult } from '../../src/result/load-result.ts'
import { findCapacity } from '../../src/run/capacity.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { answeringWith } from '../support/handshakes.ts'
import { agent, type AgentProcess, machines, nats, natsMissing, type NatsServer } from '../support/nats.ts'
import { isAlive } from '../support/processes.ts'
import { run } from '../support/run.ts'
import { dead, delaying, echoing, silent } from '../support/servers.ts'

const missing = natsMissing()
/** A run that would take longer than any test. */
const long = { connections: 4, rate: '100/s', warmup: 0, duration: '10m' } as const

/** What a run fails with. */
function failureOf(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** What is said of a run that has lost the agent b: nothing is judged, and what the other one measured is kept. */
function expectLost(result: LoadResult, reason: RegExp): void {
  const [a, b] = result.machines!
  expect(result.ended).toBe('incomplete')
  expect([a!.name, a!.lost]).toEqual(['a', undefined])
  expect(a!.pings!.answered).toBeGreaterThan(0)
  expect(result.pings.answered).toBe(a!.pings!.answered)
  expect([b!.name, b!.connections, b!.pings]).toEqual(['b', 2, undefined])
  expect(b!.lost!.reason).toMatch(reason)
  const { verdict, vacuous, reasons } = evaluateSLO(result, { p99: '< 1h' })
  expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
  expect(reasons.join()).toMatch(
    /the agent b was lost .* into the measured window: .* 2 connections measured is missing/,
  )
}

describe.skipIf(missing !== undefined)('of two agents', () => {
  let server: NatsServer
  let a: AgentProcess
  beforeAll(async () => {
    server = await nats()
    a = await agent(server, { name: 'a' })
  })
  afterAll(async () => {
    await a[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  /** The other one is free for the next run. */
  async function expectFree(): Promise<void> {
    await expect.poll(() => a.lines.at(-1)).toMatch(/^free again/)
  }

  test.each([
    ['killed', 'SIGKILL', /^nothing was heard of it for 3 s$/],
    ['stopped', 'SIGSTOP', /^nothing was heard of it for 3 s$/],
    ['ended', 'SIGTERM', /^it was ended$/],
  ] as const)('one that is %s while it measures ends the run', async (_, signal, reason) => {
    await using target = await echoing()
    await using b = await agent(server, { name: 'b' })
    const running = run({ url: target.url, ...long, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    process.kill(b.pid, signal)
    try {
      expectLost(await running, reason)
      await expectFree()
    } finally {
      if (isAlive(b.pid)) process.kill(b.pid, 'SIGCONT')
    }
  })

  test('one that is killed ends a run that looks at what it has', async () => {
    await using target = await echoing()
    await using b = await agent(server, { name: 'b' })
    const until = { p99: '< 1us' }
    const { duration: _, ...endless } = long
    const running = run({ url: target.url, ...endless, maxDuration: '10m', until, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    process.kill(b.pid, 'SIGKILL')
    expect(await running).toMatchObject({ ended: 'incomplete' })
    await expectFree()
  })

  test('the only one that is killed ends such a run with an error', async () => {
    await using target = await echoing()
    await using only = await agent(server, { name: 'only', group: 'alone' })
    const { duration: _, ...endless } = long
    const until = { p99: '< 1us', errorRate: '< 1%' }
    const asked = { ...endless, connections: 1, maxDuration: '10m', until, ...machines(server, 1, { group: 'alone' }) }
    const failure = failureOf(run({ url: target.url, ...asked }))
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    process.kill(only.pid, 'SIGKILL')
    expect(await failure).toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: 'wsLoad: the agent only was lost: nothing was heard of it for 3 s',
    })
  })

  test('one that was stopped is free again when it goes on', async () => {
    await using target = await echoing()
    await using b = await agent(server, { name: 'b' })
    const running = run({ url: target.url, ...long, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    process.kill(b.pid, 'SIGSTOP')
    await running
    process.kill(b.pid, 'SIGCONT')
    await expect.poll(() => b.lines.at(-1)).toMatch(/^free again/)
    await expect.poll(() => target.connections()).toBe(0)
  })

  test(
    'the only one that is gone ends a search for a capacity, and what it found is kept',
    { timeout: 120_000 },
    async () => {
      await using target = await delaying(50)
      await using only = await agent(server, { name: 'only', group: 'alone' })
      const load = { connections: 1, from: 20, to: 500, ...machines(server, 1, { group: 'alone', wait: '5s' }) }
      const search = parseCapacity({ url: target.url, slo: { p50: '< 5ms' }, warmup: 0, ...load })
      const kill = (): void => {
        if (isAlive(only.pid)) process.kill(only.pid, 'SIGKILL')
      }
      const { steps } = await findCapacity(search, { onStep: kill })
      const tooFew = expect.stringMatching(/^expected 1 free agent /)
      expect(steps).toMatchObject([{ summary: {} }, { verdict: 'inconclusive', reasons: [tooFew] }])
    },
  )

  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'one that gets %s while it connects is an error, and nobody starts',
    async (signal) => {
      await using target = await answeringWith('', 'stay')
      await using b = await agent(server, { name: 'b' })
      const running = run({ url: target.url, ...long, connectTimeout: '5m', ...machines(server, 2) })
      const failure = failureOf(running)
      await expect.poll(() => target.connections()).toBe(4)
      process.kill(b.pid, signal)
      expect(await failure).toMatchObject({
        code: 'WSLOAD_ERR_AGENTS',
        message: 'wsLoad: the agent b was lost: nothing was heard of it for 3 s',
      })
      await expectFree()
    },
  )

  test.each(['SIGKILL', 'SIGSTOP'] as const)('one that gets %s while it drains ends the run', async (signal) => {
    await using target = await silent()
    await using b = await agent(server, { name: 'b' })
    const options = { ...long, duration: '300ms', timeout: '5m', drain: '5m' } as const
    const running = run({ url: target.url, ...options, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThanOrEqual(28)
    process.kill(b.pid, signal)
    const { ended, machines: both } = await running
    expect(ended).toBe('incomplete')
    expect(both!.map(({ lost }) => lost?.reason)).toEqual([undefined, 'nothing was heard of it for 3 s'])
    await expectFree()
  })

  test('without a connection left end a rate at once, however long it was to be', async () => {
    await using nobody = await dead()
    await using _b = await agent(server, { name: 'b' })
    const { ended, connections, machines: both } = await run({ url: nobody.url, ...long, ...machines(server, 2) })
    expect(ended).toBe('disconnected')
    expect(connections).toMatchObject({ requested: 4, opened: 0, failed: 4 })
    expect(both!.map(({ opened, lost }) => [opened, lost])).toEqual([
      [0, undefined],
      [0, undefined],
    ])
    await expectFree()
  })

  test('one without file descriptors is an error that names it, and the setting to change', async () => {
    await using target = await echoing()
    await using _b = await agent(server, { name: 'b', limit: 'ulimit -n 100' })
    const many = { ...long, connections: 200 }
    await expect(run({ url: target.url, ...many, ...machines(server, 2) })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_MACHINE_LIMIT',
      message: expect.stringMatching(/100 connections need as many file descriptors.*ulimit -n.*\(of the agent b\)/s),
    })
    await expectFree()
  })

  test('both are free again when their coordinator is killed', { timeout: 90_000 }, async () => {
    await using target = await echoing()
    await using b = await agent(server, { name: 'b' })
    const program = join(import.meta.dirname, '../../src/cli/main.ts')
    const flags = ['-c', '4', '-r', '100/s', '-d', '10m', '--nats', server.url, '--agents', '2']
    const coordinator = spawn(process.execPath, [program, target.url, ...flags], { stdio: 'ignore' })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    coordinator.kill('SIGKILL')
    await once(coordinator, 'exit')
    await expectFree()
    await expect.poll(() => b.lines.at(-1)).toBe('free again: nothing was heard of its coordinator for 10 s')
    await expect.poll(() => target.connections()).toBe(0)
  })
})

describe.skipIf(missing !== undefined)('NATS', () => {
  test('that is restarted while agents measure ends the run, and nothing measured is lost', async () => {
    await using target = await echoing()
    const first = await nats()
    await using a = await agent(first, { name: 'a' })
    await using b = await agent(first, { name: 'b' })
    const running = run({ url: target.url, ...long, ...machines(first, 2) })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    await first[Symbol.asyncDispose]()
    await using _second = await nats([], first.port)
    const result = await running
    expect(result.ended).toBe('incomplete')
    expect(result.pings.answered).toBeGreaterThan(40)
    expect(result.machines!.map(({ pings }) => pings!.answered > 0)).toEqual([true, true])
    expect(evaluateSLO(result, { p99: '< 1h' }).reasons.join()).toMatch(
      /the agent a was lost .*: the coordinator's connection to NATS was lost; what came later is missing/,
    )
    for (const one of [a, b]) await expect.poll(() => one.lines.at(-1)).toMatch(/^free again/)
  })

  test('that goes away for good ends the run with an error, and agents wait for it', { timeout: 90_000 }, async () => {
    await using target = await echoing()
    const first = await nats()
    await using a = await agent(first, { name: 'a' })
    const running = run({ url: target.url, ...long, ...machines(first, 1) })
    const failure = failureOf(running)
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    await first[Symbol.asyncDispose]()
    expect(await failure).toMatchObject({
      code: 'WSLOAD_ERR_NATS',
      message: 'wsLoad: the connection to NATS was lost, and what the agents measured with it',
    })
    await expect.poll(() => target.connections()).toBe(0)
    await using again = await nats([], first.port)
    const { ended } = await run({
      url: target.url,
      connections: 4,
      pings: 20,
      warmup: 0,
      ...machines(again, 1, { wait: '30s' }),
    })
    expect(ended).toBe('completed')
    expect(isAlive(a.pid)).toBe(true)
  })

  test('that is not there is an error that says where it was looked for', async () => {
    const nowhere = { url: 'nats://user:secret@127.0.0.1:1' }
    await expect(run({ url: 'ws://127.0.0.1:1', connections: 1, ...machines(nowhere, 1) })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_NATS',
      message: expect.stringMatching(
        /^wsLoad: no connection to NATS at 127\.0\.0\.1:1: .*ECONNREFUSED.*; look at machines\.nats/,
      ),
    })
  })
})
