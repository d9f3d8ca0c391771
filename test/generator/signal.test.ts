import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { flood } from '../support/flood.ts'
import { moduleFile } from '../support/module-file.ts'
import { answering, closing } from '../support/servers.ts'

/** A protocol of an echo whose session is this function. */
async function echoAfter(session: string, others = ''): Promise<NonNullable<WsLoadOptions['probe']>> {
  const source = `
    import { appendFileSync } from 'node:fs'
    import { setInterval as everyMs } from 'node:timers/promises'
    export default { session: ${session}, request: String, reply: Number, ${others} }`
  return { protocol: await moduleFile(source) }
}

/** A protocol that writes down why and when its connections end. */
async function endNoting(
  then = '',
): Promise<{ probe: NonNullable<WsLoadOptions['probe']>; ends: () => Promise<string[]> }> {
  const file = await moduleFile('', 'ends.txt')
  const session = `({ signal, close }, { index, data }) => {
    signal.addEventListener('abort', () => appendFileSync(data, index + ' ' + signal.reason.message + '\\n'))
    ${then}
  }`
  const probe = Object.assign(await echoAfter(session), { data: file }) as NonNullable<WsLoadOptions['probe']>
  return { probe, ends: async () => (await readFile(file, 'utf8')).trimEnd().split('\n').toSorted() }
}

test('a timer speaks while nothing else does, until the run ends its connection', async () => {
  const told: string[] = []
  await using server = await answering((payload, send) => {
    if (/^\d+$/.test(String(payload))) send(payload)
    else told.push(String(payload))
  })
  const probe = await echoAfter(`({ send, signal }) => {
    const timer = setInterval(() => send('beat'), 100)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      send('bye')
    })
  }`)
  const { errors, pings } = await flood(server, {
    connections: 2,
    sessionRate: 2,
    warmup: 400,
    rate: 4,
    duration: 400,
    probe,
  })
  expect(errors).toEqual({})
  expect(pings.answered).toBe(pings.sent)
  expect(told.slice(-2)).toEqual(['bye', 'bye'])
  // Half a second before the other one has logged in, then 800 ms of both, of which a busy machine may miss some.
  expect(told.length).toBeGreaterThan(8)
  expect(server.closes.map(({ code }) => code)).toEqual([1000, 1000])
})

test.for([
  ['the server closes it', ''],
  ['its session fails', `throw new Error('no')`],
  ['its session ends it', 'close(4000)'],
] as const)('a signal is aborted when %s', async ([, then]) => {
  const { probe, ends } = await endNoting(then)
  await using server = await closing({ code: 1001, after: { answers: 2 } })
  await flood(server, { connections: 2, duration: 5_000, probe })
  expect(await ends()).toEqual(['0 the connection has ended', '1 the connection has ended'])
})

test('a signal that is asked for late is aborted', async () => {
  const file = await moduleFile('', 'late.txt')
  await using server = await closing({ code: 1001, after: { answers: 1 }, only: 1 })
  const session = `(line, { data }) => void setTimeout(() => appendFileSync(data, line.signal.aborted + ' '), 200)`
  const probe = Object.assign(await echoAfter(session), { data: file }) as NonNullable<WsLoadOptions['probe']>
  await flood(server, { connections: 2, duration: 1_000, probe })
  expect(await readFile(file, 'utf8')).toMatch(/^(true false|false true) $/)
})

test('who waits with the signal is left behind without a fault', async () => {
  await using server = await answering((payload, send) => send(payload))
  const probe = await echoAfter(`({ signal }) => {
    void (async () => { for await (const _ of everyMs(50, undefined, { signal })); })()
    void new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }`)
  const { errors, pings } = await flood(server, { connections: 2, pings: 10, probe })
  expect(errors).toEqual({})
  expect(pings.answered).toBe(10)
})
