import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { baselineFile, readBaseline, writeBaseline } from '../../src/vitest/baseline.ts'
import { currentRun, forgetWriters, noteWriter, runName } from '../../src/vitest/baseline-writers.ts'
import { currentTest } from '../../src/vitest/context.ts'
import '../../src/vitest/matchers.ts'
import { keepCapacity as keepWithTest } from '../../src/vitest/record.ts'
import { FanOutSummary } from '../../src/summary/fan-out-summary.ts'
import { LoadCapacity } from '../../src/summary/load-capacity.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { steady } from '../support/comparison.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { withoutColours } from '../support/without-colours.ts'

const before = process.cwd()
let directory: string
const said = vi.spyOn(console, 'info').mockImplementation(() => {})

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-load-baseline-'))
  process.chdir(directory)
  said.mockClear()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  process.chdir(before)
  await rm(directory, { recursive: true })
})

function keep(name: string, summary = steady(2)): void {
  vi.stubEnv('WS_LOAD_UPDATE', '1')
  expect(summary).toMatchBaseline(name)
  vi.stubEnv('WS_LOAD_UPDATE', '')
}

const tolerance = { p50: '20%', p99: '50%', min: '1ms' }

describe('toMatchBaseline', () => {
  test('passes when the run is no slower than the one that was kept', () => {
    keep('gateway')
    expect(steady(2)).toMatchBaseline('gateway', tolerance)
    expect(said).toHaveBeenCalledExactlyOnceWith(`baseline written: ${join('.ws-load', 'baselines', 'gateway.json')}`)
  })

  test('passes when it is faster, and says so', () => {
    keep('gateway', steady(20))
    expect(steady(2)).toMatchBaseline('gateway', tolerance)
    expect(said).toHaveBeenLastCalledWith(expect.stringMatching(/^Faster: p50 changed by -90 %/))
  })

  test('fails when it is slower', () => {
    keep('gateway')
    expect(withoutColours(() => expect(steady(20)).toMatchBaseline('gateway', tolerance))).toThrow(
      /^Slower: p50 changed by \+900 %/,
    )
    expect(steady(20)).not.toMatchBaseline('gateway', tolerance)
    expect(() => expect(steady(2)).not.toMatchBaseline('gateway', tolerance)).toThrow(/expected a regression for sure/)
  })

  test('judges a fan-out by its deliveries and its messages', () => {
    const fanOut = (ms: number) => new FanOutSummary(fanOutResult({ messages: 1_000, ms }))
    const bounds = { 'delivery.p50': '20%', 'completion.p50': '20%' }
    keep('rooms', fanOut(2))
    expect(fanOut(2)).toMatchBaseline('rooms')
    expect(fanOut(2)).toMatchBaseline('rooms', bounds)
    expect(withoutColours(() => expect(fanOut(6)).toMatchBaseline('rooms', bounds))).toThrow(
      /^Slower: delivery\.p50 changed by \+200 %[^]*completion\.p50[^]*base: [^\n]*100,000 deliveries came in 5 s\n {2}head: [^\n]*100,000 deliveries came in 5 s$/,
    )
    expect(() => expect(steady(2)).toMatchBaseline('rooms')).toThrow('the base had another load: fanOut was')
    expect(() => expect(fanOut(2)).toMatchBaseline('rooms', { p50: '5%' })).toThrow('p50: expected delivery.p50')
  })

  describe('of a capacity', () => {
    const between = (low: number, high: number, others: Parameters<typeof capacityResult>[1] = {}): LoadCapacity =>
      new LoadCapacity(capacityResult([capacityStep(low, 'pass'), capacityStep(high, 'fail')], others))

    function keepCapacity(capacity: LoadCapacity): void {
      vi.stubEnv('WS_LOAD_UPDATE', '1')
      expect(capacity).toMatchBaseline('gateway')
      vi.stubEnv('WS_LOAD_UPDATE', '')
    }

    test('passes when it is not lower than the one that was kept, and fails when it is', () => {
      keepCapacity(between(1_000, 1_050))
      expect(between(980, 1_030)).toMatchBaseline('gateway')
      expect(between(700, 720)).not.toMatchBaseline('gateway')
      expect(between(700, 720)).toMatchBaseline('gateway', { capacity: '50%' })
      expect(withoutColours(() => expect(between(700, 720)).toMatchBaseline('gateway'))).toThrow(
        /^Slower: the capacity changed by -30\.7 %/,
      )
    })

    test('never passes with one that had to keep something else, or that is a run', () => {
      const objectives = [{ indicator: 'p50', kind: 'duration', bound: '< 9ms', limit: 9, level: 'fail' }] as const
      keepCapacity(between(1_000, 1_050, { objectives }))
      const warn = { inconclusive: 'warn' } as const
      expect(() => expect(between(1_000, 1_050)).toMatchBaseline('gateway', {}, warn)).toThrow('had to keep p50 < 9ms')
      writeBaseline(baselineFile('.', 'gateway'), 'gateway', steady(2))
      expect(() => expect(between(1_000, 1_050)).toMatchBaseline('gateway', {}, warn)).toThrow(
        /cannot be read: .*no capacity/,
      )
    })

    test('leaves its verdict with the flood that stands for it', async () => {
      keepCapacity(between(1_000, 1_050))
      const capacity = between(700, 720)
      await keepWithTest(currentTest(), capacity)
      expect(() => expect(capacity).toMatchBaseline('gateway')).toThrow('Slower: ')
      expect(capacity).not.toMatchBaseline('gateway')
      expect(currentTest()!.task.meta.wsLoad).toMatchObject([
        { name: 'capacity 700/s … 720/s', verdicts: [{ type: 'capacity comparison', verdict: 'slower' }] },
      ])
    })

    test('is not kept where nothing is surely kept', () => {
      vi.stubEnv('WS_LOAD_UPDATE', '1')
      expect(() => expect(new LoadCapacity(capacityResult([]))).toMatchBaseline('gateway')).toThrow(
        'was not written: no load was surely kept',
      )
    })

    test('is not kept where the search broke off', () => {
      keepCapacity(between(1_000, 1_050))
      const failed = capacityStep(1_600, 'inconclusive', { summary: undefined, reasons: ['a load thread crashed'] })
      const cut = new LoadCapacity(capacityResult([capacityStep(700, 'pass'), failed]))
      vi.stubEnv('WS_LOAD_UPDATE', '1')
      expect(() => expect(cut).toMatchBaseline('gateway')).toThrow(
        'was not written: the search broke off at 1.6k/s: a load thread crashed',
      )
      vi.stubEnv('WS_LOAD_UPDATE', '')
      expect(() => expect(cut).toMatchBaseline('gateway', {}, { inconclusive: 'warn' })).toThrow('Unclear: ')
    })

    test('takes no tolerance but its own', () => {
      keepCapacity(between(1_000, 1_050))
      expect(() => expect(between(1_000, 1_050)).toMatchBaseline('gateway', { p50: '5%' })).toThrow(
        'tolerance.p50: no such option',
      )
    })
  })

  test('never passes without a baseline, and writes none unless it is told to', async () => {
    for (const leniency of [{}, { inconclusive: 'warn' }] as const) {
      expect(() => expect(steady(2)).toMatchBaseline('gateway', {}, leniency)).toThrow(
        'there is no baseline .ws-load/baselines/gateway.json; WS_LOAD_UPDATE=1 or vitest -u writes one',
      )
    }
    expect(() => expect(steady(2)).not.toMatchBaseline('gateway')).toThrow('there is no baseline')
    expect(await readdir(directory)).toEqual([])
  })

  test.each(['', '{}', '{ "schemaVersion": 1 }', 'not json'])(
    'never passes with a baseline that is %o',
    async (text) => {
      keep('gateway')
      await writeFile(baselineFile('.', 'gateway'), text)
      expect(() => expect(steady(2)).toMatchBaseline('gateway', {}, { inconclusive: 'warn' })).toThrow(
        /^Unclear: the baseline .*gateway\.json cannot be read: /,
      )
    },
  )

  test('never passes with a baseline of another load or another machine', () => {
    keep('gateway', steady(2, { environment: { cpu: 'Other CPU' }, options: { inFlight: 8 } }))
    expect(withoutColours(() => expect(steady(2)).toMatchBaseline('gateway', {}, { inconclusive: 'warn' }))).toThrow(
      /^Unclear: the base had another load: inFlight was 8, is 1\n/,
    )
  })

  test('does not keep a run that is worth nothing', async () => {
    vi.stubEnv('WS_LOAD_UPDATE', '1')
    expect(() => expect(steady(2, { ended: 'aborted' })).toMatchBaseline('gateway')).toThrow(
      'gateway.json was not written: the run was aborted',
    )
    expect(await readdir(directory)).toEqual([])
  })

  test('renews a baseline when it is told to', () => {
    writeBaseline(baselineFile('.', 'gateway'), 'gateway', steady(2))
    keep('gateway', steady(20))
    expect(steady(20)).toMatchBaseline('gateway', tolerance)
  })

  test('writes to no other file than its own, whatever lies beside it', async () => {
    keep('gateway')
    const file = baselineFile('.', 'gateway')
    await writeFile('precious', 'as it was')
    await symlink(join(directory, 'precious'), `${file}.new`)
    await rm(file)
    await symlink(join(directory, 'precious'), file)
    writeBaseline(file, 'gateway', steady(20))
    expect(await readFile('precious', 'utf8')).toBe('as it was')
    expect(await readdir(dirname(file))).toEqual(['gateway.json', 'gateway.json.new'])
    expect(readBaseline(file, LoadSummary)).toHaveProperty('kept')
  })

  test('says why it could not be written, and leaves nothing behind', async () => {
    const file = baselineFile('.', 'gateway')
    await mkdir(join(file, 'in the way'), { recursive: true })
    expect(() => keep('gateway')).toThrow(/^Unclear: .*gateway\.json was not written: E\w+: .*gateway\.json/)
    expect(await readdir(dirname(file))).toEqual(['gateway.json'])
  })

  test('keeps one run of a test under a name, however often it is asked for it', () => {
    const summary = steady(2)
    keep('gateway', summary)
    keep('gateway', summary)
    expect(() => keep('gateway', steady(3))).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_BASELINE_TAKEN',
        message: expect.stringContaining('which would overwrite it with another run') as string,
      }),
    )
    vi.stubEnv('WS_LOAD_UPDATE', '')
    expect(summary).toMatchBaseline('gateway', tolerance)
  })

  test('notes who wrote where no link leads', async () => {
    const elsewhere = join(directory, 'elsewhere')
    await mkdir(elsewhere)
    vi.stubEnv('TMPDIR', directory)
    await symlink(elsewhere, join(directory, `ws-load-run-${currentRun()}`))
    keep('gateway')
    expect(await readdir(elsewhere)).toEqual([])
  })

  test('forgets the runs that have ended, but for those of other containers', async () => {
    vi.stubEnv('TMPDIR', directory)
    const ended = spawnSync('true').pid
    const [own, another] = [`ws-load-run-${runName(ended, 'x')}`, `ws-load-run-${ended}-1-x`]
    await mkdir(own)
    await mkdir(another)
    keep('gateway')
    const left = await readdir(directory)
    expect(left).toContain(another)
    expect(left).not.toContain(own)
  })

  test('lets another run of Vitest write what one has written', () => {
    const [summary, writer] = [steady(2), { id: '1', title: 'one', attempt: 1 }]
    noteWriter('gateway.json', writer, summary)
    expect(() => noteWriter('gateway.json', { ...writer, id: '2' }, summary)).toThrow('was written in this run')
    forgetWriters(currentRun()!)
    expect(() => noteWriter('gateway.json', { ...writer, id: '2' }, summary)).not.toThrow()
  })

  test('keeps the histogram, the options, the machine and the commit', async () => {
    keep('gateway')
    const kept = JSON.parse(await readFile(baselineFile('.', 'gateway'), 'utf8'))
    expect(kept).toMatchObject({
      latency: { histogram: expect.stringMatching(/^HIST/) },
      options: { connections: 10 },
      environment: { cpu: 'Test CPU', cores: 2 },
      baseline: { name: 'gateway', commit: null },
    })
    expect(readBaseline(baselineFile('.', 'gateway'), LoadSummary)).toHaveProperty('kept')
  })

  test.each(['', '../x', 'a/b', '.hidden', 5])('refuses the name %o', (name) => {
    expect(() => expect(steady(2)).toMatchBaseline(name as string)).toThrow(
      'toMatchBaseline: an option is wrong\n  name: expected letters, ',
    )
  })

  test('says what is wrong with its other arguments', () => {
    expect(() => expect(5).toMatchBaseline('x')).toThrow('toMatchBaseline: expected a LoadSummary, got 5')
    expect(() => expect(steady(2)).toMatchBaseline('x', { p5: '5%', pp: 1 } as never)).toThrow(
      'pp: no such latency figure',
    )
  })
})
