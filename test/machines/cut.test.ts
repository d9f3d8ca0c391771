/** Agents whose way to NATS is cut, and comes back. */
import { execFile } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Progress } from '../../src/run/progress.ts'
import { evaluateSLO } from '../../src/slo/evaluate.ts'
import { cuttable } from '../support/cuttable.ts'
import { answeringWith } from '../support/handshakes.ts'
import { agent, agents, machines, nats, natsMissing } from '../support/nats.ts'
import { parseCapacity } from '../../src/options/capacity.ts'
import { findCapacity } from '../../src/run/capacity.ts'
import { run } from '../support/run.ts'
import { echoing, silent } from '../support/servers.ts'

const long = { connections: 4, rate: '100/s', warmup: 0, duration: '10m' } as const
const program = join(import.meta.dirname, '../../src/cli/main.ts')

/** Two agents at a NATS server, of which one has a way to it that can be cut. */
async function meeting() {
  const server = await nats()
  const way = await cuttable(server.port)
  const a = await agent(server, { name: 'a' })
  const b = await agent({ url: `nats://127.0.0.1:${way.port}` }, { name: 'b' })
  return {
    server,
    way,
    b,
    async [Symbol.asyncDispose]() {
      for (const one of [b, a, way, server]) await one[Symbol.asyncDispose]()
    },
  }
}

describe.skipIf(natsMissing() !== undefined)('an agent that is cut off', () => {
  test('while it measures is lost, and what it had measured is kept', async () => {
    await using target = await echoing()
    await using met = await meeting()
    const { server, way, b } = met
    const running = run({ url: target.url, ...long, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThan(50)
    await way.cut(200)
    const result = await running
    expect(result.ended).toBe('incomplete')
    expect(result.machines!.map(({ pings }) => pings!.answered > 0)).toEqual([true, true])
    expect(evaluateSLO(result, { p99: '< 1h' })).toMatchObject({
      verdict: 'inconclusive',
      vacuous: true,
      reasons: [
        expect.stringMatching(
          /^the agent b was lost .*: (?:its connection to NATS|something that it)[^;]* was lost; what came later/,
        ),
      ],
    })
    await expect.poll(() => b.lines.at(-1)).toMatch(/^free again/)
  })

  test('while it connects is an error that says so, and nobody starts', async () => {
    await using target = await answeringWith('', 'stay')
    await using met = await meeting()
    const { server, way, b } = met
    const running = run({ url: target.url, ...long, connectTimeout: '5m', ...machines(server, 2) })
    const failure = running.catch((error: unknown) => error)
    await expect.poll(() => target.connections()).toBe(4)
    await way.cut(200)
    expect(await failure).toMatchObject({
      code: 'WSLOAD_ERR_AGENTS',
      message: expect.stringMatching(/^wsLoad: the agent b was lost: \w.* lost$/),
    })
    await expect.poll(() => b.lines.at(-1)).toMatch(/^free again/)
  })

  test('while it drains ends the run', async () => {
    await using target = await silent()
    await using met = await meeting()
    const { server, way } = met
    const waits = { ...long, duration: '300ms', timeout: '5m', drain: '5m' } as const
    const running = run({ url: target.url, ...waits, ...machines(server, 2) })
    await expect.poll(() => target.pings).toBeGreaterThanOrEqual(28)
    await way.cut(200)
    expect((await running).ended).toBe('incomplete')
  })

  test('ends a search for a capacity, which blames nobody else', async () => {
    await using target = await echoing()
    await using met = await meeting()
    const { server, way } = met
    const search = { slo: { p50: '< 5s' }, from: '100/s', to: '200/s', connections: 4, warmup: 0 } as const
    let isCut = false
    const watcher = {
      every: 100,
      report: ({ phase }: Progress) => {
        if (phase === 'measuring' && !isCut) void way.cut(200)
        isCut = phase === 'measuring'
      },
    }
    const options = parseCapacity({ url: target.url, ...search, ...machines(server, 2) })
    const { limitedBy, reasons, steps } = await findCapacity(options, { watcher })
    expect(limitedBy).toBe('unknown')
    expect(steps.at(-1)!.summary!.ended).toBe('incomplete')
    expect(reasons.join()).toContain('the agent b was lost')
  })
})

test('a run is ended by its signal while agents connect, and says that nothing was measured', async ({ skip }) => {
  skip(natsMissing() !== undefined)
  await using target = await answeringWith('', 'stay')
  await using server = await nats()
  await using _two = await agents(server, ['a', 'b'])
  const controller = new AbortController()
  const { signal } = controller
  const running = run({ url: target.url, ...long, connectTimeout: '5m', signal, ...machines(server, 2) })
  await expect.poll(() => target.connections()).toBe(4)
  controller.abort()
  expect(await running).toMatchObject({ ended: 'aborted', pings: { sent: 0 } })
})

test.each<[string, (socket: Socket) => unknown, string]>([
  ['says nothing', () => {}, 'it accepts connections, and says nothing'],
  ['ends at once', (socket) => socket.end(), 'it accepts connections, and ends them'],
  ['speaks something else', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'it does not speak NATS'],
])('a server that is no NATS and %s ends the program with an error', async (_, answer, reason) => {
  const other = createServer((socket) => void answer(socket.on('error', () => {})))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const flags = ['ws://127.0.0.1:1', '--nats', `nats://127.0.0.1:${port}`, '--agents', '1', '--agents-wait', '0']
  const failing = promisify(execFile)(process.execPath, [program, ...flags])
  await expect(failing).rejects.toMatchObject({ code: 5, stderr: expect.stringContaining(reason) })
  other.close()
})
