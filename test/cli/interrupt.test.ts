import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, onTestFinished, test } from 'vitest'
import { freePort, isAlive } from '../support/processes.ts'

const interrupt = join(import.meta.dirname, '../../src/cli/interrupt.ts')
/** Longer than the time in which signals are one wish. */
const laterMs = 1_000

/** A program that does what is interruptible: it says when it begins and when that is interrupted. */
async function start(work: string) {
  const program = `
    import { interruptible } from ${JSON.stringify(interrupt)}
    setInterval(() => {}, 1e6)
    const { interrupted } = await interruptible(async (signal) => {
      signal.onabort = () => console.log('interrupted')
      console.log('begun')
      ${work}
    })
    process.exit(interrupted)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return { child, ended }
}

const forever = 'await new Promise(() => {})'
const soonAfter = `await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 200)))`

describe.concurrent('what is interruptible', () => {
  test.for([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends early by %s, and says so by exit code %d', async ([signal, code], { expect }) => {
    const { child, ended } = await start(soonAfter)
    child.kill(signal)
    expect(await ended).toEqual([code, null])
  })

  test('quits by the second signal, whichever it is', async ({ expect }) => {
    const { child, ended } = await start(forever)
    child.kill('SIGINT')
    await once(child.stdout, 'data')
    await sleep(laterMs)
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
  })

  test('takes signals that come together for one', async ({ expect }) => {
    const { child, ended } = await start(soonAfter)
    child.kill('SIGTERM')
    await once(child.stdout, 'data')
    child.kill('SIGHUP')
    expect(await ended).toEqual([143, null])
  })
})

const program = join(import.meta.dirname, '../../src/cli/main.ts')

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'ws-load compare that is told %s while a server starts ends at once, and leaves none behind',
  async ([signal, code], { expect }) => {
    const [base, head] = [await freePort(), await freePort()]
    const place = await mkdtemp(join(tmpdir(), 'ws-load-'))
    onTestFinished(() => rm(place, { recursive: true }))
    const commands = [
      '--base-command',
      `echo $$ > "${place}/pid"; exec sleep 1000`,
      '--head-command',
      `touch "${place}/head"`,
    ]
    const sides = [`ws://127.0.0.1:${base}`, `ws://127.0.0.1:${head}`]
    const child = spawn(process.execPath, [program, 'compare', ...sides, ...commands], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ended = once(child, 'close')
    const pid = (): Promise<string> => readFile(join(place, 'pid'), 'utf8').catch(() => '')
    await expect.poll(pid).toMatch(/\d+\n/)
    const started = await pid()
    child.kill(signal)
    expect(await ended).toEqual([code, null])
    expect(said).toMatch(
      /^Nothing was measured\. Waiting for .* was aborted before ws:\/\/127\.0\.0\.1:\d+ \(base\.url\) accepted a WebSocket\.\n$/,
    )
    await expect.poll(() => isAlive(Number(started))).toBe(false)
    expect(existsSync(join(place, 'head'))).toBe(false)
  },
)
