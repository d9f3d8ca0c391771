import { describe, expect, test } from 'vitest'
import type { LoadResult, MachineReport, ServerReport } from '../../src/result/load-result.ts'
import { describeBottleneck, describeWork } from '../../src/slo/bottleneck.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { loadResult, repeated } from '../support/result.ts'

const idle: ServerReport = {
  source: 'port',
  processes: 1,
  cpuPerPing: 0.05,
  cores: 0.2,
  busiestThread: 0.18,
  waiting: 0.01,
  rss: { start: 1, max: 1, end: 1 },
  blocks: [],
}
const quiet: MachineReport = { cores: 2, busy: 0.5, foreign: 0.01, steal: 0 }

function bottleneck(
  server: Partial<ServerReport>,
  machine: Partial<MachineReport> = {},
  { slowShare = 1, ...run }: Partial<LoadResult> & { slowShare?: number } = {},
): string[] {
  const result = { ...loadResult(), server: { ...idle, ...server }, machine: { ...quiet, ...machine }, ...run }
  return describeBottleneck(result, slowShare)
}

describe('where the time went', () => {
  test.each([
    [
      'others had the processors',
      { waiting: 0.41, cores: 0.5, busiestThread: 0.5 },
      { foreign: 0.45, busy: 0.98 },
      'the server waited for a processor 41 % of the time that it wanted one: other processes took 0.9 of 2 processors',
    ],
    [
      'the generator had them',
      { waiting: 0.3, cores: 0.6, busiestThread: 0.6 },
      { generator: 0.65 },
      "the server waited for a processor 30 % of the time that it wanted one: the generator's process took 1.3 of 2 processors, and itself 0.6",
    ],
    [
      'a quota',
      { throttled: 0.35, waiting: 0.4, cores: 0.6, busiestThread: 0.6 },
      {},
      'a quota of processor time (cgroup) had stopped the server 35 % of the time that it wanted a processor: raise it, or take a lower rate',
    ],
    [
      'the hypervisor',
      { waiting: 0.2 },
      { steal: 0.22 },
      'the hypervisor gave 22 % of the processors to other machines',
    ],
    ['memory', {}, { pressure: { memory: 0.33 } }, 'tasks of this machine waited for memory 33 % of the time'],
    [
      'its one thread',
      { cores: 1.02, busiestThread: 0.97, waiting: 0.12 },
      {},
      "the server's busiest thread used 0.97 of one processor: it is at its limit",
    ],
    [
      'one thread of several',
      { cores: 1.4, busiestThread: 0.95 },
      {},
      "the server's busiest thread used 0.95 of one processor (of 1.4 in all): it is at its limit",
    ],
    [
      'all processors',
      { cores: 1.9, busiestThread: 0.5 },
      {},
      'the server used 1.9 of 2 processors: it is at its limit',
    ],
    [
      'none of these, at work',
      { cores: 0.8, busiestThread: 0.8 },
      {},
      'neither the generator nor the machine was in the way: the server itself was slow (it used 0.8 of 2 processors, and its threads waited 2.02 µs per answer for a processor; it may have waited for a timer, a disk, a lock, or a server behind it)',
    ],
    [
      'none of these',
      {},
      {},
      'neither the generator nor the machine was in the way: the server itself was slow (it used 0.2 of 2 processors, and its threads waited 505 ns per answer for a processor; it may have waited for a timer, a disk, a lock, or a server behind it)',
    ],
  ])('%s', (_, server, machine, expected) => {
    expect(bottleneck(server, machine)).toEqual([expected])
  })

  test('is not for want of a processor if a server wants one for a small part of its latency', () => {
    const sleeping = { cores: 0.03, busiestThread: 0.03, waiting: 0.5 }
    const slow = loadResult(repeated(900, 50), { duration: 3_000 })
    expect(bottleneck(sleeping, {}, slow)[0]).toContain('the server itself was slow')
    expect(bottleneck(sleeping, {}, { ...slow, slowShare: 0 })).toEqual([])
  })

  test('is not for a quota that stopped a server for a small part of its latency', () => {
    const sleeping = { cores: 0.05, busiestThread: 0.05, waiting: 0.17, throttled: 0.17 }
    const slow = loadResult(repeated(1_000, 500), { duration: 10_000 })
    expect(bottleneck(sleeping, {}, slow)[0]).toContain('the server itself was slow')
    expect(bottleneck(sleeping, {}, { ...slow, slowShare: 0.01 })[0]).toMatch(/^a quota/)
  })

  test('is not for want of a processor if each of many answers under way waited for a small part of its latency', () => {
    const sleeping = { cores: 0.18, busiestThread: 0.18, waiting: 0.38 }
    const slow = loadResult(repeated(450, 31), { duration: 1_500 })
    expect(bottleneck(sleeping, {}, slow)[0]).toContain('the server itself was slow')
    expect(bottleneck(sleeping, {}, { ...slow, slowShare: 0.1 })[0]).toContain('waited for a processor 38 %')
  })

  test('is for want of a processor if a thread that hardly rests has many answers under way', () => {
    const queueing = { cores: 0.5, busiestThread: 0.5, waiting: 0.44 }
    const slow = loadResult(repeated(450, 31), { duration: 1_500 })
    expect(bottleneck(queueing, {}, slow)[0]).toContain('waited for a processor 44 %')
  })

  test('is for want of a processor if answers came one by one, and waited for a good part of their latency', () => {
    const quick = loadResult(repeated(3_000, 0.15), { duration: 3_000 })
    expect(bottleneck({ cores: 0.05, waiting: 0.3 }, {}, quick)[0]).toContain('waited for a processor 30 %')
  })

  test('is for want of a processor if that took as much of the time as pings were too slow', () => {
    const tail = loadResult([...repeated(900, 50), ...repeated(100, 60)], { duration: 5_000 })
    const waiting = { cores: 0.06, waiting: 0.25 }
    expect(bottleneck(waiting, {}, { ...tail, slowShare: 0.015 })[0]).toContain('waited for a processor 25 %')
    expect(bottleneck(waiting, {}, { ...tail, slowShare: 0.03 })[0]).toContain('the server itself was slow')
  })

  test('is not said of a run that nothing was in the way of, and that is not known to be slow', () => {
    expect(bottleneck({}, {}, { slowShare: 0 })).toEqual([])
  })

  test('is not the server itself beside a saturated generator, which says so, but may be a quota all the same', () => {
    const { generator } = loadResult(undefined, { generator: { saturated: true } })
    expect(bottleneck({}, {}, { generator })).toEqual([])
    const throttled = { throttled: 0.5, cores: 0.5, busiestThread: 0.5 }
    expect(bottleneck(throttled, {}, { generator })[0]).toMatch(/^a quota/)
  })

  test('is not said where nothing was watched', () => {
    expect(describeBottleneck(loadResult(), 1)).toEqual([])
  })
})

describe('a verdict has it', () => {
  const slow = loadResult(undefined, {
    server: { ...idle, cores: 0.5, busiestThread: 0.5, waiting: 0.41 },
    machine: { ...quiet, foreign: 0.45 },
  })

  test('where a latency or a rate is missed', () => {
    expect(evaluateSLO(slow, { p99: '< 5ms' }).bottleneck).toContain('the server waited for a processor 41 %')
    expect(evaluateSLO(slow, { throughput: '> 100k/s' }).bottleneck).toContain('the server waited for a processor')
  })

  test('not where the SLO is met, or what is missed is no matter of time', () => {
    expect(evaluateSLO(slow, { p99: '< 50ms' }).bottleneck).toBeUndefined()
    expect(evaluateSLO(slow, { opened: '>= 100' }).bottleneck).toBeUndefined()
  })
})

test('what two servers spend on an answer is said with its change', () => {
  expect(describeWork(idle, { ...idle, cpuPerPing: 0.06 })).toEqual([
    'processor time per answer: base 50 µs, head 60 µs (+20 %)',
  ])
  expect(describeWork(idle, { ...idle, cpuPerPing: 0.04 })[0]).toContain('(-20 %)')
  expect(describeWork(idle, undefined)).toEqual([])
  expect(describeWork(idle, { ...idle, cpuPerPing: NaN })).toEqual([])
})
