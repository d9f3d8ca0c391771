import { describe, expect, test } from 'vitest'
import { flood, floodAt } from '../support/flood.ts'
import { closing, deaf, delaying, echoing, silent } from '../support/servers.ts'

describe('the schedule', () => {
  test.each([1, 2, 3])('makes as many pings due as rate and duration say, on %i threads', async (threads) => {
    await using server = await echoing()
    // A whole quarter of a second would end where the thousand-and-first is due, on one side of it or the other.
    const { pings } = await flood(server, { rate: '4k/s', duration: 249.9, connections: 6, threads })
    expect(pings).toMatchObject({ due: 1_000, sent: 1_000, answered: 1_000 })
    expect(server.pings).toBe(1_000)
  })

  test('goes through warm-up without a break', async () => {
    await using server = await echoing()
    const { pings } = await flood(server, { rate: 1_000, warmup: 150, duration: 250, connections: 2 })
    // A ping that is due where warm-up ends may fall on either side of it.
    expect(Math.abs(pings.due - 250)).toBeLessThanOrEqual(1)
    expect(Math.abs(server.pings - 400)).toBeLessThanOrEqual(1)
  })

  test('goes round all connections', async () => {
    await using server = await silent()
    const { pings } = await flood(server, { rate: 200, duration: 100, connections: 20, drain: 0 })
    expect(pings).toMatchObject({ due: 20, sent: 20, lost: 20 })
    expect(server.pings).toBe(20)
  })

  test('is not influenced by answers', async () => {
    await using server = await silent()
    const { pings } = await flood(server, { rate: 1_000, connections: 4, drain: 0 })
    expect(pings).toMatchObject({ due: 200, sent: 200, answered: 0, lost: 200 })
  })

  test('of a Poisson process depends on the seed only', async () => {
    await using server = await echoing()
    const due: number[] = []
    for (const seed of [1, 1, 2]) {
      const options = { rate: 10_000, arrivals: 'poisson', duration: 100, seed, connections: 2, threads: 1 } as const
      due.push((await flood(server, options)).pings.due)
    }
    expect(due[1]).toBe(due[0])
    expect(due[2]).not.toBe(due[0])
    // Five standard deviations of a Poisson count of 1,000.
    for (const count of due) expect(Math.abs(count - 1_000)).toBeLessThan(158)
  })

  test('follows the stages', async () => {
    await using server = await echoing()
    const ramp = { duration: 200, rate: 2_000 }
    const plateau = { duration: 100, rate: 2_000 }
    const fall = { duration: 100, rate: 0 }
    const { pings, duration } = await flood(server, { stages: [ramp, plateau, fall] })
    // 0.2 s at 1,000/s on average, 0.1 s at 2,000/s, 0.1 s at 1,000/s on average.
    expect(pings).toMatchObject({ due: 500, sent: 500 })
    expect(duration).toBeCloseTo(400)
  })

  test('jumps where a stage takes no time', async () => {
    await using server = await echoing()
    const stages = [
      { duration: 100, rate: 500 },
      { duration: 0, rate: 3_000 },
      { duration: 100, rate: 3_000 },
    ]
    const { pings } = await flood(server, { rate: 500, stages })
    expect(pings.due).toBe(350)
  })
})

describe('latency', () => {
  test('is never shorter than service time', async () => {
    await using server = await delaying(5)
    const { latency, serviceTime } = await flood(server, { rate: 2_000 })
    for (const p of [0, 50, 90, 99, 100]) {
      expect(latency.percentile(p)).toBeGreaterThanOrEqual(serviceTime.percentile(p))
    }
    expect(serviceTime.min).toBeGreaterThanOrEqual(5 * 0.999)
  })

  test('is told apart from the delay of sending', async () => {
    await using server = await echoing()
    const { pings, generator } = await flood(server, { rate: 1_000 })
    expect(generator.sendDelay.count).toBe(pings.sent)
    expect(generator.sendDelay.max).toBeGreaterThan(0)
  })
})

describe('a ping that cannot be sent', () => {
  test('is dropped when the socket takes no more', async () => {
    await using server = await deaf()
    const probe = { binary: new Uint8Array(1) }
    const { pings } = await floodAt(server.url, {
      rate: 1_000,
      connections: 1,
      probe,
      payloadBytes: 1_000_000,
      drain: 0,
    })
    // 200 MB are more than the buffers of a connection hold.
    expect(pings.due).toBe(200)
    expect(pings.sent).toBeLessThan(200)
    expect(pings.dropped).toBe(200 - pings.sent)
  })

  test.each(['constant', 'poisson'] as const)(
    'is counted exactly where %s arrivals outrun any generator',
    async (arrivals) => {
      await using server = await echoing()
      const load = { rate: '1000M/s', arrivals, connections: 20, duration: 300, drain: 50, threads: 2, seed: 1 }
      const result = await flood(server, load)
      const { pings, slices } = result
      // Five standard deviations of a Poisson count.
      expect(Math.abs(pings.due - 300_000_000)).toBeLessThanOrEqual(arrivals === 'constant' ? 0 : 5 * Math.sqrt(3e8))
      expect(pings.dropped).toBeGreaterThan(250_000_000)
      expect(pings.answered).toBeGreaterThan(0)
      const dueEach = slices.pings('sent').map((sent, nth) => sent + slices.pings('dropped')[nth]!)
      const whole = dueEach.subarray(0, -1)
      const expected = slices.length * 1e6
      for (const due of whole) expect(Math.abs(due / expected - 1)).toBeLessThan(0.01)
      expect(dueEach.reduce((sum, due) => sum + due, 0)).toBe(pings.due)
    },
  )

  test('is counted until a run is aborted, however many there were', async () => {
    await using server = await echoing()
    const load = { rate: '1000M/s', connections: 4, duration: '1m', signal: AbortSignal.timeout(1_500) }
    const { pings, duration, ended } = await flood(server, load)
    expect(ended).toBe('aborted')
    // One is due every nanosecond; the window is longer by what it took to end it.
    expect(pings.due).toBeGreaterThan(1e8)
    expect(pings.due).toBeLessThan(duration * 1e6 * 1.001)
  })

  test.each([60, 65_536])('is dropped when too many are unanswered or wait, of %i at once', async (maxPendingPongs) => {
    await using server = await silent()
    const load = { rate: '700k/s', connections: 1, pings: 70_000, maxPendingPongs, drain: 0 }
    const { pings } = await flood(server, load)
    expect(pings).toMatchObject({ due: 70_000, answered: 0 })
    expect(pings.lost).toBeLessThanOrEqual(maxPendingPongs)
    expect(pings.dropped).toBe(70_000 - pings.lost)
    expect(server.pings).toBe(pings.sent)
  })

  test('is given to another connection when its own is gone', async () => {
    await using server = await closing({ after: { answers: 10 }, only: 1 })
    const { pings, connections, ended } = await flood(server, { rate: 1_000, connections: 2, maxPendingPongs: 1_000 })
    expect(connections.closedEarly).toBe(1)
    expect(ended).toBe('completed')
    expect(pings).toMatchObject({ due: 200, dropped: 0 })
    expect(pings.answered).toBe(server.answered)
  })
})
