import { setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { processUsages } from '../../src/system/process-usage.ts'
import { dutyCycle, floodInProcess, oneStop } from '../support/flood-process.ts'
import { echoing, impatient } from '../support/servers.ts'
import { canCrowd, crowd, quotaOf } from '../support/starving.ts'

const load = { connections: 10, duration: 2_000 }
/** More than any server can do. */
const unreachable = { throughput: '> 100000k/s' }

describe('a generator that is stopped', () => {
  test('again and again blames no server for the pings that it did not send', async () => {
    await using server = await echoing()
    const summary = await floodInProcess({ ...load, url: server.url }, { meanwhile: dutyCycle(100, 150) })
    const { saturated, reasons, starvation } = summary.generator
    expect(saturated).toBe(true)
    expect(starvation!.stopped).toBeGreaterThan(0.4)
    expect(reasons.join('\n')).toMatch(/its threads were stopped for [\d.]+ m?s \(by a signal/)
    expect(reasons.join('\n')).not.toMatch(/lower rate|quota/)
    expect(evaluateSLO(summary, unreachable).verdict).toBe('inconclusive')
  })

  test('for longer than a server waits for its pongs blames no server for the connections that this cost', async () => {
    await using server = await impatient(1_000)
    const options = { ...load, duration: 4_000, url: server.url }
    const stop = async (pid: number): Promise<void> => {
      await expect.poll(() => server.sockets.size).toBe(10)
      await oneStop(200, 2_500)(pid)
    }
    const summary = await floodInProcess(options, { meanwhile: stop })
    expect(summary.connections.closedEarly).toBe(10)
    expect(summary.generator.afterSilence!.closedEarly).toBe(10)
    const { verdict, reasons } = evaluateSLO(summary, { p99: '< 1h' })
    expect(verdict).toBe('inconclusive')
    expect(reasons.join('\n')).toContain('10 of 10 connections ended before the run did; the generator did not run for')
  })

  test('blames a server for what it ends at another time', async () => {
    await using server = await impatient(5_000)
    const options = { ...load, duration: 4_000, url: server.url }
    const ends = async (): Promise<void> => {
      await expect.poll(() => server.sockets.size).toBe(10)
      await oneStop(200, 700)(await pid)
      setTimeout(() => [...server.sockets][0]!.terminate(), 1_500)
    }
    let told: (pid: number) => void
    const pid = new Promise<number>((resolve) => (told = resolve))
    const summary = await floodInProcess(options, { prepare: (id) => told(id), meanwhile: ends })
    expect(summary.connections.closedEarly).toBe(1)
    expect(evaluateSLO(summary, { p99: '< 1h' }).verdict).toBe('fail')
  })
})

test.skipIf(!canCrowd)('a generator beside others on its processor says that they had it', async () => {
  await using server = await echoing()
  const crowds: Disposable[] = []
  try {
    const options = { ...load, connections: 64, url: server.url }
    const summary = await floodInProcess(options, { prepare: (pid) => crowds.push(crowd(pid, 2)) })
    const { saturated, reasons, starvation } = summary.generator
    expect(saturated).toBe(true)
    expect(starvation!.waiting).toBeGreaterThan(0.15)
    expect(reasons[0]).toMatch(/its threads waited [\d.]+ % of the time for a processor that others had/)
    expect(evaluateSLO(summary, unreachable).verdict).toBe('inconclusive')
  } finally {
    for (const one of crowds) one[Symbol.dispose]()
  }
})

test('a generator with a quota says that it was used up', async ({ skip }) => {
  using quota = quotaOf(0.5)
  if (quota === undefined) return skip('no quota can be set: needs root and a control group for processor time')
  await using server = await echoing()
  const options = { ...load, url: server.url }
  const summary = await floodInProcess(options, { prepare: (pid) => quota.limit(pid) })
  const { saturated, reasons, starvation } = summary.generator
  expect(saturated).toBe(true)
  expect(starvation!.throttled).toBeGreaterThan(0.02)
  expect(reasons.join('\n')).toMatch(/a quota of 0\.5 CPU \(cgroup\) stopped its threads [\d.]+ % of the time/)
  expect(summary.options.threads).toBe('auto')
  expect(summary.generator.threads).toBe(1)
  expect(evaluateSLO(summary, unreachable).verdict).toBe('inconclusive')
})

test.runIf(canCrowd)('a generator with one processor does not use it up by waiting for the next ping', async () => {
  await using server = await echoing()
  const options = { ...load, rate: 1_000, url: server.url }
  let [before, after] = [0, 0]
  const { generator, pings } = await floodInProcess(options, {
    prepare: (pid) => {
      crowd(pid, 0)
      before = processUsages([pid]).get(pid)!.cpu
    },
    meanwhile: async (pid, ended) => {
      while (!ended.aborted) {
        after = processUsages([pid]).get(pid)?.cpu ?? after
        await elapsed(20)
      }
    },
  })
  expect(pings.sent).toBe(2_000)
  // A loop that polls as long as no ping is due uses the two seconds up.
  expect(after - before).toBeGreaterThan(0)
  expect(after - before).toBeLessThan(1_500)
  expect(generator.starvation!.stopped).toBeLessThan(0.3)
})
