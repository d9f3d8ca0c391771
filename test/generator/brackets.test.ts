import { describe, expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { Histogram } from '../../src/result/histogram.ts'
import { LatencySummary } from '../../src/result/latency-summary.ts'
import { DelayLine } from '../support/delay-line.ts'
import { flood } from '../support/flood.ts'
import { encodeFrame, opcodes } from '../support/frames.ts'
import { echoFrame, serveBytes } from '../support/raw-server.ts'
import { delaying } from '../support/servers.ts'

interface Load {
  readonly name: string
  readonly options: WsLoadOptions
}

/** How long a ping is held in ms: the `nth` that arrives, `at` ms after the first. */
type Delay = (nth: number, at: number) => number

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
    const data = { last: 0, before: 0, sender: -1, connections: options.connections }
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

interface Stamps {
  /** When one of the two functions was called last, on the clock that all threads of a process share. */
  last: number
  /** When one of them was called last before the pings being made were sent. */
  before: number
  /** The connection being served; -1 when an answer came in between. */
  sender: number
  connections: number | undefined
}

/** Each message carries an instant just before it was sent. */
const stamped = {
  request(id: number, data: unknown) {
    const stamps = data as Stamps
    const sender = id % stamps.connections!
    if (sender !== stamps.sender) stamps.before = stamps.last
    stamps.sender = sender
    stamps.last = Number(process.hrtime.bigint())
    return `${id} ${stamps.before}`
  },
  reply(answer: unknown, data: unknown) {
    const stamps = data as Stamps
    stamps.sender = -1
    stamps.last = Number(process.hrtime.bigint())
    return Number.parseInt(String(answer), 10)
  },
}

/**
 * Echoes after a delay and knows how long each ping took: at least the time it was held here, at most from just before it
 * was sent to just after its answer was written. What arrived together is answered in one segment, so that no answer
 * waits for TCP.
 */
async function holding(delay: Delay) {
  const atLeast = new Histogram()
  const atMost = new Histogram()
  let nth = 0
  let began: number | undefined
  const server = await serveBytes({}, (socket) => {
    const line = new DelayLine()
    let arrived: Buffer[] = []

    function release(messages: Buffer[], from: number): void {
      const held = performance.now() - from
      socket.write(Buffer.concat(messages.map((payload) => encodeFrame({ opcode: opcodes.text, payload }))))
      const until = Number(process.hrtime.bigint())
      for (const message of messages) {
        atLeast.record(held * 1e6)
        atMost.record(until - Number(message.toString().split(' ')[1]))
      }
    }

    return {
      answer(frame) {
        if (frame.opcode !== opcodes.text) return echoFrame(frame)
        if (arrived.length === 0) {
          const from = performance.now()
          const together = arrived
          began ??= from
          line.hold(delay(++nth, from - began), () => release(together, from))
          setImmediate(() => (arrived = []))
        }
        arrived.push(frame.payload)
        return []
      },
    }
  })
  return Object.assign(server, { atLeast, atMost })
}
