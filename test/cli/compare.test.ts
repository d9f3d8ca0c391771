/** A comparison has to be decided here, so this one has the machine to itself. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chatting } from '../support/chat.ts'
import { freePort, isAlive, pidServer } from '../support/processes.ts'
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

test('ws-load compare starts the servers, each in its directory, and ends them', { timeout: 90_000 }, async () => {
  const place = await mkdtemp(join(tmpdir(), 'ws-load-'))
  onTestFinished(() => rm(place, { recursive: true }))
  const sides = await Promise.all(
    ['base', 'head'].map(async (name) => {
      const directory = join(place, name)
      await mkdir(directory)
      return { name, directory, port: await freePort() }
    }),
  )
  const urls = sides.map(({ port }) => `ws://127.0.0.1:${port}`)
  const commands = sides.flatMap(({ name, directory, port }) => [
    `--${name}-command=echo $$ > pid; exec ${pidServer(port)}`,
    `--${name}-cwd=${directory}`,
  ])
  const flags = ['-t', 'p50=100000%', '--max-duration', '2s', '-v', 'error']
  const { exitCode, stderr } = await wsLoad('compare', ...urls, ...commands, ...flags)
  // Two seconds need not decide it.
  expect([0, 3]).toContain(exitCode)
  expect(stderr).toBe('')
  for (const { directory } of sides) {
    expect(isAlive(Number(await readFile(join(directory, 'pid'), 'utf8')))).toBe(false)
  }
})

test('ws-load compare tells what a server said that did not start', async () => {
  const failing = ['--base-command', 'echo "no configuration" >&2; exit 3', '-v', 'error']
  const { exitCode, stderr } = await wsLoad(
    'compare',
    `ws://127.0.0.1:${await freePort()}`,
    'ws://127.0.0.1:9',
    ...failing,
  )
  expect(exitCode).toBe(5)
  expect(stderr).toMatch(
    /echo "no configuration" >&2; exit 3` \(base\.command\) exited with code 3[^]*change base\.command, base\.cwd[^]*no configuration/,
  )
})
