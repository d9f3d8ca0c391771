import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'vitest'

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
