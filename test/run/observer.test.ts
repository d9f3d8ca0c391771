import { describe, expect, test } from 'vitest'
import { fromJSON } from '../../src/result/from-json.ts'
import { toJSON } from '../../src/result/json.ts'
import type { Progress } from '../../src/run/progress.ts'
import { formatSummary } from '../../src/report/text.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { compare, run } from '../support/run.ts'
import { echoing } from '../support/servers.ts'
import { working } from '../support/working.ts'

const load = { connections: 2, rate: '100/s', warmup: '100ms' } as const

/** From now on every reading of what this process uses fails, but for the first ones, as where no file can be opened. */
function refusing(allowed: number): Disposable {
  const told = process.cpuUsage.bind(process)
  let asked = 0
  const refuse = (): NodeJS.CpuUsage => {
    if (asked++ < allowed) return told()
    throw new Error('too many open files')
  }
  const original = Object.getOwnPropertyDescriptor(process, 'cpuUsage')!
  Object.defineProperty(process, 'cpuUsage', { ...original, value: refuse })
  return {
    [Symbol.dispose]() {
      Object.defineProperty(process, 'cpuUsage', original)
    },
  }
}

describe('a server in a process of its own', () => {
  test('has used what it says it has, in the whole run and in each of its seconds', async () => {
    await using server = await working({ spin: 3 })
    const warmup = 200
    const before = await server.spent()
    const result = await run({ ...load, rate: '40/s', url: server.url, warmup, duration: '3s' })
    const spent = (await server.spent()) - before
    const { source, processes, cores, cpuPerPing, busiestThread, rss, blocks } = result.server!
    expect({ source, processes }).toEqual({ source: 'port', processes: 1 })
    // It spends 3 ms of each 25, in the warm-up too: so little that it keeps up on a busy machine.
    expect(cpuPerPing).toBeGreaterThan(2.5)
    expect(cpuPerPing).toBeLessThan(6)
    expect(cores * 3_000).toBeGreaterThan(0.6 * spent)
    expect(cores * 3_000).toBeLessThan(1.1 * spent)
    expect(busiestThread).toBeGreaterThan(0.08)
    expect(busiestThread).toBeLessThanOrEqual(cores * 1.1)
    expect(rss.max).toBeGreaterThanOrEqual(Math.max(rss.start, rss.end))
    const sum = (of: (block: (typeof blocks)[number]) => number): number =>
      blocks.reduce((all, one) => all + of(one), 0)
    expect(sum(({ cpu }) => cpu) / sum(({ pings }) => pings)).toBeCloseTo(cpuPerPing, 6)
    // A second that no reading was near the ends of is not told.
    const told = result.intervals.flatMap(({ server: use }) => use ?? [])
    expect(told.length).toBeGreaterThan(0)
    const mean = told.reduce((all, use) => all + use.cores, 0) / told.length
    expect(mean / cores).toBeGreaterThan(0.7)
    expect(mean / cores).toBeLessThan(1.3)
    for (const use of told) {
      expect(use.cpuPerPing! / cpuPerPing).toBeGreaterThan(0.4)
      expect(use.cpuPerPing! / cpuPerPing).toBeLessThan(2.5)
    }
    const pressures = result.intervals.flatMap(({ machine }) => (machine === undefined ? [] : [machine.pressure?.cpu]))
    expect(pressures.length).toBeGreaterThan(0)
    expect(pressures.map((share) => typeof share)).toEqual(pressures.map(() => typeof result.machine!.pressure?.cpu))
    for (const { machine } of result.intervals) expect(machine?.busy ?? 0).toBeLessThanOrEqual(1)
    expect(result.machine!.busy * result.machine!.cores).toBeGreaterThan(cores)
  })

  test('has done the work of the answers that came, not of those that came later', async () => {
    await using server = await working({ spin: 3 })
    const late = { rate: '600/s', duration: '2s', drain: '10s' } as const
    const { server: report, pings } = await run({ ...load, ...late, url: server.url })
    const came = report!.blocks.reduce((sum, block) => sum + block.pings, 0)
    expect(came).toBeLessThan(0.8 * pings.answered)
    expect(report!.cpuPerPing).toBeGreaterThan(2.5)
    expect(report!.cpuPerPing).toBeLessThan(6)
  })

  test('is in the text and in the JSON, and comes back from there', async () => {
    await using server = await working()
    const result = await run({ ...load, url: server.url, duration: '1s' })
    const again = fromJSON(JSON.parse(JSON.stringify(toJSON(result))))
    expect(again).toMatchObject({ server: { source: 'port', rss: result.server!.rss } })
    expect(toJSON(again)).toEqual(toJSON(result))
    const text = formatSummary(again)
    expect(text).toMatch(/^server: 1 process, [\d.]+ processors used, [\d.]+ [mµ]s CPU per ping/m)
    expect(text).toMatch(/^machine: \d+ processors?, [\d.]+ % busy/m)
    expect(evaluateSLO(again, { 'server.rss': '< 10GiB' }).verdict).toBe('pass')
    expect(evaluateSLO(again, { 'server.rss': '< 1MB' }).verdict).toBe('fail')
  })

  test('can be named, whoever listens at the port', async () => {
    await using server = await echoing()
    await using other = await working()
    const result = await run({ ...load, url: server.url, duration: '500ms', server: { pid: other.pid } })
    expect(result.server).toMatchObject({ source: 'pid', processes: 1 })
    expect(result.server!.cores).toBeLessThan(0.2)
  })

  test('is not watched by who does not want it to be, nor is the machine', async () => {
    await using server = await working()
    const {
      server: used,
      serverUnwatched,
      machine,
      intervals,
    } = await run({ ...load, url: server.url, duration: '1s', server: false })
    expect([used, serverUnwatched, machine, intervals[0]!.machine]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('is not watched in too short a run, which is said', async () => {
    await using server = await working()
    const { server: used, serverUnwatched } = await run({ url: server.url, duration: 50, warmup: 0 })
    expect([used, serverUnwatched]).toEqual([undefined, 'the run was too short for it'])
  })

  test('is not watched where the system refuses every reading, which is said and ends no run', async () => {
    await using server = await working()
    using _ = refusing(0)
    const result = await run({ ...load, url: server.url, duration: '1s' })
    expect(result).toMatchObject({
      ended: 'completed',
      serverUnwatched: 'the system refused to tell: too many open files',
    })
    expect(result.server).toBeUndefined()
    expect(result.pings.answered).toBeGreaterThan(0)
  })

  test('is watched by the readings that the system does not refuse', async () => {
    await using server = await working({ spin: 1 })
    using _ = refusing(3)
    const { server: used } = await run({ ...load, url: server.url, duration: '2s' })
    expect(used!.cpuPerPing).toBeGreaterThan(0.5)
  })

  test('is not watched if its processes have ended meanwhile, which is said', async () => {
    await using server = await working()
    const other = await working()
    let isEnding = false
    const end = ({ phase }: Progress): void => {
      if (phase === 'measuring' && !isEnding) void other[Symbol.asyncDispose]()
      isEnding ||= phase === 'measuring'
    }
    const options = { ...load, url: server.url, duration: '2500ms', server: { pid: other.pid } } as const
    const result = await run(options, { every: 50, report: end })
    expect([result.server, result.serverUnwatched]).toEqual([undefined, 'its processes have ended meanwhile'])
    expect(evaluateSLO(result, { 'server.rss': '< 10GiB' }).verdict).toBe('inconclusive')
  })

  test('has a bound on its memory, which a run ends early by if it is missed, and never if it is met so far', async () => {
    await using server = await working()
    const until = (bound: string) =>
      run({ ...load, url: server.url, until: { 'server.rss': bound }, maxDuration: '2s' })
    expect(await until('< 10GiB')).toMatchObject({ ended: 'completed' })
    expect(await until('< 1MB')).toMatchObject({ ended: 'decided' })
  })

  test('has a bound on how much its memory grows', async () => {
    await using server = await working({ keep: 2 ** 16 })
    const result = await run({ ...load, rate: '200/s', url: server.url, duration: '3s' })
    const { start, end } = result.server!.rss
    // It keeps 64 KiB of each ping.
    expect(end - start).toBeGreaterThan(10 * 2 ** 20)
    expect(evaluateSLO(result, { 'server.rssGrowth': '< 10MiB' }).verdict).toBe('fail')
    expect(evaluateSLO(result, { 'server.rssGrowth': '< 1GiB' }).verdict).toBe('pass')
  })

  test('has a bound on its work, which takes a run of some length', async () => {
    await using server = await working({ spin: 2 })
    const bounds = { 'server.cpuPerPing': '< 20ms', 'server.cores': '< 0.9' } as const
    const long = await run({ ...load, url: server.url, until: bounds })
    expect(evaluateSLO(long, bounds).verdict).toBe('pass')
    expect(evaluateSLO(long, { 'server.cpuPerPing': '< 1ms' }).verdict).toBe('fail')
    expect(evaluateSLO(long, { 'server.cores': '< 0.01' }).verdict).toBe('fail')
    expect(long.server!.blocks.length).toBeGreaterThanOrEqual(16)
    const short = await run({ ...load, url: server.url, duration: '1s' })
    const { verdict, reasons } = evaluateSLO(short, { 'server.cpuPerPing': '< 20ms' })
    expect(verdict).toBe('inconclusive')
    expect(reasons.join()).toMatch(/server\.cpuPerPing < 20ms takes about \d+ s or more/)
  })
})

test('a server in the process of the generator is not watched, which is said, and keeps no bound', async () => {
  await using server = await echoing()
  const result = await run({ ...load, url: server.url, duration: '500ms' })
  expect(result.server).toBeUndefined()
  expect(result.serverUnwatched).toMatch(/^it runs in the process of the generator/)
  expect(result.machine!.foreign).toBeLessThanOrEqual(1)
  expect(formatSummary(result).replaceAll(/\s+/g, ' ')).toContain(
    'server: not watched, it runs in the process of the generator',
  )
  const { verdict, vacuous, reasons } = evaluateSLO(result, { 'server.rss': '< 10GiB' })
  expect({ verdict, vacuous }).toEqual({ verdict: 'inconclusive', vacuous: true })
  expect(reasons.join()).toContain('server.rss: the server was not watched: it runs in the process of the generator')
})

describe('of two sides that take turns', () => {
  test('each has its own processor time', async () => {
    await using base = await working({ spin: 1 })
    await using head = await working({ spin: 3 })
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const { verdict, ...runs } = await compare({ ...sides, ...load, maxDuration: '4s', tolerance: { p50: '1%' } })
    const ratio = runs.head.server!.cpuPerPing / runs.base.server!.cpuPerPing
    expect(ratio).toBeGreaterThan(1.5)
    expect(ratio).toBeLessThan(3.5)
    expect(verdict.bottlenecks.at(-1)).toMatch(
      /^processor time per answer: base [\d.]+ ms, head [\d.]+ ms \(\+[\d.]+ %\)$/,
    )
  })

  test('a head that works more is slower, however much latency is allowed', async () => {
    await using base = await working({ spin: 1 })
    await using head = await working({ spin: 4 })
    const sides = { base: { url: base.url }, head: { url: head.url } }
    const tolerance = { p50: '100000%', cpuPerPing: '50%' }
    const { verdict } = await compare({ ...sides, ...load, tolerance })
    expect(verdict.changes.map(({ indicator, verdict: of }) => [indicator, of])).toContainEqual([
      'cpuPerPing',
      'slower',
    ])
    expect(verdict.verdict).toBe('slower')
    expect(verdict.reasons[0]).toMatch(
      /^cpuPerPing changed by \+[\d,.]+ %, from [\d.]+ ms to [\d.]+ ms; 50 % is allowed$/,
    )
  })

  test('neither is watched where the same processes serve both', async () => {
    await using server = await working()
    const sides = { base: { url: server.url }, head: { url: server.url } }
    const { base, head } = await compare({
      ...sides,
      ...load,
      maxDuration: '2s',
      tolerance: { p50: '0.001%', min: '1ns' },
    })
    for (const side of [base, head]) {
      expect(side.server).toBeUndefined()
      expect(side.serverUnwatched).toContain('the same processes serve another flood')
      expect(side.machine!.foreign).toBeLessThanOrEqual(1)
    }
  })

  test('each may say whom to watch', async () => {
    await using server = await echoing()
    await using other = await working()
    const base = { url: server.url, server: { pid: other.pid } }
    const options = {
      base,
      head: { url: server.url },
      ...load,
      maxDuration: '1s',
      tolerance: { p50: '0.001%', min: '1ns' },
    } as const
    const runs = await compare(options)
    expect(runs.base.server?.source).toBe('pid')
    expect(runs.head.serverUnwatched).toContain('it runs in the process of the generator')
  })
})
