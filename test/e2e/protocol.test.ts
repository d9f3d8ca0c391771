import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chatting } from '../support/chat.ts'
import { linkedConsumer } from './support/consumer.ts'
import { startCommand, startVitest } from './support/vitest-run.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())

const chat = `
import { defineProtocol } from 'vitest-ws-load/protocol'

enum Unused {}

interface Said {
  type: string
  room: string
  message: string
  id?: number
}

function read(message: string | Uint8Array): Said {
  return JSON.parse(String(message)) as Said
}

export default defineProtocol({
  subprotocols: 'chat.v1',
  data: { token: 'letmein' },
  async session(connection, { index, data }) {
    connection.send(JSON.stringify({ type: 'login', user: \`user-\${index}\`, token: data.token }))
    const said = read(await connection.receive())
    if (said.type !== 'welcome') throw new Error(said.message)
    return { room: said.room }
  },
  request: (id, { state }) => JSON.stringify({ id, type: 'echo', room: state.room }),
  reply: (message) => read(message).id,
})
`
const chatProtocol = chat.replace('enum Unused {}\n\n', '')

function testOf(url: string): string {
  return `
import { expect, test } from 'vitest-ws-load'

const protocol = new URL('./chat.protocol.ts', import.meta.url)
const load = { url: '${url}', connections: 3, duration: 300, warmup: 0 }

test('answers who has logged in', async ({ wsLoad }) => {
  const summary = await wsLoad({ ...load, probe: { protocol } })
  expect(summary).toMeetSLO({ max: '< 20s', 'session.max': '< 20s', opened: '>= 3' })
})

test('answers nobody else', async ({ wsLoad }) => {
  const summary = await wsLoad({ ...load, probe: { protocol, data: { token: 'wrong' } } })
  expect(summary).toMeetSLO({ max: '< 20s' })
})
`
}

describe('a protocol in TypeScript', () => {
  test('is green for users that the server knows, and red with the line of the others', async () => {
    await using server = await chatting()
    const { exitCode, output } = await consumer.run({
      'chat.protocol.ts': chatProtocol,
      'chat.test.ts': testOf(server.url),
    })
    expect(exitCode).toBe(1)
    expect(output).toMatch(/1 failed \| 1 passed/)
    expect(output).toContain('SESSION_FAILED × 3 (Error: no such token: masked (chat.protocol.ts:21:40))')
  })

  test('is one of the defaults of the plugin', async () => {
    await using server = await chatting()
    const config = `
import { fileURLToPath } from 'node:url'
import wsLoad from 'vitest-ws-load/plugin'
const protocol = new URL('./chat.protocol.ts', import.meta.url)
export default { plugins: [wsLoad({ defaults: { connections: 2, duration: 500, warmup: 0, sessionTimeout: '20s', probe: { protocol } } })] }`
    const { exitCode, output } = await consumer.run({
      'vitest.config.ts': config,
      'chat.protocol.ts': chatProtocol,
      'chat.test.ts': `
import { expect, test } from 'vitest-ws-load'
test('answers', async ({ wsLoad }) => {
  expect(await wsLoad({ url: '${server.url}' })).toMeetSLO({ max: '< 20s', opened: '>= 2' })
})`,
    })
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
  })

  test('goes into a baseline, a comparison, a benchmark and a page', { timeout: 150_000 }, async () => {
    // One that leaves its generator time to spare: a saturated run is no baseline.
    await using server = await chatting({ answersAfter: 20 })
    const load = `{ url: '${server.url}', connections: 2, warmup: 300, duration: 2_000, probe: { protocol } }`
    const project = await consumer.project({
      'vitest.config.ts': `
import wsLoad from 'vitest-ws-load/plugin'
export default { plugins: [wsLoad({ report: { html: 'load.html' } })] }`,
      'chat.protocol.ts': chatProtocol,
      'chat.test.ts': `
import { expect, test } from 'vitest-ws-load'
const protocol = new URL('./chat.protocol.ts', import.meta.url)
const lenient = { inconclusive: 'warn' } as const
// A run that its machine kept from its work is no baseline, and no side of a comparison.
const retry = 8
const tolerance = { p50: '1000%', min: '4s' }

test('is what it was', { retry }, async ({ wsLoad }) => {
  expect(await wsLoad(${load})).toMatchBaseline('chat', tolerance, lenient)
})

test('is what another one is', { retry }, async ({ wsLoad }) => {
  const side = { url: '${server.url}' }
  const load = { base: side, head: side, connections: 2, warmup: 0, maxDuration: '1s', probe: { protocol } }
  const comparison = await wsLoad.compare({ ...load, tolerance })
  expect(comparison).toShowNoRegression(undefined, lenient)
  expect([comparison.base.session.count, comparison.head.session.count]).toEqual([2, 2])
})`,
      'chat.bench.ts': `
import { test } from 'vitest'
import { wsLoad } from 'vitest-ws-load'
const protocol = new URL('./chat.protocol.ts', import.meta.url)
test('chat', async ({ bench }) => {
  await bench('says it back', wsLoad.flood(${load})).run()
})`,
    })
    const patience = '--testTimeout=60000'
    const vitest = (...args: string[]) => startVitest(consumer.directory, project, [patience, ...args]).finished
    expect(await vitest('-u')).toMatchObject({ exitCode: 0, output: expect.stringContaining('baseline written') })
    const baseline = JSON.parse(await readFile(join(project, '.ws-load/baselines/chat.json'), 'utf8'))
    expect(baseline).toMatchObject({ options: { probe: 'protocol chat.protocol.ts' }, session: { count: 2 } })
    expect(await vitest()).toMatchObject({ exitCode: 0 })
    expect(await readFile(join(project, 'load.html'), 'utf8')).toContain('protocol chat.protocol.ts')
    const program = join(consumer.directory, 'node_modules/vitest/vitest.mjs')
    const { exitCode, output } = await startCommand([process.execPath, program, 'bench', '--run'], project).finished
    expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringMatching(/says it back/) })
    expect(await readFile(join(project, 'load.html'), 'utf8')).toContain('protocol chat.protocol.ts')
    expect(server.users.length).toBeGreaterThanOrEqual(2 + 4 + 2 + 4 + 2)
  })

  test('needs a Node that runs it, and says so', async () => {
    await using server = await chatting()
    const { exitCode, output } = await consumer.run(
      { 'chat.protocol.ts': chatProtocol, 'chat.test.ts': testOf(server.url) },
      [],
      { env: { NODE_OPTIONS: '--no-experimental-strip-types' } },
    )
    expect(exitCode).toBe(1)
    expect(output).toContain(
      `probe.protocol: expected a Node that runs TypeScript, got ${process.version}, which does not run chat.protocol.ts; ` +
        'take Node 22.18, 24 or later without --no-strip-types, or name a module in JavaScript',
    )
    expect(server.handshakes).toEqual([])
  })

  test('with more than types is told what Node does not run', async () => {
    await using server = await chatting()
    const { exitCode, output } = await consumer.run({ 'chat.protocol.ts': chat, 'chat.test.ts': testOf(server.url) })
    expect(exitCode).toBe(1)
    expect(output).toMatch(
      /probe\.protocol: expected a module that can be imported, got "SyntaxError.*TypeScript enum is not supported/,
    )
  })
})
