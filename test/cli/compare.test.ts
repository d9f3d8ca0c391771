/** A comparison has to be decided here, so this one has the machine to itself. */
import { execFile } from 'node:child_process'
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
