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

test('ws-load capacity tells each load, what is surely kept, and keeps it', async () => {
  await using server = await queueing({ service: 0.1 })
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
  const [json, html] = [join(directory, 'capacity.json'), join(directory, 'capacity.html')]
  const files = ['--json', json, '--html', html]
  const { exitCode, stdout, stderr } = await wsLoad('capacity', server.url, ...quick, '--to', '40/s', ...files)
  expect(stderr).toMatch(/^✓ 40\/s kept, p50 /m)
  expect(stdout).toMatch(/^Capacity: at least 40\/s with p50 < 200ms$/m)
  expect(stdout).toContain('the highest load of the range, 40/s, was kept: the server may take more')
  expect(exitCode).toBe(0)
  const capacity = LoadCapacity.fromJSON(JSON.parse(await readFile(json, 'utf8')))
  expect(capacity).toMatchObject({ low: 40, limitedBy: 'range' })
  expect(await readFile(html, 'utf8')).toContain('<figcaption>Latency by rate</figcaption>')
  await rm(directory, { recursive: true })
})

test.each([
  ['30/s', 0, 'Sustained: 30/s is sustained with p50 < 200ms'],
  ['90/s', 3, 'Inconclusive: 90/s is neither surely sustained nor surely too much'],
])('a load of %s to sustain ends with %d', async (load, wanted, title) => {
  await using server = await queueing({ service: 0.1 })
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick, '--to', '40/s', '--sustain', load)
  expect(stdout).toContain(title)
  expect(exitCode).toBe(wanted)
})

test('a load that is too much ends with 1', async () => {
  await using server = await queueing({ service: 50 })
  const range = ['--from', '100/s', '--to', '200/s', '--sustain', '100/s']
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick, ...range)
  expect(stdout).toMatch(/^Not sustained: 100\/s is not sustained with p50 < 200ms/m)
  expect(exitCode).toBe(1)
})

test('a server that is not there ends with 3, and with the reason', async () => {
  await using server = await dead()
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick)
  expect(stdout).toMatch(/^Capacity: unknown, with p50 < 200ms$/m)
  expect(stdout).toContain('ECONNREFUSED × 10')
  expect(exitCode).toBe(3)
})

test('mistakes are told at once, by the names of flags', async () => {
  const flags = ['--slo', 'p50 <', '--from', '9/s', '--to', '5/s', '--rate-per-connection', '1/s', '--sustain', 'much']
  const { exitCode, stderr } = await wsLoad('capacity', 'http://127.0.0.1:1', ...flags, '--json', '/no/folder/x')
  for (const flag of ['url', '--slo', '--from, --to', '--rate-per-connection', '--sustain', '--json']) {
    expect(stderr).toContain(`${flag}: `)
  }
  expect(exitCode).toBe(2)
})
