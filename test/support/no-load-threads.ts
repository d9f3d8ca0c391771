/** Set up where test files run side by side: a load thread there would measure the neighbours, so its test fails. */
import { subscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach } from 'vitest'

let threads = 0
subscribe('worker_threads', (message) => {
  const { worker } = message as { readonly worker: Worker }
  // That one sends what was measured elsewhere.
  if (worker.threadName !== 'ws-load-otlp') threads++
})

beforeEach(() => {
  threads = 0
})
afterEach(() => {
  if (threads === 0) return
  throw new Error(
    `This test started ${threads} ${threads === 1 ? 'thread' : 'threads'}, and its file runs beside others: ` +
      'one that floods is none of those that start no load thread (vitest.config.ts).',
  )
})
