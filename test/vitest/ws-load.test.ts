import { expect, test } from 'vitest'
import { parseOptions, type WsLoadOptions } from '../../src/options/options.ts'
import { benchFlood } from '../../src/vitest/bench-flood.ts'
import { currentTest } from '../../src/vitest/context.ts'
import { expect as matchers } from '../../src/vitest/matchers.ts'
import wsLoadPlugin from '../../src/vitest/plugin.ts'
import { checkBegun } from '../../src/vitest/within-test.ts'
import { wsLoadFor } from '../../src/vitest/ws-load.ts'
import { echoing } from '../support/servers.ts'
import { withoutColours } from '../support/without-colours.ts'

/** `wsLoad()` in a test with a timeout of five seconds. */
function inShortTest(defaults: WsLoadOptions = {}) {
  const short = { ...currentTest()!, timeout: 5_000 }
  return wsLoadFor(() => ({ test: short, defaults, target: null }))
}

test('a flood that may take longer than its test says so before it starts', async () => {
  await expect(inShortTest()({ until: { p99: '< 20ms' } })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[WsLoadError: wsLoad: the flood may take 61 s (warmup 1 s + maxDuration 60 s), but the test's timeout is 5 s; raise the test's timeout (third argument of test, or test.testTimeout in vitest.config) or take a shorter maxDuration]`,
  )
})

test('has a code for each of its own errors', async () => {
  await expect(inShortTest()({ until: { p99: '< 20ms' } })).rejects.toMatchObject({ code: 'WSLOAD_ERR_TEST_TIMEOUT' })
  const flood = benchFlood({ test: undefined, flood: parseOptions({}), signal: undefined, hasBegun: false })
  expect(() => flood()).toThrow(expect.objectContaining({ code: 'WSLOAD_ERR_NO_BENCH_PROVIDER' }))
  expect(() => checkBegun({ hasBegun: false }, currentTest()!, '')).toThrow(
    expect.objectContaining({ code: 'WSLOAD_ERR_NOT_AWAITED' }),
  )
})

test('a default for the longest duration counts', async () => {
  const defaults = { until: { p99: '< 20ms' }, maxDuration: '20s' }
  await expect(inShortTest(defaults)({ warmup: 0 })).rejects.toThrow('(warmup 0 ms + maxDuration 20 s)')
  await expect(inShortTest(defaults)({ duration: '7s' })).rejects.toThrow('(warmup 1 s + duration 7 s)')
})

test('an undecided flood is told the timeout that its test would take', async () => {
  await using server = await echoing()
  const options = { url: server.url, connections: 1, rate: 100, warmup: 0, duration: '200ms' } as const
  const summary = await inShortTest()(options)
  expect(withoutColours(() => matchers(summary).toMeetSLO({ p99: '< 1s' }))).toThrow(
    /take until instead of a fixed length, with\s+a\s+test timeout of more than \d+ s, it is 5 s$/,
  )
})

test('a comparison that may take longer than its test says so before it starts', async () => {
  const side = { url: 'ws://127.0.0.1:1' }
  const compared = inShortTest({ duration: '1s', url: 'ws://127.0.0.1:2' }).compare({ base: side, head: side })
  await expect(compared).rejects.toThrow('may take 32 s (warmup 2 s + maxDuration 30 s)')
})

test('a comparison takes over what the defaults say of the load, and not what ends a flood', async () => {
  await using server = await echoing()
  const defaults = { connections: 3, warmup: 0, until: { p99: '< 1s' }, maxDuration: '1h', url: 'ws://127.0.0.1:1' }
  const side = { url: server.url }
  const { base, head } = await inShortTest(defaults).compare({ base: side, head: side, maxDuration: '1s' })
  expect([base.connections.opened, head.connections.opened]).toEqual([3, 3])
  expect(base.options).not.toHaveProperty('until')
})

test('an option of a comparison that is undefined leaves the default', async () => {
  await using server = await echoing()
  const side = { url: server.url }
  const wsLoad = inShortTest({ connections: 3, warmup: 0 })
  const given = { base: side, head: side, maxDuration: '1s', connections: undefined }
  const { base } = await wsLoad.compare(given as never)
  expect(base.connections.requested).toBe(3)
})

test('the plugin takes what decides a run for a default, with its mistakes', () => {
  const defaults = { until: { p99: '< 20ms' }, maxDuration: '20s', confidence: 0.95 }
  expect(() => wsLoadPlugin({ defaults })).not.toThrow()
  expect(() => wsLoadPlugin({ defaults: { ...defaults, confidence: 95, until: { p99: '20ms' } } })).toThrow(
    /\n {2}defaults\.confidence: .+\n {2}defaults\.until\.p99: /,
  )
})

test('tries the functions of a probe once, whatever the flood', async () => {
  await using server = await echoing()
  const side = { url: server.url }
  const probe = {
    request(id: number) {
      Object.assign(globalThis, { tried: (Reflect.get(globalThis, 'tried') ?? 0) + 1 })
      return JSON.stringify(id)
    },
    reply: (message: string | Uint8Array) => JSON.parse(String(message)) as number,
  }
  const load = { probe, connections: 1, warmup: 0 }
  const { wsLoad, tried } = { wsLoad: inShortTest(), tried: (): unknown => Reflect.get(globalThis, 'tried') }
  await wsLoad({ ...load, ...side, duration: 50 })
  expect(tried()).toBe(1)
  await wsLoad({ ...load, ...side, until: 'p99 < 1s', maxDuration: '1s' })
  expect(tried()).toBe(2)
  await wsLoad.compare({ ...load, base: side, head: side, maxDuration: '1s' })
  expect(tried()).toBe(3)
})
