import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { compare, evaluateSLO, fanOut, FanOutSummary, LoadComparison, LoadSummary, wsLoad } from '../src/engine.ts'
import { passingOn } from './support/rooms.ts'
import { echoing } from './support/servers.ts'

const protocol = new URL('./support/rooms.protocol.ts', import.meta.url)
const short = { duration: '300ms', warmup: 0 } as const

test('floods, and judges what it found', async () => {
  await using server = await echoing()
  const summary = await wsLoad({ ...short, url: server.url, connections: 4 })
  expect(summary).toBeInstanceOf(LoadSummary)
  expect(summary.connections.opened).toBe(4)
  expect(evaluateSLO(summary, 'max < 20s').verdict).toBe('pass')
})

test('times how long messages take to reach everybody', async () => {
  await using server = await passingOn()
  const summary = await fanOut({ ...short, url: server.url, subscribers: 5, rate: '40/s', protocol })
  expect(summary).toBeInstanceOf(FanOutSummary)
  expect(summary).toMatchObject({ expected: 60, delivered: 60 })
})

test('compares two servers, by fan-outs too', async () => {
  await using server = await echoing()
  await using room = await passingOn()
  const between = ({ url }: { readonly url: string }) => ({
    base: { url },
    head: { url },
    maxDuration: '1s',
    warmup: 0,
  })
  const ofPings = await compare(between(server))
  expect(ofPings).toBeInstanceOf(LoadComparison)
  expect(ofPings.head.pings.answered).toBeGreaterThan(0)
  const ofFanOuts = await compare({ ...between(room), subscribers: 3, rate: '40/s', protocol })
  expect(ofFanOuts.base.reach).toBe(1)
  expect(ofFanOuts.changes.map(({ indicator }) => indicator)).toEqual(['delivery.p50', 'completion.p50', 'errorRate'])
})

test('ends when it is told to', async () => {
  await using server = await echoing()
  const signal = AbortSignal.timeout(200)
  expect((await wsLoad({ url: server.url, duration: '60s', warmup: 0, signal })).ended).toBe('aborted')
})

test('loads nothing of Vitest', async () => {
  await using server = await echoing()
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(specifier, context, next) {
      if (/^(?:@?vitest|vite)(?:\\/|$)/.test(specifier)) throw new Error('it asked for ' + specifier)
      return next(specifier, context)
    } })`
  const engine = join(import.meta.dirname, '../src/engine.ts')
  const program = `import { wsLoad } from '${engine}'
    const { pings } = await wsLoad({ url: '${server.url}', duration: 200, warmup: 0 })
    console.log(pings.answered > 0)`
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(hook)}`,
    '--input-type=module',
    '--eval',
    program,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toBe('true\n')
})
