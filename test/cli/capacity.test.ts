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
    const { exitCode, stdout, stderr } = await wsLoad('capacity', server.url, ...quick, '--to', '40/s', ...files)
    expect(stderr).toMatch(/^✓ \S+\/s kept, p50 /m)
    expect(stdout).toMatch(/^Capacity: at least 40\/s with p50 < 200ms$/m)
    expect(stdout).toContain('the highest load of the range, 40/s, was kept: the server may take more')
    expect(exitCode).toBe(0)
    const capacity = LoadCapacity.fromJSON(JSON.parse(await readFile(json, 'utf8')))
    expect(capacity).toMatchObject({ low: 40, limitedBy: 'range' })
    expect(await readFile(html, 'utf8')).toContain('<figcaption>Latency by rate</figcaption>')
    await rm(directory, { recursive: true })
  },
)

test.concurrent.each([
  ['30/s', 0, 'Sustained: 30/s is sustained with p50 < 200ms'],
  ['90/s', 3, 'Inconclusive: 90/s is neither surely sustained nor surely too much'],
])('a load of %s to sustain ends with %d', async (load, wanted, title) => {
  await using server = await queueing({ service: 0.1 })
  const { exitCode, stdout } = await wsLoad('capacity', server.url, ...quick, '--to', '40/s', '--sustain', load)
  expect(stdout).toContain(title)
  expect(exitCode).toBe(wanted)
})

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

test.concurrent('the second of two servers that can do a tenth is not as good', { timeout: 120_000 }, async () => {
  await using base = await queueing({ service: 2 })
  await using head = await queueing({ service: 40 })
  const flags = [
    '--slo',
    'p50 < 50ms',
    '--warmup',
    '100ms',
    '--confidence',
    '0.9',
    '--precision',
    '50%',
    '--max-duration',
    '20s',
  ]
  const { exitCode, stdout, stderr } = await wsLoad('capacity', base.url, head.url, ...flags, '--from', '5/s')
  expect(stderr).toMatch(/^base: [✓✗?] /m)
  expect(stderr).toMatch(/^head: [✓✗?] /m)
  expect(stdout).toMatch(/^(?:Slower|Unclear): the capacity changed by -/m)
  expect(stdout).toMatch(/^base: Capacity: /m)
  expect([1, 3]).toContain(exitCode)
})

test.concurrent('mistakes of two servers are told by the names of flags', async () => {
  const flags = ['--slo', 'p50 < 1s', '--sustain', '5/s', '--tolerance', '200%', '--server-pid', '1']
  const { exitCode, stderr } = await wsLoad('capacity', 'ws://127.0.0.1:1', 'http://127.0.0.1:2', ...flags)
  for (const flag of ['url', '--sustain', '--tolerance', '--server-pid']) expect(stderr).toContain(`${flag}: `)
  expect(exitCode).toBe(2)
})

test.concurrent('mistakes are told at once, by the names of flags', async () => {
  const flags = ['--slo', 'p50 <', '--from', '9/s', '--to', '5/s', '--rate-per-connection', '1/s', '--sustain', 'much']
  const { exitCode, stderr } = await wsLoad('capacity', 'http://127.0.0.1:1', ...flags, '--json', '/no/folder/x')
  for (const flag of ['url', '--slo', '--from, --to', '--rate-per-connection', '--sustain', '--json']) {
    expect(stderr).toContain(`${flag}: `)
  }
  expect(exitCode).toBe(2)
})
