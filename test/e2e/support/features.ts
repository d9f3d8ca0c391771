/** Test files of a user, each of them green when a feature of the fixture works. They need the packages `vitest` and `ws`. */
import type { Files } from './consumer.ts'

/** Arguments with which they pass on a busy machine as well. */
export const patient = ['--testTimeout=60000', '--expect.poll.timeout=30000'] as const

/** A server that knows how many connections are open, and how many were at most. */
const countingServer = `
import { once } from 'node:events'
import { WebSocketServer } from 'ws'

export async function countingServer() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const counts = { url: 'ws://127.0.0.1:' + server.address().port, open: 0, peak: 0, total: 0 }
  server.on('connection', (socket) => {
    counts.peak = Math.max(counts.peak, ++counts.open)
    counts.total++
    socket.on('close', () => counts.open--)
  })
  return counts
}`

const inferred = `
import { test as base } from 'vitest'
import { expect, test, withWsLoad } from 'vitest-ws-load'

const own = withWsLoad(base.extend('db', () => ({ id: 1 })).extend('clients', ({ db }) => db.id + 2))
own('stands beside fixtures of an own test', async ({ clients, wsLoad }) => {
  const summary = await wsLoad({ connections: clients, duration: 100, warmup: 0 })
  expect(summary.connections.opened).toBe(3)
})

const later = test.extend('url', 'ws://127.0.0.1:9')
later('can be extended', async ({ url, wsLoad }) => {
  const summary = await wsLoad({ url, duration: 100, warmup: 0 })
  expect(summary.errors).toHaveProperty('ECONNREFUSED')
})`

const oneImport = `
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest-ws-load'

const called = []
beforeAll(() => void called.push('before'))
afterAll(() => void called.push('after'))

describe('a suite', () => {
  it('has the fixture under the other name of a test', async ({ wsLoad }) => {
    const { connections } = await wsLoad({ connections: 2, duration: 100, warmup: 0 })
    vi.fn(() => called.push('flooded'))()
    expect([called, connections.opened]).toEqual([['before', 'flooded'], 2])
  })
  test.each([1, 2])('has what a test has: %d', (count) => expect(count).toBeGreaterThan(0))
})`

const overridden = `
import { describe } from 'vitest'
import { expect, test } from 'vitest-ws-load'

test.override('wsLoadDefaults', { connections: 2, duration: 100, warmup: 0 })
test('starts from the defaults of its file', async ({ wsLoad }) => {
  expect((await wsLoad()).options).toMatchObject({ connections: 2, duration: 100, warmup: 0 })
})

describe('a suite', () => {
  test.override('wsLoadDefaults', ({ wsLoadDefaults }) => ({ ...wsLoadDefaults, connections: 3 }))
  test('adds defaults of its own', async ({ wsLoad }) => {
    expect((await wsLoad()).options).toMatchObject({ connections: 3, duration: 100 })
  })
})

describe('another suite', () => {
  test.override('wsLoadTarget', 'ws://127.0.0.1:9/elsewhere')
  test('has a target of its own', async ({ wsLoad }) => {
    expect((await wsLoad()).options.url).toBe('ws://127.0.0.1:9/elsewhere')
  })
})`

const plain = `
import { beforeAll, test } from 'vitest'
import { expect, wsLoad } from 'vitest-ws-load'

let shared
beforeAll(async () => {
  shared = await wsLoad({ connections: 2, duration: 500, warmup: 0 })
})
test('is called by a hook', () => {
  expect(shared).toMeetSLO({ max: '< 5s', opened: '>= 2' })
})
test('is called by a test', async () => {
  expect(await wsLoad({ pings: 20, warmup: 0 })).toMeetSLO({ max: '< 5s' })
})`

const retried = `
import { test as base } from 'vitest'
import { expect, test, wsLoad } from 'vitest-ws-load'
import { countingServer } from './counting-server.js'

const server = await countingServer()
const endless = { url: server.url, connections: 5, pings: 1e9, rate: 1, warmup: 0 }
const short = { url: server.url, connections: 5, pings: 50, warmup: 0 }

test('is retried after a timeout', { retry: 2, timeout: 3_000 }, async ({ task, wsLoad }) => {
  const summary = await wsLoad(task.result.retryCount < 2 ? endless : short)
  expect(summary.ended).toBe('completed')
})
base('is retried after a timeout as a plain function', { retry: 2, timeout: 3_000 }, async ({ task }) => {
  const summary = await wsLoad(task.result.retryCount < 2 ? endless : short)
  expect(summary.ended).toBe('completed')
})
let attempts = 0
test('is retried because its flood is not awaited', { retry: 2 }, async ({ task, wsLoad }) => {
  attempts++
  if (task.result.retryCount === 2) return
  void wsLoad(endless)
  await expect.poll(() => server.open).toBe(5)
})
test.fails('is repeated while its flood is not awaited', { repeats: 1 }, async ({ wsLoad }) => {
  void wsLoad(endless)
  await expect.poll(() => server.open).toBe(5)
})
test('never had more connections than one flood', () => {
  expect(server).toMatchObject({ open: 0, peak: 5 })
  expect(server.total).toBeGreaterThan(5 * 5)
  expect(attempts).toBe(3)
})`

const around = `
import { expect, test } from 'vitest-ws-load'

test.aroundEach(async (runTest, { wsLoad }) => {
  expect(wsLoad).toBeTypeOf('function')
  await runTest()
})

const attempts = []
test('floods again', { repeats: 2, retry: 1 }, async ({ task, wsLoad }) => {
  expect((await wsLoad({ pings: 20, warmup: 0 })).ended).toBe('completed')
  attempts.push(task.meta.wsLoad.at(-1).attempt)
  if (attempts.length === 1) throw new Error('on purpose')
})
test('has counted each attempt', () => {
  expect(attempts).toEqual([1, 2, 3, 4])
})`

const ended = `
import { afterEach } from 'vitest'
import { expect, test, wsLoad as plain } from 'vitest-ws-load'
import { countingServer } from './counting-server.js'

const server = await countingServer()
const seen = []
let timedOut = false
const endless = { url: server.url, connections: 5, pings: 1e9, rate: 1, warmup: 0 }

test.fails('leaves a flood behind', async ({ wsLoad }) => {
  void wsLoad(endless)
  await expect.poll(() => server.open).toBe(5)
})
test('finds the server empty', async () => {
  await expect.poll(() => server.open).toBe(0)
  expect(server.total).toBe(5)
})
test.fails('leaves a flood behind that has just been started', async () => {
  void plain({ duration: '5m', connections: 5 })
}, 600_000)
test('finds the server empty in its hooks after a timeout', { retry: 1, timeout: 1_500 }, async ({ task, wsLoad }) => {
  timedOut = task.result.retryCount === 0
  if (task.result.retryCount === 0) await wsLoad(endless)
})
afterEach(async () => {
  if (!timedOut) return
  await expect.poll(() => server.open).toBe(0)
  timedOut = false
  seen.push('empty')
})
test('has seen that', () => {
  expect(seen).toEqual(['empty'])
})
test('ends a flood by a signal of its own', async ({ wsLoad }) => {
  const summary = await wsLoad({ ...endless, signal: AbortSignal.timeout(500) })
  expect(summary.ended).toBe('aborted')
  expect(() => expect(summary).toMeetSLO({ max: '< 5s' })).toThrow(/SLO inconclusive: .*the run\\s+was\\s+aborted/s)
})`

const concurrent = `
import { test, wsLoad as plain } from 'vitest-ws-load'

const load = { connections: 2, rate: 100, warmup: 0 }
for (const duration of [800, 100]) {
  test.concurrent('floods for ' + duration + ' ms', async ({ expect, wsLoad }) => {
    const summary = await wsLoad({ ...load, duration })
    expect(summary.ended).toBe('completed')
    expect(summary).toMeetSLO({ max: '< 5s' })
  })
  test.concurrent('floods for ' + duration + ' ms by the plain function', async ({ expect }) => {
    expect((await plain({ ...load, duration })).ended).toBe('completed')
  })
}`

const concurrentSuites = `
import { describe } from 'vitest'
import { expect, test, wsLoad } from 'vitest-ws-load'

for (const duration of [800, 100]) {
  describe.concurrent('a suite that floods for ' + duration + ' ms', () => {
    test('by the plain function', { concurrent: false }, async () => {
      expect((await wsLoad({ connections: 2, rate: 100, duration, warmup: 0 })).ended).toBe('completed')
    })
  })
}`

const fakeTimers = `
import { afterEach, vi } from 'vitest'
import { expect, test } from 'vitest-ws-load'

afterEach(() => vi.useRealTimers())
test('floods under fake timers', async ({ wsLoad }) => {
  vi.useFakeTimers()
  const summary = await wsLoad({ duration: 500, warmup: 0 })
  expect(summary.duration).toBeCloseTo(500, 0)
  expect(summary).toMeetSLO({ max: '< 5s', opened: '>= 1' })
})`

/** By name. */
export const features = {
  'fixtures inferred beside those of the user': { 'fixtures.test.js': inferred },
  'all of Vitest by one import': { 'one-import.test.js': oneImport },
  'test.override in files and suites': { 'override.test.js': overridden },
  'the plain function': { 'plain.test.js': plain },
  'retries and repeats that never overlap': { 'retry.test.js': retried, 'counting-server.js': countingServer },
  'around hooks of tests that are retried and repeated': { 'around.test.js': around },
  'floods that end with their tests': { 'end.test.js': ended, 'counting-server.js': countingServer },
  'concurrent tests': { 'concurrent.test.js': concurrent },
  'concurrent suites': { 'suites.test.js': concurrentSuites },
  'fake timers': { 'fake-timers.test.js': fakeTimers },
  'fake timers of a setup file': {
    'fake-timers-setup.js': `import { vi } from 'vitest'\nvi.useFakeTimers()`,
    'vitest.config.js': `export default { test: { setupFiles: './fake-timers-setup.js' } }`,
    'set-up.test.js': fakeTimers.replace('vi.useFakeTimers()', 'vi.isFakeTimers()'),
  },
} satisfies Record<string, Files>
