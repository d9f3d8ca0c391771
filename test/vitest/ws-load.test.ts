import { expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/load/options.ts'
import wsLoadPlugin from '../../src/vitest/plugin.ts'
import { floodIn } from '../../src/vitest/ws-load.ts'

/** A flood in a test with a timeout of five seconds. */
function floodInShortTest(options: WsLoadOptions, defaults: WsLoadOptions = {}) {
  const short = { timeout: 5_000, signal: new AbortController().signal, onTestFinished: () => {} }
  return floodIn(short, { defaults, target: null }, options)
}

test('a flood that may take longer than its test says so before it starts', async () => {
  await expect(floodInShortTest({ until: { p99: '< 20ms' } })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[WsLoadError: wsLoad: the flood may take 61 s (warmup 1 s + maxDuration 60 s), but the test's timeout is 5 s; raise the test's timeout (third argument of test, or test.testTimeout in vitest.config) or take a shorter maxDuration]`,
  )
})

test('a default for the longest duration counts', async () => {
  const defaults = { until: { p99: '< 20ms' }, maxDuration: '20s' }
  await expect(floodInShortTest({ warmup: 0 }, defaults)).rejects.toThrow('(warmup 0 ms + maxDuration 20 s)')
  await expect(floodInShortTest({ duration: '7s' }, defaults)).rejects.toThrow('(warmup 1 s + duration 7 s)')
})

test('the plugin takes what decides a run for a default, with its mistakes', () => {
  const defaults = { until: { p99: '< 20ms' }, maxDuration: '20s', confidence: 0.95 }
  expect(() => wsLoadPlugin({ defaults })).not.toThrow()
  expect(() => wsLoadPlugin({ defaults: { ...defaults, confidence: 95, until: { p99: '20ms' } } })).toThrow(
    /\n {2}defaults\.confidence: .+\n {2}defaults\.until\.p99: /,
  )
})
