import { expect, test } from 'vitest'
import { toGithubBenchmark } from '../../src/export/github-benchmark.ts'
import { fanOutResult } from '../support/fan-out-result.ts'
import { loadResult, repeated } from '../support/result.ts'

interface Entry {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly range?: string
  readonly extra: string
}

const read = (text: string): Entry[] => JSON.parse(text) as Entry[]

test('a run has an entry for each figure of which less is better', () => {
  const entries = read(toGithubBenchmark([{ name: 'gateway', result: loadResult() }]))
  expect(entries.map(({ name, unit }) => `${name} ${unit}`)).toEqual([
    'gateway › p50 ms',
    'gateway › p90 ms',
    'gateway › p99 ms',
    'gateway › p99.9 ms',
    'gateway › max ms',
    'gateway › errorRate share',
    'gateway › connectErrorRate share',
  ])
  expect(entries[2]!.value).toBeCloseTo(18, 1)
  expect(entries[2]!.extra).toBe('10 connections\nTest CPU, 2 cores\nNode 24.21.0')
})

test('what the generator could not see is a range', () => {
  const [median] = read(
    toGithubBenchmark([{ name: 'blurred', result: loadResult(repeated(2_000, [10, 30] as const)) }]),
  )
  expect(median!.range).toBe('9.99 … 30 ms')
})

test('a fan-out has nothing of which more is better', () => {
  const names = read(toGithubBenchmark([{ name: 'rooms', result: fanOutResult() }])).map(({ name }) => name)
  expect(names).toContain('rooms › completion.p50')
  expect(names.filter((name) => /reach|throughput/.test(name))).toEqual([])
})
