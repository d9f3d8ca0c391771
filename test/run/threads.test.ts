import { expect, test } from 'vitest'
import { connectionTotals } from '../support/connection-totals.ts'
import { run } from '../support/run.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import { flood } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { parseOptions } from '../../src/options/options.ts'
import { planThreads } from '../../src/run/plan.ts'
import { summarize } from '../../src/run/summarize.ts'
import { LoadThreads } from '../../src/run/threads.ts'
import { closing, dead, delaying, echoing, refusing } from '../support/servers.ts'

test.each([2, 3])('%i threads share the connections, and their samples add up', async (threads) => {
  await using server = await delaying((n) => n % 40)
  const { pings, latency, connections, generator } = await flood(server, { connections: 7, pings: 210, threads })
  expect(generator.threads).toBe(threads)
  expect(connections).toEqual(connectionTotals({ requested: 7 }))
  expect(server).toMatchObject({ accepted: 7, peak: 7, pings: 210 })
  expect(pings).toMatchObject({ sent: 210, answered: 210 })
  const held = new Histogram()
  for (const ms of server.heldMs) held.record(ms * 1e6)
  for (const p of [1, 25, 50, 75, 99, 100]) {
    expect(latency.percentile(p)).toBeGreaterThanOrEqual(new LatencySummary(held).percentile(p) * 0.999)
  }
})

test('threads measure the same window', async () => {
  await using server = await echoing()
  const options = { connections: 6, duration: 1_100, rate: 600, threads: 2 }
  const { duration, intervals, pings } = await flood(server, options)
  expect(duration).toBeCloseTo(1_100, 3)
  expect(intervals).toHaveLength(2)
  // A thread's ping that is due where the window ends may fall on either side of it.
  expect(Math.abs(pings.due - 660)).toBeLessThanOrEqual(2)
})

test('threads add up their faults', async () => {
  await using server = await closing({ after: { answers: 2 }, code: 4_000, reason: 'enough' })
  const { errors, ended, pings, connections } = await flood(server, { connections: 6, threads: 2 })
  expect(errors).toEqual({ CLOSE_4000: { count: 6, samples: ['enough'] } })
  expect(connections.closedEarly).toBe(6)
  expect(pings.answered).toBe(12)
  expect(ended).toBe('disconnected')
})

test.each([
  ['from the start', async () => dead()],
  ['later', async () => closing({ after: { answers: 5 }, code: 4_000, reason: 'enough' })],
])('what is due of a thread that has no connections %s is dropped while others have some', async (_, start) => {
  await using server = await echoing()
  await using gone = await start()
  const options = parseOptions({ connections: 4, threads: 2, rate: 400, duration: 800, warmup: 0, seed: 1 })
  const [one, other] = planThreads(options, server.url)
  const threads = new LoadThreads([[one!, { ...other!, url: gone.url }]])
  try {
    await threads.connected()
    threads.start()
    const { pings, ended } = summarize((await threads.done())[0]!, options, new Date(0))
    expect(Math.abs(pings.due - 320)).toBeLessThanOrEqual(2)
    expect(pings.due - pings.sent).toBe(pings.dropped)
    expect(pings.dropped).toBeGreaterThan(0)
    // Of what left before its connection ended, five a connection were answered.
    expect(pings.dropped + pings.lost).toBeGreaterThanOrEqual(145)
    expect(ended).toBe('completed')
  } finally {
    await threads.terminate()
  }
})

test('a rate ends when no thread has a connection left, however long it was to be', async () => {
  await using server = await closing({ after: { answers: 2 }, code: 4_000, reason: 'enough' })
  const options = { connections: 6, threads: 2, rate: 600, duration: '10m' } as const
  const { ended, pings } = await flood(server, options)
  expect(ended).toBe('disconnected')
  expect(pings.answered).toBe(12)
})

test('threads add up their failed connections', async () => {
  await using server = await refusing(401)
  const { errors, connections } = await flood(server, { connections: 8, threads: 2 })
  expect(errors).toEqual({ HTTP_401: { count: 8, samples: ['401 Unauthorized'] } })
  expect(connections.failed).toBe(8)
})

test('there are no more threads than connections', async () => {
  await using server = await echoing()
  const { generator } = await flood(server, { connections: 2, duration: 50, threads: 8 })
  expect(generator.threads).toBe(2)
})

test('a crash of a thread is an error', async () => {
  await using server = await echoing()
  const probe = { module: new URL('../support/crashing-probe.ts', import.meta.url) }
  const crashed = run({ url: server.url, warmup: 0, duration: 60_000, connections: 2, threads: 2, probe })
  await expect(crashed).rejects.toMatchObject({
    code: 'WSLOAD_ERR_THREAD_CRASHED',
    message: 'wsLoad: a load thread crashed, nothing was measured: Error: out of the blue',
    cause: new Error('out of the blue'),
  })
  await expect.poll(() => server.connections()).toBe(0)
})

test('what an error repeats of a server is text, without what the server was asked with', async () => {
  await using server = await echoing()
  const module = new URL('../support/crashing-probe.ts', import.meta.url)
  const data = '\u001B[31mno ticket hunter2hunter2\u001B[0m\n::error::gone'
  const url = `${server.url}/?ticket=hunter2hunter2`
  const crash = run({ url, warmup: 0, duration: 60_000, connections: 1, probe: { module, data } })
  const { message, cause } = (await crash.catch((error: unknown) => error)) as Error & {
    readonly cause: Error & { readonly cause: Error }
  }
  expect(message.split('nothing was measured: ')[1]).toBe('Error: [31mno ticket masked[0m\n: :error::gone')
  expect(cause.stack).toContain('crashing-probe.ts')
  expect(cause.cause.message).toContain('no ticket masked')
  for (const text of [message, cause.message, cause.stack, cause.cause.message])
    expect(text).not.toMatch(/hunter2|[^\n\P{C}]|^::/mu)
})

test('a secret that may not be printed as it is does not stand in an error either', async () => {
  await using server = await echoing()
  const module = new URL('../support/crashing-probe.ts', import.meta.url)
  const headers = { authorization: 'a secret ::notice' }
  const data = `refused: ${headers.authorization}`
  const crash = run({ url: server.url, headers, warmup: 0, duration: 60_000, connections: 1, probe: { module, data } })
  const { message } = (await crash.catch((error: unknown) => error)) as Error
  expect(message.split('nothing was measured: ')[1]).toBe('Error: refused: masked')
})

test.each(['data', 'url', 'headers'])(
  'what %s of a protocol throws is told as text, without the secrets that it was given',
  async (name) => {
    await using server = await echoing()
    const source = `export default {
      ${name}(index, data) { throw new Error('no user ' + data.credentials + '\\n::error::gone') },
      request: String,
      reply: Number,
    }`
    const probe = { protocol: await moduleFile(source, 'chat.protocol.mjs'), data: { credentials: 'user:hunter2' } }
    await expect(run({ url: server.url, warmup: 0, duration: 50, connections: 1, probe })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_INVALID_OPTIONS',
      message:
        `wsLoad: an option is wrong\n  probe.protocol.${name}: expected a function that does not throw, ` +
        'got "Error: no user masked\n: :error::gone", for connection 0 (chat.protocol.mjs)',
    })
  },
)

test('an exit of a thread is an error', async () => {
  await using server = await echoing()
  const probe = { module: new URL('../support/crashing-probe.ts', import.meta.url), data: 'exit' }
  const crashed = run({ url: server.url, warmup: 0, duration: 60_000, connections: 1, probe })
  await expect(crashed).rejects.toMatchObject({
    code: 'WSLOAD_ERR_THREAD_CRASHED',
    message: 'wsLoad: a load thread crashed, nothing was measured: it exited with code 7 before its work was done',
  })
  await expect.poll(() => server.connections()).toBe(0)
})

test('a module without the functions is a wrong option', async () => {
  await using server = await echoing()
  const module = new URL('../support/servers.ts', import.meta.url)
  const unusable = run({ url: server.url, warmup: 0, duration: 50, probe: { module } })
  await expect(unusable).rejects.toMatchObject({
    code: 'WSLOAD_ERR_INVALID_OPTIONS',
    message: `wsLoad: an option is wrong\n  probe.module: ${module.href} must export the functions request and reply`,
  })
  expect(server.accepted).toBe(0)
})
