import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as iteration, setTimeout as elapsed } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PollClock } from '../../src/generator/poll-clock.ts'
import { block } from '../support/block.ts'
import { bothEnds } from '../support/both-ends.ts'

describe('within one iteration of the event loop', () => {
  test('stamps are the same', async () => {
    await iteration()
    const clock = new PollClock()
    clock.stamp()
    const { ceiling, floor } = clock
    block(2)
    clock.stamp()
    expect(clock).toMatchObject({ ceiling, floor })
  })

  test('there is a new upper bound, and no new lower one, once libuv may have polled again', async () => {
    const clock = new PollClock()
    await iteration()
    clock.stamp()
    const { ceiling, floor } = clock
    block(2)
    for (let callback = 0; callback < 900; callback++) clock.stamp()
    expect(clock.ceiling).toBe(ceiling)
    for (let callback = 900; callback < 1_024; callback++) clock.stamp()
    expect(clock.ceiling).toBeGreaterThanOrEqual(ceiling + 2)
    expect(clock.floor).toBe(floor)
  })
})

describe('from one iteration to the next', () => {
  test('the bounds move on', async () => {
    const clock = new PollClock()
    for (let nth = 0; nth < 20; nth++) {
      const { ceiling, floor } = clock
      await iteration()
      block(1)
      const start = performance.now()
      clock.stamp()
      expect(clock.ceiling).toBeGreaterThanOrEqual(start)
      expect(clock.ceiling).toBeGreaterThan(ceiling)
      expect(clock.floor).toBeGreaterThanOrEqual(floor)
      expect(clock.floor).toBeLessThan(start)
      await iteration()
    }
  })

  test('updating tells the time and moves the lower bound without an arrival', async () => {
    const clock = new PollClock()
    const { floor } = clock
    for (let nth = 0; nth < 3; nth++) {
      await iteration()
      block(1)
      const start = performance.now()
      expect(clock.update()).toBeGreaterThanOrEqual(start)
    }
    expect(clock.floor).toBeGreaterThan(floor)
  })
})

test('the bounds contain every arrival, however long the loop did not poll', async () => {
  const { near, far } = await bothEnds()
  const clock = new PollClock()
  const arrivals: { floor: number; ceiling: number }[] = []
  near.on('data', () => {
    clock.stamp()
    arrivals.push({ floor: clock.floor, ceiling: clock.ceiling })
  })
  for (let nth = 0; nth < 200; nth++) {
    block((nth % 7) / 4)
    const written = performance.now()
    far.write('x')
    const there = performance.now()
    block((nth % 5) / 4)
    while (arrivals.length === nth) {
      await iteration()
      clock.update()
    }
    expect(arrivals[nth]!.floor).toBeLessThanOrEqual(there)
    expect(arrivals[nth]!.ceiling).toBeGreaterThanOrEqual(written)
  }
})

test('the bounds contain every arrival, however often the process is stopped while it waits', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const program = join(import.meta.dirname, '../support/clock-program.ts')
  const child = spawn(process.execPath, [program, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
    server.close()
  })
  const [far] = (await once(server, 'connection')) as [Socket]
  const lines = createInterface(far)[Symbol.asyncIterator]()
  await elapsed(20)
  for (let nth = 0; nth < 30; nth++) {
    child.kill('SIGSTOP')
    await elapsed(10)
    const written = process.hrtime.bigint()
    far.write('x')
    const there = process.hrtime.bigint()
    await elapsed(20)
    child.kill('SIGCONT')
    const { value } = (await lines.next()) as { value: string }
    const [floor, ceiling] = value.split(' ').map(Number)
    expect(floor).toBeLessThanOrEqual(Number(there))
    expect(ceiling).toBeGreaterThanOrEqual(Number(written))
    await elapsed(nth % 5)
  }
})

describe('a silence', () => {
  test('of the thread is over, but may still show for a second', async () => {
    const clock = new PollClock()
    await iteration()
    clock.update()
    expect(clock.isAfterSilence).toBe(false)
    block(510)
    await iteration()
    clock.update()
    expect(clock.isAfterSilence).toBe(true)
    for (const end = performance.now() + 1_010; performance.now() < end; clock.update()) await elapsed(5)
    expect(clock.isAfterSilence).toBe(false)
  })

  test('may be work', async () => {
    const clock = new PollClock()
    clock.stamp()
    block(510)
    await iteration()
    expect(clock.isAfterSilence).toBe(true)
  })

  test('between two callbacks of one iteration shows in the second', () => {
    const clock = new PollClock()
    clock.stamp()
    block(510)
    clock.stamp()
    expect(clock.isAfterSilence).toBe(true)
  })

  test('between two readings of one iteration shows afterwards', async () => {
    const clock = new PollClock()
    await iteration()
    clock.update()
    block(510)
    clock.update()
    expect(clock.isAfterSilence).toBe(true)
  })

  test('before anyone is connected is none', () => {
    const clock = new PollClock()
    block(510)
    clock.begin()
    clock.update()
    expect(clock.isAfterSilence).toBe(false)
  })

  test('before a stretch of work shows afterwards', async () => {
    const clock = new PollClock()
    await iteration()
    clock.update()
    block(510)
    clock.worked(performance.now())
    expect(clock.isAfterSilence).toBe(true)
  })
})

describe('overslept', () => {
  test('is how long a poll waited that was not to', async () => {
    const clock = new PollClock()
    clock.update()
    const before = performance.now()
    await elapsed(40)
    clock.update()
    expect(clock.overslept).toBeGreaterThan(20)
    expect(clock.overslept).toBeLessThanOrEqual(performance.now() - before)
  })

  test('is not how long the loop did not poll', async () => {
    const clock = new PollClock()
    clock.update()
    block(40)
    await iteration()
    clock.update()
    expect(clock.overslept).toBe(0)
  })
})

describe('active', () => {
  test('is from the first stamp to the end of its iteration', async () => {
    const clock = new PollClock()
    const start = performance.now()
    clock.stamp()
    block(20)
    await iteration()
    expect(clock.active).toBeGreaterThanOrEqual(20)
    expect(clock.active).toBeLessThanOrEqual(performance.now() - start)
  })

  test('is nothing while the loop waits', async () => {
    const clock = new PollClock()
    await elapsed(20)
    clock.update()
    await elapsed(20)
    clock.update()
    expect(clock.active).toBe(0)
  })

  test('is work outside of I/O callbacks too', async () => {
    const clock = new PollClock()
    await iteration()
    const start = clock.update()
    block(10)
    clock.worked(start)
    expect(clock.active).toBeGreaterThanOrEqual(10)
  })

  test('is no work twice', async () => {
    const clock = new PollClock()
    const start = performance.now()
    clock.stamp()
    block(20)
    clock.worked(start)
    await iteration()
    expect(clock.active).toBeGreaterThanOrEqual(20)
    expect(clock.active).toBeLessThanOrEqual(performance.now() - start)
  })
})
