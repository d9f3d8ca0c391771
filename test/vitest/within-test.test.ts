import { describe, expect, test } from 'vitest'
import { parseOptions } from '../../src/options/options.ts'
import { closingTime } from '../../src/vitest/within-test.ts'
import { targetOf } from '../support/target.ts'

const flood = parseOptions({})
const own = closingTime(flood)

describe('a flood that is told to end has', () => {
  test('the time that its servers may take, one after the other', () => {
    const base = targetOf({ command: 'serve', url: 'ws://127.0.0.1:1', stopTimeout: '30s' })
    const head = targetOf({ command: 'serve', url: 'ws://127.0.0.1:2', stopTimeout: '2s' })
    expect(closingTime(flood, [base, head])).toBe(own + 32_000)
  })

  test('no time for a server that it has not started', () => {
    expect(closingTime(flood, [{ url: 'ws://127.0.0.1:1', server: 'auto' }])).toBe(own)
  })

  test('time for its agents to report', () => {
    const { machines } = parseOptions({ url: 'ws://host', machines: { nats: 'nats://127.0.0.1:1', agents: 2 } })
    expect(closingTime({ machines })).toBeGreaterThan(own)
  })
})
