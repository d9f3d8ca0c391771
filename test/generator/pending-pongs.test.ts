import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { block } from '../support/block.ts'
import { DelayLine } from '../support/delay-line.ts'
import { flood } from '../support/flood.ts'
import { encodeFrame, opcodes } from '../support/frames.ts'
import { serveBytes } from '../support/raw-server.ts'
import { automatic, silent, type Server } from '../support/servers.ts'

const mostOfWs = 60

/** Answers each ping after a delay, and tells how many of a connection it had not answered at most. */
async function counting(delay: (nth: number) => number): Promise<Server & { readonly most: () => number }> {
  let most = 0
  let nth = 0
  const server = await serveBytes({}, (socket) => {
    const line = new DelayLine()
    let unanswered = 0
    socket.on('close', () => line.clear())
    return {
      answer: ({ opcode, payload }) => {
        if (opcode !== opcodes.ping) return []
        most = Math.max(most, ++unanswered)
        line.hold(delay(++nth), () => {
          unanswered--
          socket.write(encodeFrame({ opcode: opcodes.pong, payload, fin: true }))
        })
        return []
      },
    }
  })
  return Object.assign(server, { most: () => most })
}

describe('a server that answers pings as ws does by default', () => {
  test('may block for a second at 100 pings a second on each connection: nothing is reset, and the stall shows', async () => {
    await using server = await automatic()
    const running = flood(server, { connections: 10, rate: 1_000, duration: 2_000 })
    await expect.poll(() => server.pings).toBeGreaterThan(100)
    block(1_000)
    const { pings, errors, connections, latency, latencyFloor, generator } = await running
    expect({ errors, closedEarly: connections.closedEarly }).toEqual({ errors: {}, closedEarly: 0 })
    expect(pings).toMatchObject({ due: 2_000, answered: 2_000 })
    // The thousand pings of that second waited half a second on average, wherever they were.
    expect(latency.percentile(60)).toBeGreaterThan(150)
    expect(latencyFloor.percentile(60)).toBeGreaterThan(150)
    expect(latencyFloor.max).toBeGreaterThan(900)
    // Of each connection's hundred, the first sixty left at once.
    expect(generator.heldBack).toBeGreaterThanOrEqual(300)
    expect(generator.sendDelay.count).toBe(pings.sent - generator.heldBack)
  })

  test('may be asked by a generator that has to catch up', async () => {
    await using server = await automatic()
    // An iteration of the event loop at this rate has more pings due on the one connection than it may leave unanswered.
    const { pings, errors } = await flood(server, { connections: 1, rate: '200k/s', duration: 100 })
    expect(errors).toEqual({})
    expect(pings).toMatchObject({ due: 20_000, answered: 20_000 })
  })

  test('may be asked for as many at once as it takes', async () => {
    await using server = await automatic()
    const { pings, errors } = await flood(server, { connections: 4, inFlight: mostOfWs })
    expect(errors).toEqual({})
    expect(pings.answered).toBe(pings.sent)
  })

  test('resets connections that may leave one more unanswered, and the fault says how many there were', async () => {
    await using server = await automatic()
    const { connections, errors } = await flood(server, { connections: 3, inFlight: 61, maxPendingPongs: 61 })
    expect(connections.closedEarly).toBe(3)
    const samples = Object.values(errors).flatMap((fault) => fault.samples)
    expect(new Set(samples.map((sample) => sample.replace(/^.*?, with/, 'with')))).toEqual(
      new Set(['with 61 pings unanswered; if the server limits them, take a lower inFlight']),
    )
  })
})

describe('the pings that a connection leaves unanswered', () => {
  test.each([
    ['in the closed model', { inFlight: 60 }],
    ['in the open model', { rate: 3_000 }],
    ['of a Poisson process', { rate: 3_000, arrivals: 'poisson' }],
  ] as const)('are %s as many as servers take', async (_, load) => {
    await using server = await counting((nth) => (nth % 500 < 250 ? 60 : 5))
    const { pings } = await flood(server, { connections: 3, ...load, duration: 500 })
    expect(server.most()).toBe(mostOfWs)
    expect(pings.answered).toBe(pings.due)
    expect(server.errors).toEqual([])
  })

  test('are as many as maxPendingPongs says', async () => {
    await using server = await counting(() => 20)
    for (const maxPendingPongs of [7, 90]) {
      await flood(server, { connections: 1, rate: '10k/s', duration: 40, maxPendingPongs })
      expect(server.most()).toBe(maxPendingPongs)
    }
  })

  test('are as many as the server knows of, timed-out ones included', async () => {
    await using server = await counting((nth) => (nth === 1 ? 1_500 : 0))
    const load = { connections: 1, inFlight: 40, timeout: 50 }
    const { pings } = await flood(server, { ...load, duration: 2_000, drain: 1_000 })
    expect(pings.timedOut).toBeGreaterThanOrEqual(mostOfWs)
    expect(pings.answered).toBeGreaterThan(0)
    expect(server.most()).toBe(mostOfWs)
  })

  test('do not matter to texts', async () => {
    await using server = await silent()
    const load = { connections: 1, rate: 1_000, probe: { text: 'PING' }, drain: 0 }
    const { pings } = await flood(server, load)
    expect(pings).toMatchObject({ sent: 200, lost: 200 })
  })
})

describe('a ping that is due beyond them', () => {
  test('is dropped when it has waited for its whole timeout', async () => {
    await using server = await silent()
    const { pings, generator } = await flood(server, { connections: 1, rate: 1_000, timeout: 100, drain: 1_000 })
    expect(pings).toMatchObject({ due: 200, sent: 60, timedOut: 60, dropped: 140 })
    expect(server.pings).toBe(60)
    expect(generator.heldBack).toBe(0)
  })

  test('is dropped when it has waited for its whole timeout in the closed model, whose run so comes to its end', async () => {
    await using server = await silent()
    const { pings } = await flood(server, { connections: 1, inFlight: 40, pings: 80, timeout: 200 })
    expect(pings).toMatchObject({ due: 80, sent: 60, timedOut: 60, dropped: 20 })
    expect(server.pings).toBe(60)
  })

  test.each([
    ['open', { rate: 1_000 }],
    ['closed', { inFlight: 50, timeout: 20 }],
  ])('is dropped when its connection ends, in the %s model', async (_, load) => {
    await using server = await silent()
    const running = flood(server, { connections: 1, duration: 20_000, ...load })
    await expect.poll(() => server.pings).toBe(60)
    await setTimeout(50)
    for (const socket of server.sockets) socket.terminate()
    const { pings, errors } = await running
    expect(pings.sent).toBe(60)
    expect(pings.dropped).toBeGreaterThan(0)
    expect(errors).toEqual({
      CLOSE_1006: { count: 1, samples: [expect.stringMatching(/, with 60 pings .* take a lower maxPendingPongs$/)] },
    })
  })

  test('leaves within the drain', async () => {
    await using server = await counting(() => 40)
    const { pings, latency } = await flood(server, { connections: 1, rate: 6_000, duration: 50 })
    expect(pings).toMatchObject({ due: 300, answered: 300 })
    // Five rounds of sixty, each of which waits for the one before.
    expect(latency.max).toBeGreaterThan(4 * 40)
  })

  test('has a response time from when it was due, of which the server is held to what surely was its own', async () => {
    await using server = await counting(() => 100)
    const { latency, latencyFloor, serviceTime, generator } = await flood(server, {
      connections: 1,
      rate: 2_000,
      duration: 500,
    })
    // A thousand pings, sixty each tenth of a second: the last of them waits for a second and more.
    expect(latency.max).toBeGreaterThan(1_000)
    expect(latencyFloor.max).toBeLessThanOrEqual(serviceTime.max + generator.sendDelay.max)
    // It lasted a tenth of a second from the last that left in time, so half as long on average from when one was due.
    expect(latencyFloor.percentile(90)).toBeGreaterThan(50)
  })
})
