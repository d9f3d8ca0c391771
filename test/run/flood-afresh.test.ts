import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { compare } from '../support/run.ts'
import { evaluate, freePort, visit } from '../support/processes.ts'

/** Each process of it answers after another delay: the first one after the first of these milliseconds, and so on, again and again; one of NaN does not come up. */
async function differing({ onTestFinished }: TestContext, ...delays: readonly number[]) {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const port = await freePort()
  const program = `
    const { appendFileSync, statSync } = require("node:fs")
    appendFileSync("${directory}/starts", ".")
    const delays = [${delays.join(', ')}]
    const delay = delays[(statSync("${directory}/starts").size - 1) % delays.length]
    if (Number.isNaN(delay)) process.exit(1)
    const { WebSocketServer } = require("ws")
    new WebSocketServer({ port: ${port}, host: "127.0.0.1", autoPong: false }).on("connection", (socket) =>
      socket.on("ping", (data) => setTimeout(() => socket.pong(data), delay)))`
  return { command: evaluate(program), url: `ws://127.0.0.1:${port}` }
}

const load = { connections: 4, warmup: 0, restarts: 7, maxDuration: '8s' } as const
const [fast, slow] = [4, 12]

describe.concurrent('servers that are started afresh', () => {
  test('are not slower for what two processes of one program differ by', async (context) => {
    const [base, head] = [await differing(context, fast, slow), await differing(context, slow, fast)]
    const tolerance = { p50: '20%', errorRate: '50%' }
    const once = await compare({ base, head, ...load, restarts: 0, tolerance, confidence: 0.9 })
    expect(once.verdict).toMatchObject({ verdict: 'slower', starts: 1 })

    const again = { base: await differing(context, fast, slow), head: await differing(context, slow, fast) }
    const { verdict, pairs, ...runs } = await compare({ ...again, ...load, tolerance, confidence: 0.9 })
    expect(verdict).toMatchObject({ verdict: 'unclear', starts: 8 })
    expect(verdict.changes[0]).toMatchObject({ indicator: 'p50', verdict: 'unclear' })
    const isAdvised = verdict.reasons.some((reason) => reason.includes('four times as many pairs halve the interval'))
    expect(isAdvised).toBe(!verdict.doubtful)
    expect(pairs).toHaveLength(8)
    for (const run of [runs.base, runs.head]) {
      expect(run).toMatchObject({ ended: 'completed', connections: { requested: 32, opened: 32, closedEarly: 0 } })
      expect(run.duration).toBeCloseTo(4_000, -1)
      expect(run.options.duration).toBe(4_000)
    }
  })

  test('are slower where the head of every pair is', async (context) => {
    const [base, head] = [await differing(context, fast), await differing(context, slow)]
    const { verdict, pairs } = await compare({ base, head, ...load, restarts: 11, maxDuration: '12s' })
    expect(verdict).toMatchObject({ verdict: 'slower', starts: 8 })
    expect(pairs).toHaveLength(8)
    for (const { url } of [base, head]) await expect(visit(url)).rejects.toThrow('ECONNREFUSED')
  })

  test('have what was measured until the signal came', async (context) => {
    const [base, head] = [await differing(context, fast), await differing(context, slow)]
    const controller = new AbortController()
    const { verdict, pairs, ...runs } = await compare(
      { base, head, ...load, signal: controller.signal },
      { every: 50, report: ({ remaining }) => remaining < 6_000 && controller.abort() },
    )
    expect(verdict.doubtful).toBe(true)
    expect([runs.base.ended, runs.head.ended]).toEqual(['aborted', 'aborted'])
    expect(pairs!.length).toBeGreaterThan(1)
    expect(pairs!.length).toBeLessThan(5)
    expect(runs.base.pings.answered).toBeGreaterThan(100)
  })

  test('are no more once every connection of a head is gone', async (context) => {
    const base = await differing(context, fast)
    const port = await freePort()
    const closing = `const { WebSocketServer } = require("ws")
    new WebSocketServer({ port: ${port}, host: "127.0.0.1" }).on("connection", (socket) => socket.on("ping", () => socket.terminate()))`
    const { verdict, pairs } = await compare({
      base,
      head: { command: evaluate(closing), url: `ws://127.0.0.1:${port}` },
      ...load,
    })
    expect(verdict.doubtful).toBe(true)
    expect(pairs).toHaveLength(1)
  })

  test('are no more once one of them answers nothing', async (context) => {
    const base = await differing(context, fast)
    const head = await differing(context, fast, 3_600_000)
    const { verdict, pairs } = await compare({ base, head, ...load, timeout: '1s' })
    expect(verdict).toMatchObject({ verdict: 'unclear', doubtful: true })
    expect(verdict.reasons[0]).toMatch(/^head: none of \d+ pings was answered, in start 2$/)
    expect(pairs).toHaveLength(2)
  })

  test('are missed with the number of the start where one does not come back', async (context) => {
    const base = await differing(context, fast)
    const head = await differing(context, fast, NaN)
    await expect(compare({ base, head, ...load })).rejects.toMatchObject({
      code: 'WSLOAD_ERR_TARGET_EXITED',
      message: expect.stringContaining('\nThat was start 2 of 8 (restarts); the ones before it went well.'),
    })
    await expect(visit(base.url)).rejects.toThrow('ECONNREFUSED')
  })
})
