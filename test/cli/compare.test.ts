/** A comparison has to be decided here, so this one has the machine to itself. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chatting } from '../support/chat.ts'
import { passingOn } from '../support/rooms.ts'
import { delaying } from '../support/servers.ts'

const program = join(import.meta.dirname, '../../src/cli/main.ts')

function wsLoad(...args: string[]): Promise<{ exitCode: number | string | null | undefined; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, _, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, stderr })
    })
  })
}

test('ws-load compare compares two servers', { timeout: 90_000 }, async () => {
  await using base = await delaying(() => 3)
  await using head = await delaying(() => 12)
  const flags = '--confidence 0.9 -t p50=20% -t min=1ms -v error'.split(' ')
  expect(await wsLoad('compare', base.url, head.url, ...flags)).toMatchObject({ exitCode: 1, stderr: '' })
  expect(await wsLoad('compare', head.url, base.url, ...flags)).toMatchObject({ exitCode: 0, stderr: '' })
})

test(
  'ws-load compare finds a slower application by its protocol, which control frames do not',
  { timeout: 90_000 },
  async () => {
    await using base = await chatting({ answersAfter: 3 })
    await using head = await chatting({ answersAfter: 12 })
    const flags = '--confidence 0.9 -t p50=20% -t min=1ms -v error'.split(' ')
    const protocol = join(import.meta.dirname, '../support/chat.protocol.ts')
    const inWords = ['--protocol-module', protocol, '--data', '{"token":"letmein"}', '-H', 'x-user: a']
    expect(await wsLoad('compare', base.url, head.url, ...flags, ...inWords)).toMatchObject({ exitCode: 1, stderr: '' })
    expect(head.handshakes[0]?.headers).toMatchObject({ 'x-user': 'a' })
    const inFrames = ['--protocol', 'chat.v1', '-t', 'min=5ms', '--max-duration', '2s']
    expect([0, 3]).toContain((await wsLoad('compare', base.url, head.url, ...flags, ...inFrames)).exitCode)
  },
)

test('ws-load compare finds that the head is late with one subscriber', { timeout: 90_000 }, async () => {
  await using base = await passingOn()
  await using head = await passingOn({ delay: (nth) => (nth === 5 ? 40 : 0) })
  const protocol = join(import.meta.dirname, '../support/rooms.protocol.ts')
  const load = ['-s', '12', '-p', '2', '-r', '400/s', '--protocol-module', protocol]
  const flags = '--confidence 0.9 -t completion.p50=50% -t min=2ms -t errorRate=20% -v error'.split(' ')
  expect(await wsLoad('compare', base.url, head.url, ...load, ...flags)).toMatchObject({ exitCode: 1, stderr: '' })
})

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
