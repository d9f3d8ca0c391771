import { describe, expect, test } from 'vitest'
import type { FloodReport } from '../../src/generator/flood-report.ts'
import { Recorder } from '../../src/generator/recorder.ts'
import type { Starvation } from '../../src/generator/starvation.ts'
import type { GeneratorReport } from '../../src/result/load-result.ts'
import { reportGenerator } from '../../src/run/generator-report.ts'
import { connectionTotals } from '../support/connection-totals.ts'
import { undisturbed } from '../support/undisturbed.ts'

/** Milliseconds. */
const duration = 10_000

type Thread = Partial<Omit<FloodReport, 'starvation'>> & { starvation?: Partial<Starvation>; late?: number }

function report(...threads: readonly Thread[]): GeneratorReport {
  const reports = threads.map(({ starvation, late = 0, ...rest }): FloodReport => {
    const recording = Object.assign(new Recorder(true), { from: 0, until: duration })
    recording.sent({ due: 0, sent: late })
    recording.answered({ due: 0, sent: late, floor: late + 5, ceiling: late + 5 })
    return {
      ending: 'completed',
      duration,
      lastAnswer: duration,
      lastSent: duration,
      timedOutAtEnd: 0,
      connections: connectionTotals({ requested: 1 }),
      recording,
      slices: recording.slices(),
      spent: { active: 700, polling: 9_000, cpu: 9_700 },
      spentOver: duration,
      gcPauses: { count: 0, total: 0, max: 0 },
      starvation: { ...undisturbed, ...starvation },
      quota: undefined,
      fanOut: undefined,
      afterSilence: { timedOut: 0, lost: 0, dropped: 0, failed: 0, closedEarly: 0, failedReconnects: 0 },
      ...rest,
    }
  })
  return reportGenerator(reports, duration)
}

describe('a generator that', () => {
  test('ran all the time is not saturated', () => {
    expect(report({})).toMatchObject({
      saturated: false,
      reasons: [],
      starvation: { throttled: undefined, waiting: 0, stopped: 0, memoryStall: 0 },
    })
  })

  test.each([
    [{ queued: 2_400 }],
    [{ queued: 2_000, throttled: 1_500, notRunning: 2_300 }],
    [{ notRunning: 500, overslept: 400 }],
    [{ memoryStall: 9_000 }],
    [{ memoryStall: 9_000, notRunning: 2_400 }],
    [{ asleep: 90 }],
  ])('lost a little of the time is not: %j', (starvation) => {
    expect(report({ starvation })).toMatchObject({ saturated: false, reasons: [] })
  })

  test('waited for others says so', () => {
    const { saturated, reasons, starvation } = report({ starvation: { queued: 3_100, notRunning: 2_900 } })
    expect(saturated).toBe(true)
    expect(starvation).toMatchObject({ waiting: 0.31, stopped: 0 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads waited 31 % of the time for a processor that others had: let nothing else run meanwhile",
      ]
    `)
  })

  test('waited for others, with several threads, may take fewer', () => {
    const threads = [{ starvation: { queued: 3_100 } }, { starvation: { queued: 3_000 } }]
    expect(report(...threads).reasons).toMatchInlineSnapshot(`
      [
        "its threads waited 31 % of the time for a processor that others had: let nothing else run meanwhile, or take fewer threads",
      ]
    `)
  })

  test('waited until after the measured window, waited for no more than all of it', () => {
    const { reasons, starvation } = report({ starvation: { queued: 20_900 } })
    expect(starvation).toMatchObject({ waiting: 1 })
    expect(reasons.join()).toContain('its threads waited 100 % of the time')
  })

  test('used up its quota says so', () => {
    const throttled = { queued: 7_300, throttled: 9_000, notRunning: 7_000 }
    const { reasons, starvation } = report({ starvation: throttled, quota: 0.25 })
    expect(starvation).toMatchObject({ throttled: 0.73, waiting: 0, stopped: 0 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "a quota of 0.25 CPU (cgroup) stopped its threads 73 % of the time: raise the quota, or take a lower rate and fewer connections",
      ]
    `)
  })

  test('was stopped says so', () => {
    const { reasons, starvation } = report({ starvation: { queued: 100, notRunning: 2_100, overslept: 1_000 } })
    expect(starvation).toMatchObject({ waiting: 0.01, stopped: 0.3 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads were stopped for 3 s (by a signal, with their container or the machine, or by waiting for a disk): let them run on",
      ]
    `)
  })

  test('slept with its machine was stopped', () => {
    const { reasons, starvation } = report({ starvation: { asleep: 3_600_000 } })
    expect(starvation).toMatchObject({ stopped: 1 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads were stopped for 60 min (by a signal, with their container or the machine, or by waiting for a disk): let them run on",
      ]
    `)
  })

  test('did not run on a system that does not say why leaves it open', () => {
    const { reasons, starvation } = report({ starvation: { ...undisturbed, queued: undefined, overslept: 3_000 } })
    expect(starvation).toMatchObject({ waiting: undefined, stopped: 0.3 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads did not run for 3 s: let nothing else run meanwhile, and nothing stop them",
      ]
    `)
  })

  test('waited for memory says so', () => {
    const { reasons, starvation } = report({ starvation: { memoryStall: 2_000, notRunning: 3_000 } })
    expect(starvation).toMatchObject({ stopped: 0.1, memoryStall: 0.2 })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads waited 20 % of the time for memory: take fewer connections, or let others use less of it",
        "its threads were stopped for 1 s (by a signal, with their container or the machine, or by waiting for a disk): let them run on",
      ]
    `)
  })

  test('collected garbage for long says so', () => {
    const { reasons } = report({ gcPauses: { count: 9, total: 1_400, max: 250 } })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "garbage collection took 14 % of the time, up to 250 ms at once: take smaller messages or more threads",
      ]
    `)
  })

  test('lost time in several ways says which, the most of it first', () => {
    const starvation = { queued: 1_500, throttled: 1_200, notRunning: 4_500 }
    const { reasons } = report({ starvation, quota: 1.5 })
    expect(reasons).toHaveLength(3)
    expect(reasons.map((reason) => /stopped for|quota|waited/.exec(reason)![0])).toEqual([
      'stopped for',
      'quota',
      'waited',
    ])
  })

  test('is as starved as the thread that lost most', () => {
    const { starvation } = report({ starvation: { queued: 500 } }, { starvation: { queued: 2_000 } }, {})
    expect(starvation?.waiting).toBe(0.2)
  })

  test('sent late, and was idle, is not told to take a lower rate', () => {
    const { saturated, reasons } = report({ late: 40, starvation: { queued: 500 } })
    expect(saturated).toBe(true)
    expect(reasons).toMatchInlineSnapshot(`
      [
        "pings left up to 40 ms late (p99) though its event loop was busy 7 % of the time only",
        "its threads waited 5 % of the time for a processor that others had: let nothing else run meanwhile",
      ]
    `)
  })

  test('sent late, and was idle, and knows no reason, asks for a quiet machine', () => {
    expect(report({ late: 40 }).reasons).toMatchInlineSnapshot(`
      [
        "pings left up to 40 ms late (p99) though its event loop was busy 7 % of the time only: let nothing else run meanwhile",
      ]
    `)
  })

  test('sent late because it was starved is told of that', () => {
    const { reasons } = report({ late: 40, starvation: { queued: 3_100 } })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "its threads waited 31 % of the time for a processor that others had: let nothing else run meanwhile",
        "pings left up to 40 ms late (p99)",
      ]
    `)
  })

  test('sent late because it was busy is told to take a lower rate', () => {
    const { reasons } = report({ late: 40, spent: { active: 6_000, polling: 0, cpu: 6_000 } })
    expect(reasons).toMatchInlineSnapshot(`
      [
        "pings left up to 40 ms late (p99): take a lower rate or more threads",
      ]
    `)
  })
})

test('what failed after silences is that of all threads', () => {
  const afterSilence = {
    timedOut: 1,
    lost: 2,
    dropped: 3,
    failed: 4,
    closedEarly: 5,
    failedReconnects: 6,
  }
  expect(report({ afterSilence }, { afterSilence }).afterSilence).toEqual({
    timedOut: 2,
    lost: 4,
    dropped: 6,
    failed: 8,
    closedEarly: 10,
    failedReconnects: 12,
  })
})
