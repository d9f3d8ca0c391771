/** Reports of agents on their way to the coordinator. */
import { expect, test } from 'vitest'
import type { FloodReport } from '../../src/generator/flood-report.ts'
import { pack, Unpacker } from '../../src/machines/parcels.ts'
import { parseOptions } from '../../src/options/options.ts'
import { toJSON } from '../../src/result/json.ts'
import { planThreads } from '../../src/run/plan.ts'
import { summarize } from '../../src/run/summarize.ts'
import { LoadThreads } from '../../src/run/threads.ts'
import { delaying } from '../support/servers.ts'

/** Reports as they come, in parts, from an agent of this name. */
function travelled(reports: readonly FloodReport[], agent: string): FloodReport[] {
  const unpacker = new Unpacker()
  const taken = pack(reports, 0, 4_096).flatMap((parcel) => unpacker.take(parcel) ?? [])
  return (taken[0]!.message as FloodReport[]).map((report) => ({ ...report, agent }))
}

test('the sum of the agents is that of the same threads in one process, bit for bit', async () => {
  await using server = await delaying((nth) => nth % 10)
  const options = parseOptions({ connections: 9, rate: '900/s', duration: '1200ms', warmup: 0, threads: 3, seed: 1 })
  const threads = new LoadThreads([planThreads(options, server.url)])
  let reports: FloodReport[]
  try {
    await threads.connected()
    threads.start()
    reports = (await threads.done())[0]!
  } finally {
    await threads.terminate()
  }
  const startedAt = new Date(0)
  const one = summarize(reports, options, startedAt)
  const several = summarize(
    [...travelled(reports.slice(0, 1), 'a'), ...travelled(reports.slice(1), 'b')],
    options,
    startedAt,
  )
  expect(reports).toHaveLength(3)
  expect(one.pings.answered).toBeGreaterThan(1_000)
  const { reasons: _, saturated, ...generator } = toJSON(several).generator as Record<string, unknown>
  expect(toJSON(one).generator).toMatchObject(generator)
  // Of several, one is enough that is late: what was offered is then over the time in which that one sent.
  const apart = { generator: 0, ...(saturated !== one.generator.saturated && { offeredRate: 0 }) }
  // Histograms are among it, each count of them.
  expect({ ...toJSON(several), ...apart }).toEqual({ ...toJSON(one), ...apart })
})
