import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCodeOfCapacity } from '../../src/cli/exit-code.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { steady } from '../support/comparison.ts'
import { freePort } from '../support/processes.ts'
import { loadResult } from '../support/result.ts'
import { delaying } from '../support/servers.ts'

const program = join(import.meta.dirname, '../../src/cli/main.ts')
const short = ['-d', '300ms', '--warmup', '0', '-r', '100/s']
/** A load whose run failed. */
const failed = capacityStep(1_600, 'inconclusive', { summary: undefined, reasons: ['a load thread crashed'] })
/** A load that lost an agent. */
const incomplete = capacityStep(1_600, 'inconclusive', { summary: loadResult(undefined, { ended: 'incomplete' }) })
let directory: string
let run: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ws-load-exit-'))
  run = join(directory, 'run.json')
  await writeFile(run, JSON.stringify(steady(2)))
})
afterAll(() => rm(directory, { recursive: true }))

interface Outcome {
  readonly exitCode: number
  /** Of the streams that were not given away. */
  readonly output: string
}

/** Where a program's output goes: an open file, or a pipe that nobody reads any more. */
type Sink = number | 'closed pipe'

async function wsLoad(args: readonly string[], sinks: { stdout?: Sink; stderr?: Sink }): Promise<Outcome> {
  const { stdout, stderr } = sinks
  const stream = (sink: Sink | undefined): number | 'pipe' => (typeof sink === 'number' ? sink : 'pipe')
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', stream(stdout), stream(stderr)] })
  let output = ''
  for (const [readable, sink] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    if (sink === 'closed pipe') readable?.destroy()
    else readable?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, output }
}

const full = '/dev/full'

describe.concurrent('an output that was asked for and is lost', () => {
  test.runIf(existsSync(full)).for<[string, string[]]>([
    ['a summary', ['report', 'RUN']],
    ['JSON', [...short, '--json', '-']],
    ['a comparison', ['compare', 'RUN', 'RUN', '-t', 'p50=50%', '-t', 'p99=200%', '--json', '-']],
    ['the help', ['--help']],
    ['what the doctor says', ['doctor', '--seconds', '2', '--warmup', '100ms', '-c', '2']],
  ])('on a full disk, %s, is an error', async ([, args], { expect }) => {
    const disk = openSync(full, 'w')
    const outcome = await wsLoad(
      args.map((arg) => (arg === 'RUN' ? run : arg)),
      { stdout: disk },
    )
    closeSync(disk)
    expect(outcome.exitCode).toBe(4)
    expect(outcome.output).toMatch(/error: stdout: .*ENOSPC|error: stdout: .*no space left/i)
  })

  test('in a closed pipe is an error, and files are written all the same', async ({ expect }) => {
    const [json, html] = [join(directory, 'kept.json'), join(directory, 'kept.html')]
    const outcome = await wsLoad([...short, '--json', json, '--html', html], { stdout: 'closed pipe' })
    expect(outcome).toEqual({ exitCode: 4, output: expect.stringMatching(/error: stdout: .*EPIPE/) })
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ schemaVersion: 1 })
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/)
  })

  test.runIf(existsSync(full))('as a file is an error, and the others are written', async ({ expect }) => {
    const html = join(directory, 'other.html')
    const outcome = await wsLoad(['report', run, '--hgrm', full, '--html', html], {})
    expect(outcome).toEqual({ exitCode: 4, output: expect.stringMatching(/error: --hgrm: ENOSPC/) })
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/)
  })

  test('at a Pushgateway that does not answer, is an error, and the files are written all the same', async ({
    expect,
  }) => {
    const file = join(directory, 'figures.json')
    const gateway = `http://someone:hunter2@127.0.0.1:${await freePort()}`
    const outcome = await wsLoad([...short, '--push-gateway', gateway, '--bmf', file, '--name', 'a'], {})
    expect(outcome.exitCode).toBe(4)
    expect(outcome.output).toMatch(/error: --push-gateway: http:\/\/masked:masked@\S+ does not answer: .*ECONNREFUSED/)
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty(['a', 'latency'])
  })

  test('at a collector that does not answer, is an error, and the files are written all the same', async ({
    expect,
  }) => {
    const file = join(directory, 'kept-figures.json')
    const collector = `http://someone:hunter2@127.0.0.1:${await freePort()}`
    const outcome = await wsLoad([...short, '--otlp', collector, '--bmf', file, '--name', 'a'], {})
    expect(outcome.exitCode).toBe(4)
    expect(outcome.output).toMatch(/error: --otlp: http:\/\/masked:masked@\S+ does not answer: .*ECONNREFUSED/)
    expect(outcome.output).not.toContain('hunter2')
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty(['a', 'latency'])
  })

  test('leaves a verdict that is red what it is', async ({ expect }) => {
    const outcome = await wsLoad(['report', run, '--slo', 'p99 < 1us'], { stdout: 'closed pipe' })
    expect(outcome.exitCode).toBe(1)
  })
})

test('a push is finished, and a red verdict kept, where nobody reads the output', async () => {
  const pushes: string[] = []
  const gateway = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end(), 500))
    response.on('close', () => pushes.push(response.writableFinished ? 'answered' : 'given up'))
  })
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  const outcome = await wsLoad([...short, '--slo', 'opened >= 1000', '--push-gateway', url], { stdout: 'closed pipe' })
  gateway.close()
  expect(outcome.exitCode).toBe(1)
  expect(pushes).toEqual(['answered'])
})

describe.concurrent('progress that nobody reads', () => {
  test('changes nothing when its pipe is closed', async ({ expect }) => {
    await using server = await delaying(() => 1)
    const args = [server.url, '-d', '1500ms', '--warmup', '0', '-r', '100/s', '-v', 'debug', '--slo', 'max < 10s']
    const { exitCode, output } = await wsLoad(args, { stderr: 'closed pipe' })
    expect(exitCode).toBe(0)
    expect(output).toContain('SLO met')
  })

  test.runIf(existsSync(full))('changes nothing on a full disk', async ({ expect }) => {
    await using server = await delaying(() => 1)
    const disk = openSync(full, 'w')
    const args = [server.url, '-d', '1500ms', '--warmup', '0', '-r', '100/s', '-v', 'debug']
    expect((await wsLoad(args, { stderr: disk })).exitCode).toBe(0)
    closeSync(disk)
  })
})

test('a Ctrl-C while the result is written loses nothing', async () => {
  const output = new Array<string>()
  const child = spawn(process.execPath, [program, ...short, '--json', '-'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  // When the table is written nothing is measured any more; on a busy machine progress comes before it.
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => text.includes('measured for') && resolve())
  })
  child.kill('SIGINT')
  // Written to its end; on a busy machine the signal may come when Node itself is ending already.
  expect([
    [0, null],
    [null, 'SIGINT'],
  ]).toContainEqual(await once(child, 'close'))
  expect(JSON.parse(output.join(''))).toMatchObject({ schemaVersion: 1 })
})

test.for([
  ['load threads', ['ws://127.0.0.1:9', '-d', '100ms']],
  ['processes', ['-d', '100ms']],
] as const)('%s that Node does not permit are an error in words, and no missed SLO', async ([, args]) => {
  const child = spawn(process.execPath, ['--permission', '--allow-fs-read=*', program, ...args])
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  expect(await once(child, 'close')).toEqual([5, null])
  expect(output).toMatch(/^error: wsLoad: expected to be allowed to start load threads .* add --allow-worker .*\n$/)
})

test.each([
  ['missed', [capacityStep(900, 'fail')], 1],
  ['kept', [capacityStep(900, 'pass')], 0],
  ['kept, until a run failed', [capacityStep(900, 'pass'), failed], 3],
  ['missed, until a run failed', [capacityStep(900, 'fail'), failed], 3],
  ['kept, until an agent was lost', [capacityStep(900, 'pass'), incomplete], 3],
] as const)('a search whose load was %s has an exit code of its own', (_, steps, code) => {
  expect(exitCodeOfCapacity(capacityResult(steps), undefined)).toBe(code)
})

test.each([
  ['pass', 0],
  ['fail', 1],
  ['inconclusive', 3],
] as const)('a load to sustain that is judged %s has an exit code of its own', (verdict, code) => {
  expect(exitCodeOfCapacity(capacityResult([capacityStep(900, 'pass')]), verdict)).toBe(code)
})

test('a load that is surely sustained is, though a later run failed', () => {
  expect(exitCodeOfCapacity(capacityResult([capacityStep(900, 'pass'), failed]), 'pass')).toBe(0)
})
