import { test as base, type TestAPI } from 'vitest'
import type { WsLoadOptions } from '../options/options.ts'
import { attemptAt, configuredDefaults, configuredTarget, runningTest } from './context.ts'
import { type WsLoad, wsLoadFor } from './ws-load.ts'

/** What {@link withWsLoad} adds to a test's context. */
export interface WsLoadFixtures {
  /** Floods a WebSocket target with pings as part of this test. */
  wsLoad: WsLoad
  /** The options that `wsLoad` starts from: the plugin's `defaults`, or what `test.override` puts in their place. */
  wsLoadDefaults: WsLoadOptions
  /** URL of the plugin's target, `null` without one; `test.override` can name another. */
  wsLoadTarget: string | null
}

/** Adds the `wsLoad` fixture to a `test` that has fixtures of its own. */
export function withWsLoad<Context>(test: TestAPI<Context>): TestAPI<Context & WsLoadFixtures> {
  const extended = (test as unknown as typeof base)
    .extend('wsLoadDefaults', () => configuredDefaults())
    .extend('wsLoadTarget', () => configuredTarget())
    .extend('wsLoad', ({ wsLoadDefaults, wsLoadTarget, task, signal, onTestFinished, annotate }, { onCleanup }) => {
      const running = runningTest({ task, signal, onTestFinished, annotate })
      const surroundings = { defaults: wsLoadDefaults, target: wsLoadTarget }
      let attempt: number | undefined
      // Not before: where an `aroundEach` has this fixture, Vitest has not counted the repeat yet.
      onCleanup(() => {
        attempt = attemptAt(task)
      })
      return wsLoadFor(() => ({ ...surroundings, test: { ...running, attempt: attempt ?? attemptAt(task) } }))
    })
  return extended as unknown as TestAPI<Context & WsLoadFixtures>
}

/** Vitest's `test` with the `wsLoad` fixture. */
export const test: TestAPI<WsLoadFixtures> = withWsLoad(base)
