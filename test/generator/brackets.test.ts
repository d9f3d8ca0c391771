import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import { dutyCycle, floodInProcess } from '../support/flood-process.ts'
import { flood } from '../support/flood.ts'
import { type Delay, holding, stamped, stampsFor } from '../support/holding.ts'
import { delaying } from '../support/servers.ts'
import { serveWebSockets } from '../support/ws-server.ts'

interface Load {
  readonly name: string
  readonly options: WsLoadOptions
}

const few = closed(10, 1)
const deep = closed(100, 16)
const many = open(1_000)
const shallow = [closed(1, 1), closed(100, 1), closed(1_000, 1)]
const every = [few, deep, many, ...shallow, closed(1, 16), closed(10, 16), open(1), open(10), open(100)]

const delays: { name: string; delay: Delay; loads: Load[] }[] = [
  { name: 'a fixed delay', delay: () => 5, loads: [few, many] },
  { name: 'two delays', delay: (nth) => (nth % 40 === 0 ? 25 : 5), loads: every },
  { name: 'a stall', delay: (_, at) => (at > 100 && at < 200 ? 200 - at : 1), loads: [few, deep, many] },
]

describe.each(delays)('the true percentiles of $name lie between floor and ceiling', ({ delay, loads }) => {
  test.each(loads)('for $name', async ({ options }) => {
    await using server = await holding(delay)
    const data = stampsFor(options.connections!)
    const result = await flood(server, { duration: 250, threads: 1, probe: { ...stamped, data }, ...options })
    const atLeast = new LatencySummary(server.atLeast)
    const atMost = new LatencySummary(server.atMost)
    expect(atLeast.count).toBe(result.pings.answered)
    for (const p of [50, 90, 99]) {
      const { floor, ceiling } = result.serviceTime.bounds(p)
      // Each histogram rounds to three digits.
      expect(ceiling).toBeGreaterThanOrEqual(atLeast.percentile(p) * 0.999)
      expect(floor).toBeLessThanOrEqual(atMost.percentile(p))
    }
  })
})

test('a control-frame ping has its bracket too', async () => {
  await using server = await delaying((n) => (n % 50 === 0 ? 40 : 5))
  const { latency, pings } = await flood(server, { connections: 10 })
  const held = new Histogram()
  for (const ms of server.heldMs) held.record(ms * 1e6)
  expect(server.heldMs).toHaveLength(pings.answered)
  for (const p of [50, 90, 99]) {
    expect(latency.bounds(p).ceiling).toBeGreaterThanOrEqual(new LatencySummary(held).percentile(p) * 0.999)
  }
})

test.each([1, 3])('no lower bound counts what inflating answers takes, of %d in flight', async (inFlight) => {
  const atMost = new Histogram()
  await using server = await serveWebSockets({ perMessageDeflate: true }, (socket) => {
    let nth = 0
    socket.on('message', (message: Buffer) => {
      const text = message.toString()
      const sent = Number(text.split(' ')[1])
      // A long answer keeps the client from reading the short ones behind it.
      const answer = nth++ % inFlight === 0 ? text.padEnd(5e6) : text
      socket.send(answer, () => atMost.record(Number(process.hrtime.bigint()) - sent))
    })
  })
  const options = { connections: 1, inFlight, pings: 9 * inFlight, perMessageDeflate: true }
  const { latency } = await flood(server, { ...options, probe: { ...stamped, data: stampsFor(1) } })
  expect(latency.count).toBe(9 * inFlight)
  for (const p of [10, 50, 80]) {
    expect(latency.bounds(p).floor).toBeLessThanOrEqual(new LatencySummary(atMost).percentile(p))
  }
})

test.each([1, 3])('no lower bound counts what making requests takes, of %d in flight', async (inFlight) => {
  const atMost = new Histogram()
  await using server = await serveWebSockets({}, (socket) => {
    socket.on('message', (message: Buffer) => {
      const text = message.toString()
      const sent = Number(text.split(' ')[1])
      socket.send(text, () => atMost.record(Number(process.hrtime.bigint()) - sent))
    })
  })
  const probe = {
    request(id: number) {
      for (const end = performance.now() + 3; performance.now() < end;);
      return `${id} ${process.hrtime.bigint()}`
    },
    reply: (answer: unknown) => Number.parseInt(String(answer), 10),
  }
  const { latency } = await flood(server, { connections: 1, inFlight, pings: 9 * inFlight, probe })
  expect(latency.count).toBe(9 * inFlight)
  for (const p of [10, 50, 80]) {
    expect(latency.bounds(p).floor).toBeLessThanOrEqual(new LatencySummary(atMost).percentile(p))
  }
})

test('no lower bound counts what deflating requests takes', async () => {
  const atMost = new Histogram()
  let begun: number | undefined
  await using server = await serveWebSockets({ perMessageDeflate: true }, (socket, _, tcp) => {
    tcp.prependListener('data', () => (begun ??= performance.now()))
    socket.on('message', () => {
      const from = begun!
      begun = undefined
      socket.send('answer', () => atMost.record((performance.now() - from) * 1e6))
    })
  })
  const probe = { text: randomBytes(3e6).toString('base64') }
  const { latency } = await flood(server, { connections: 1, pings: 9, perMessageDeflate: true, probe })
  expect(latency.count).toBe(9)
  for (const p of [10, 50, 80]) {
    expect(latency.bounds(p).floor).toBeLessThanOrEqual(new LatencySummary(atMost).percentile(p))
  }
})

test('no upper bound is before an answer that comes behind a message that nobody asked for', async () => {
  const connections = 20
  const atLeast = new Histogram()
  const asked: { readonly socket: WebSocket; readonly text: string; readonly at: number }[] = []
  await using server = await serveWebSockets({}, (socket) => {
    socket.on('message', (message: Buffer) => {
      asked.push({ socket, text: message.toString(), at: performance.now() })
      if (asked.length < connections) return
      for (const one of asked) one.socket.send('news')
      setTimeout(() => {
        for (const one of asked) {
          atLeast.record((performance.now() - one.at) * 1e6)
          one.socket.send(one.text)
        }
      }, 10)
    })
  })
  const probe = {
    request: (id: number) => `${id}`,
    reply(answer: unknown) {
      if (String(answer) !== 'news') return Number(String(answer))
      for (const end = performance.now() + 5; performance.now() < end;);
      return undefined
    },
  }
  const { latency } = await flood(server, { connections, pings: connections, threads: 1, probe })
  expect(latency.count).toBe(connections)
  for (const p of [10, 50, 90]) {
    expect(latency.percentile(p)).toBeGreaterThanOrEqual(new LatencySummary(atLeast).percentile(p) * 0.999)
  }
})

test('the lower bounds are a summary of their own', async () => {
  await using server = await delaying(10)
  const { latency, latencyFloor, generator } = await flood(server)
  for (const p of [50, 90, 99]) {
    const { floor, ceiling } = latency.bounds(p)
    expect(ceiling).toBe(latency.percentile(p))
    expect(floor).toBeLessThanOrEqual(latencyFloor.percentile(p))
    expect(floor).toBeGreaterThan(latencyFloor.percentile(p) * 0.998)
  }
  expect(generator.resolution.p99).toBe(latency.bounds(99).ceiling - latency.bounds(99).floor)
})

function closed(connections: number, inFlight: number): Load {
  return { name: `${connections} × ${inFlight} in flight`, options: { connections, inFlight } }
}

function open(connections: number): Load {
  return { name: `${connections}, open at 10k/s`, options: { connections, rate: 10_000 } }
}

test.each([closed(10, 1), closed(4, 8), open(10)])(
  'no lower bound says more than was seen when the process is stopped again and again, for $name',
  async ({ options }) => {
    await using server = await holding((nth) => (nth % 40 === 0 ? 25 : 5))
    const rate = options.rate === undefined ? {} : { rate: 200 }
    const load = { ...options, ...rate, url: server.url, threads: 1, duration: 3_000, probe: 'stamped' } as const
    const { serviceTime } = await floodInProcess(load, { meanwhile: dutyCycle(100, 150) })
    const atMost = new LatencySummary(server.atMost)
    expect(atMost.count).toBeGreaterThan(100)
    for (const p of [10, 50, 90, 99]) expect(serviceTime.bounds(p).floor).toBeLessThanOrEqual(atMost.percentile(p))
  },
)
