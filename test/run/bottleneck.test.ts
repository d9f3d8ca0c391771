/** Each of the ways in which a run becomes slow, produced with a real server, and what is then said. */
import { expect, test } from 'vitest'
import type { LoadResult } from '../../src/result/load-result.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import type { SLO } from '../../src/slo/objective.ts'
import { run } from '../support/run.ts'
import { canCrowd, crowd, quotaOf } from '../support/starving.ts'
import { working } from '../support/working.ts'

const load = { connections: 4, rate: '100/s', warmup: '100ms', duration: '1500ms', drain: '300ms' } as const
/** What is said; where the machine kept the generator from its work, that is said in its place. */
function saidOf(result: LoadResult, slo: SLO): string | undefined {
  return evaluateSLO(result, slo).bottleneck ?? result.generator.reasons[0]
}

/** A sentence that is said, unless the hypervisor took so much that this is, or the machine so much of the generator that this may be. */
function unlessDisturbed({ machine, generator }: LoadResult, sentence: RegExp): RegExp {
  if (machine!.steal! >= 0.1) return /^the hypervisor gave/
  return generator.saturated ? new RegExp(`${sentence.source}|^its threads |^pings left `) : sentence
}

/** Less than any server takes. */
const unreachable = { p50: '< 1us' }

test.skipIf(!canCrowd)('a server that others keep from its processor waited for it', async () => {
  await using server = await working({ spin: 1 })
  using _ = crowd(server.pid, 2)
  const result = await run({ ...load, url: server.url })
  expect(result.server!.waiting).toBeGreaterThan(0.3)
  expect(result.machine!.foreign! * result.machine!.cores).toBeGreaterThan(0.4)
  const waited =
    /^the server waited for a processor \d+ % of the time that it wanted one: other processes took [\d.]+ of \d+ processors$/
  expect(saidOf(result, unreachable)).toMatch(unlessDisturbed(result, waited))
})

const quota = quotaOf(0.1)
quota?.[Symbol.dispose]()

test.skipIf(quota === undefined)('a server whose quota is used up was stopped by it', async () => {
  using limit = quotaOf(0.1)!
  await using server = await working({ spin: 3 })
  limit.limit(server.pid)
  const result = await run({ ...load, url: server.url })
  expect(result.server!.throttled).toBeGreaterThan(0.3)
  expect(Math.max(...result.intervals.map(({ server: use }) => use?.throttled ?? 0))).toBeGreaterThan(0.3)
  expect(evaluateSLO(result, unreachable).bottleneck).toMatch(
    /^a quota of processor time \(cgroup\) had stopped the server \d+ % of the time/,
  )
})

test('a server whose one thread works all of the time is at its limit', async () => {
  await using server = await working({ spin: 2 })
  const result = await run({ ...load, url: server.url, rate: '1000/s', timeout: '200ms' })
  const { busiestThread, waiting } = result.server!
  const wanted = busiestThread! / (1 - waiting!)
  expect(wanted).toBeGreaterThan(0.85)
  // It was not if the machine kept it from its processor, and the sentence is another one then.
  const atLimit = /it is at its limit$/
  const kept = /^the server waited for a processor|^neither the generator/
  expect(saidOf(result, unreachable)).toMatch(unlessDisturbed(result, busiestThread! >= 0.9 ? atLimit : kept))
})

test('a server that sleeps was slow itself', async () => {
  await using server = await working({ sleep: 30 })
  const { duration: _, ...untilDecided } = { ...load, until: { p50: '< 5ms' } }
  const result = await run({ ...untilDecided, url: server.url })
  expect(result.server!.cores).toBeLessThan(0.3)
  const slow = /^neither the generator nor the machine was in the way: the server itself was slow/
  expect(saidOf(result, { p50: '< 5ms' })).toMatch(unlessDisturbed(result, slow))
})
