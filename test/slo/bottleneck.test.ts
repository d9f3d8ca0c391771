import { describe, expect, test } from 'vitest'
import type { MachineReport, ServerReport } from '../../src/result/load-result.ts'
import { describeBottleneck, describeWork } from '../../src/slo/bottleneck.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { loadResult } from '../support/result.ts'

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

function bottleneck(server: Partial<ServerReport>, machine: Partial<MachineReport> = {}, isSlow = true): string[] {
  const run = loadResult(undefined, { server: { ...idle, ...server }, machine: { ...quiet, ...machine } })
  return describeBottleneck(run, isSlow)
}

describe('where the time went', () => {
  test.each([
    [
      'others had the processors',
      { waiting: 0.41 },
      { foreign: 0.45, busy: 0.98 },
      'the server waited for a processor 41 % of the time that it wanted one: other processes took 0.9 of 2 processors',
    ],
    [
      'the generator had them',
      { waiting: 0.3, cores: 0.5 },
      { busy: 0.9 },
      'the server waited for a processor 30 % of the time that it wanted one: it shared 2 processors with the generator, which took 1.3',
    ],
    [
      'a quota',
      { throttled: 0.35, waiting: 0.4 },
      {},
      'a quota of processor time (cgroup) had stopped the server 35 % of the time: raise it, or take a lower rate',
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
      { cores: 1.02, busiestThread: 0.97 },
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
      'none of these',
      {},
      {},
      'neither the generator nor the machine was in the way: the server itself was slow (it used 0.2 of 2 processors, and waited 1 % of the time that it wanted one)',
    ],
  ])('%s', (_, server, machine, expected) => {
    expect(bottleneck(server, machine)).toEqual([expected])
  })

  test('is not said of a run that nothing was in the way of, and that is not known to be slow', () => {
    expect(bottleneck({}, {}, false)).toEqual([])
  })

  test('is not said beside a saturated generator, which says so itself', () => {
    const run = loadResult(undefined, {
      server: { ...idle, waiting: 0.5 },
      machine: quiet,
      generator: { saturated: true },
    })
    expect(describeBottleneck(run, true)).toEqual([])
  })

  test('is not said where nothing was watched', () => {
    expect(describeBottleneck(loadResult(), true)).toEqual([])
  })
})

describe('a verdict has it', () => {
  const slow = loadResult(undefined, { server: { ...idle, waiting: 0.41 }, machine: { ...quiet, foreign: 0.45 } })

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
