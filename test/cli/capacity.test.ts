import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LoadCapacity } from '../../src/summary/load-capacity.ts'
import { queueing } from '../support/queueing.ts'
import { dead } from '../support/servers.ts'
import { wsLoad } from '../support/ws-load-program.ts'

/** Decided in a second or two. */
const quick = ['--slo', 'p50 < 200ms', '--warmup', '100ms', '--confidence', '0.9', '--from', '20/s'] as const

test.concurrent(
  'ws-load capacity tells each load, what is surely kept, and keeps it',
  { timeout: 120_000 },
  async () => {
    await using server = await queueing({ service: 0.1 })
    const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
    const [json, html] = [join(directory, 'capacity.json'), join(directory, 'capacity.html')]
    const files = ['--json', json, '--html', html]
    const { exitCode, stdout, stderr } = await wsLoad(
      'capacity',
      server.url,
      ...quick,
      '--to',
      '40/s',
      '--sustain',
      '20/s',
      ...files,
    )
    expect(stderr).toMatch(/^✓ \S+\/s kept, p50 /m)
    expect(stdout).toMatch(/^Sustained: 20\/s is sustained with p50 < 200ms: 40\/s is surely kept/m)
    expect(stdout).toMatch(/^Capacity: at least 40\/s with p50 < 200ms$/m)
    expect(stdout).toContain('the highest load of the range, 40/s, was kept: the server may take more')
    expect(exitCode).toBe(0)
    const capacity = LoadCapacity.fromJSON(JSON.parse(await readFile(json, 'utf8')))
    expect(capacity).toMatchObject({ low: 40, limitedBy: 'range' })
    expect(await readFile(html, 'utf8')).toContain('<figcaption>Latency by rate</figcaption>')
    await rm(directory, { recursive: true })
  },
)

test.concurrent('a load that is too much ends with 1', async () => {
  await using server = await queueing({ service: 50 })
  const range = ['--from', '100/s', '--to', '200/s', '--sustain', '100/s']
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick, ...range)
  expect(stdout).toMatch(/^Not sustained: 100\/s is not sustained with p50 < 200ms/m)
  expect(exitCode).toBe(1)
})

test.concurrent('a server that is not there ends with 3, and with the reason', async () => {
  await using server = await dead()
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick)
  expect(stdout).toMatch(/^Capacity: unknown, with p50 < 200ms$/m)
  expect(stdout).toContain('ECONNREFUSED × 10')
  expect(exitCode).toBe(3)
})

test.concurrent('a server that takes less than the other one ends with 1', { timeout: 120_000 }, async () => {
  await using base = await queueing({ service: 1 })
  await using head = await queueing({ service: 50 })
  const range = ['--from', '5/s', '--to', '100/s', '--max-duration', '60s']
  const { exitCode, stdout } = await wsLoad('capacity', base.url, head.url, ...quick, ...range)
  expect(stdout).toMatch(/^Slower: the capacity changed/m)
  expect(exitCode).toBe(1)
})

test.concurrent('two servers that take all of the range end with 0', { timeout: 120_000 }, async () => {
  await using server = await queueing({ service: 0.1 })
  const range = ['--to', '40/s', '--max-duration', '60s']
  const { exitCode, stdout } = await wsLoad('capacity', server.url, server.url, ...quick, ...range)
  expect(stdout).toMatch(/^No regression: base and head surely keep 40\/s and 40\/s$/m)
  expect(exitCode).toBe(0)
})

test.concurrent('two servers that are not there cannot be told apart', async () => {
  await using base = await dead()
  await using head = await dead()
  const { exitCode, stdout, stderr } = await wsLoad('capacity', base.url, head.url, ...quick)
  expect(stderr).toMatch(/^base: \? /m)
  expect(stderr).toMatch(/^head: \? /m)
  expect(stdout).toMatch(/^Unclear: nothing is known of the capacity of base and head$/m)
  expect(stdout).toMatch(/^base: Capacity: unknown/m)
  expect(exitCode).toBe(3)
})

test.concurrent('without a URL it says whose capacity that is', async () => {
  const { exitCode, stdout } = await wsLoad('capacity', ...quick, '--to', '40/s')
  expect(stdout).toMatch(/^No URL was given: these are the figures of an embedded echo server\.$/m)
  expect(exitCode).toBe(0)
})
