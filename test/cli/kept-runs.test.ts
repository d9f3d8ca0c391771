/** Of runs that were kept. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FanOutSummary } from '../../src/summary/fan-out-summary.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { steady } from '../support/comparison.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult } from '../support/result.ts'
import { wsLoadHere } from '../support/ws-load-here.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-load-cli-'))
})
afterAll(() => rm(directory, { recursive: true }))

let files = 0

/** Writes a file of its own; tests may give theirs the same name. */
async function file(name: string, content: LoadSummary | string): Promise<string> {
  const path = join(directory, `${++files}-${name}`)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('ws-load report', () => {
  test('prints a run once more, judges it, and makes a page of it', async () => {
    const [json, html, hgrm] = [
      await file('run.json', steady(2)),
      join(directory, 'one.html'),
      join(directory, 'one.hgrm'),
    ]
    expect(await wsLoadHere('report', json)).toMatchObject({
      exitCode: 0,
      stdout: `${String(steady(2))}\n`,
      stderr: '',
    })
    const judged = await wsLoadHere('report', json, '--slo', 'p99 < 1ms', '--html', html, '--hgrm', hgrm)
    expect(judged).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('SLO missed'), stderr: '' })
    expect(await readFile(html, 'utf8')).toContain('✗ fail')
    expect(await readFile(hgrm, 'utf8')).toContain('Percentile')
  })

  test('shows two runs on one page', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    const html = join(directory, 'two.html')
    const outcome = await wsLoadHere('report', ...files, '--html', html)
    expect(outcome).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Slower: /), stderr: '' })
    expect(await readFile(html, 'utf8')).toMatch(/>base<[^]*>head</)
    expect(await wsLoadHere('compare', ...files, '--html', html)).toMatchObject({ exitCode: 1 })
    expect(await readFile(html, 'utf8')).toContain('✗ slower')
  })

  test('exits with 3 when nothing was measured', async () => {
    const nothing = new LoadSummary(loadResult([]))
    expect(await wsLoadHere('report', await file('run.json', nothing))).toMatchObject({ exitCode: 3 })
  })

  test.each(['disconnected', 'stalled', 'incomplete', 'aborted'] as const)(
    'exits with 3 when a run that nothing judges was %s',
    async (ended) => {
      const { environment } = loadResult()
      const lost = { at: 2_000, reason: 'it went silent' }
      const machines = [{ name: 'a', connections: 5, clockUncertainty: 0.25, environment, lost }]
      const cut = new LoadSummary(loadResult(undefined, { ended, ...(ended === 'incomplete' && { machines }) }))
      expect(await wsLoadHere('report', await file('run.json', cut))).toMatchObject({ exitCode: 3 })
    },
  )

  test('writes over nothing that it reads, nor one output over another', async () => {
    const [base, head] = [await file('base.json', steady(2)), await file('head.json', steady(2))]
    const html = join(directory, 'both')
    for (const [args, mistake] of [
      [['report', base, '--html', base], `--html: expected another file than what is read, got ${base}`],
      [['report', base, '--html', html, '--hgrm', html], `--hgrm: expected another file than --html, got ${html}`],
      [['report', base, head, '--html', head], `--html: expected another file than what is read, got ${head}`],
      [['compare', base, head, '--json', base], `--json: expected another file than what is read, got ${base}`],
    ] as const) {
      expect(await wsLoadHere(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(mistake) })
    }
    expect(JSON.parse(await readFile(base, 'utf8'))).toMatchObject({ schemaVersion: 1 })
  })

  test('says what is wrong with an SLO and with a file', async () => {
    const wrong = await wsLoadHere('report', await file('run.json', steady(2)), '--slo', 'p99 < x')
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error: --slo: p99: /) })
    const unreadable = await wsLoadHere('report', await file('run.json', '{'))
    expect(unreadable).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*run\.json: /),
    })
  })
})

describe('ws-load compare', () => {
  test.each([
    ['is the same', 2, 0, /^No regression: 3 figures\n/],
    ['is faster', 0.2, 0, /^Faster: p50 changed by -90 %/],
    ['is slower', 20, 1, /^Slower: p50 changed by \+900 %/],
  ])('exits as documented when the head %s', async (_, ms, exitCode, said) => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(ms))]
    const outcome = await wsLoadHere('compare', ...files, '-t', 'p50=50%', '-t', 'p99=200%')
    expect(outcome).toMatchObject({ exitCode, stderr: '' })
    expect(outcome.stdout).toMatch(said)
  })

  test('exits with 3 when it is unclear', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(2, { ended: 'aborted' }))]
    const { exitCode, stdout } = await wsLoadHere('compare', ...files)
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/^Unclear: head: the run was aborted/)
  })

  test('prints Markdown', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    expect((await wsLoadHere('compare', ...files, '--markdown')).stdout).toMatch(/^### ❌ Slower\n\n- p50 changed/)
  })

  test('writes JSON, to stdout if it is asked to, and the words to stderr then', async () => {
    const files = [await file('base.json', steady(2)), await file('head.json', steady(20))]
    const found = { verdict: 'slower', head: { pings: { answered: 20_000 } } }
    const piped = await wsLoadHere('compare', ...files, '--json', '-')
    expect(JSON.parse(piped.stdout)).toMatchObject(found)
    expect(piped.stderr).toMatch(/^Slower: p50 changed/)
    const kept = join(directory, 'comparison.json')
    expect((await wsLoadHere('compare', ...files, '--json', kept)).stdout).toBe(piped.stderr)
    expect(JSON.parse(await readFile(kept, 'utf8'))).toMatchObject(found)
  })

  test.each([
    ['is missing', undefined, /^error: .*base\.json: ENOENT/],
    ['is no JSON', 'oh', /^error: .*base\.json: Unexpected token/],
    ['is no summary', '{}', /^error: .*base\.json: .*no summary of wsLoad\(\): schemaVersion/],
  ])('says so when a file %s', async (_, content, message) => {
    const base = content === undefined ? join(directory, 'base.json') : await file('base.json', content)
    const outcome = await wsLoadHere('compare', base, await file('head.json', steady(2)))
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toMatch(message)
  })

  test('compares two files of fan-outs', async () => {
    const files = [
      await file('base.json', FanOutSummary.of(fanOutResult({ subscribers: 10 }))),
      await file('head.json', FanOutSummary.of(fanOutResult({ subscribers: 10, ms: 20 }))),
    ]
    const outcome = await wsLoadHere('compare', ...files, '-t', 'completion.p50=50%')
    expect(outcome).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^Slower: .*completion\.p50/),
      stderr: '',
    })
    expect(await wsLoadHere('report', ...files)).toMatchObject({ exitCode: 1, stderr: '' })
    const { exitCode, stderr } = await wsLoadHere('compare', ...files, '-t', 'p50=5%')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--tolerance: p50: expected delivery.p50')
  })
})
