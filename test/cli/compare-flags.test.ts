/** Comparisons of which nothing is decided here; those are in `compare.test.ts`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passingOn } from '../support/rooms.ts'
import { wsLoad } from '../support/ws-load-program.ts'

test('ws-load compare tells mistakes of fan-outs by the names of flags', async () => {
  const flags = ['--rooms', '0', '--connections', '3', '-t', 'p50=5%', '--mqtt-topic', '{}']
  const { exitCode, stderr } = await wsLoad('compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2', ...flags)
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--rooms: expected a whole number')
  expect(stderr).toContain('--connections: expected subscribers and publishers instead')
  expect(stderr).toContain('--tolerance: p50: expected delivery.p50')
  expect(stderr).toContain('--mqtt-topic: topic: missing')
})

test('ws-load compare compares two files of fan-outs', async () => {
  await using server = await passingOn()
  const protocol = join(import.meta.dirname, '../support/rooms.protocol.ts')
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
  const [one, other] = [join(directory, 'one.json'), join(directory, 'other.json')]
  for (const file of [one, other]) {
    await wsLoad(
      'fan-out',
      server.url,
      '-s',
      '5',
      '-r',
      '40/s',
      '-d',
      '500ms',
      '--warmup',
      '0',
      '--protocol-module',
      protocol,
      '--json',
      file,
    )
  }
  expect([0, 1, 3]).toContain((await wsLoad('compare', one, other, '-t', 'completion.p50=50%')).exitCode)
  expect([0, 1, 3]).toContain((await wsLoad('report', one, other)).exitCode)
  const { exitCode, stderr } = await wsLoad('compare', one, other, '-t', 'p50=5%')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--tolerance: p50: expected delivery.p50')
  await rm(directory, { recursive: true })
})

test.for([
  [['-s', '10', '--text', 'PING'], '--subscribers'],
  [['--mqtt-topic', '{"topic":"a"}', '--echo'], '--mqtt-topic'],
] as const)('ws-load compare takes no flags of pings with %o', async ([flags, flag]) => {
  const { exitCode, stderr } = await wsLoad('compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2', ...flags)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(flag)
})
