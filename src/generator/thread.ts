/** The program of a load thread. It is told its plans, then when to start; it answers when connected and when done. */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { UnusableProbe } from '../wire/unusable-probe.ts'
import { EventLoop } from './event-loop.ts'
import { Flood } from './flood.ts'
import { SessionOver } from './session.ts'
import type { Notice, Order, ThreadWork } from './messages.ts'

function sharedNow(): number {
  return process.uptime() * 1_000
}

if (parentPort !== null) await work(parentPort, workerData as ThreadWork)

async function work(port: NonNullable<typeof parentPort>, plans: ThreadWork): Promise<void> {
  const say = (notice: Notice): void => port.postMessage(notice)
  const start = Promise.withResolvers<number>()
  const loop = new EventLoop()
  let floods: (Flood | undefined)[]
  try {
    floods = await Promise.all(plans.map(async (plan) => plan && Flood.prepare(plan, loop)))
  } catch (error) {
    const mistakes = error instanceof UnusableProbe ? error.mistakes : [`probe: ${String(error)}`]
    say({ type: 'unusable', mistakes })
    return
  }
  // A session may have begun what goes on when it, or its connection, is over.
  process.on('unhandledRejection', (reason) => {
    const cause = reason instanceof Error && reason.name === 'AbortError' ? reason.cause : reason
    if (!(cause instanceof SessionOver)) throw reason
  })
  // Loading the probes was no silence.
  loop.clock.begin()
  port.on('message', (order: Order) => {
    switch (order.type) {
      case 'start':
        start.resolve(order.at)
        break
      case 'snapshot': {
        const began = performance.now()
        say({ type: 'snapshot', reports: floods.map((flood) => flood?.snapshot(order.overdueAfter)) })
        loop.clock.worked(began)
        break
      }
      case 'latestSecond':
        say({ type: 'latestSecond', seconds: floods.map((flood) => flood?.latestSecond) })
        break
      case 'finish':
        for (const flood of floods) flood?.finish()
        break
      case 'abort':
        for (const flood of floods) flood?.abort()
        start.resolve(Infinity)
    }
  })
  await Promise.all(floods.map(async (flood) => flood?.connect()))
  say({ type: 'connected' })
  // All threads wait for the slowest one, agents for the slowest machine.
  loop.poller.rest()
  const startAt = (await start.promise) - sharedNow() + performance.now()
  loop.poller.wake()
  await Promise.all(floods.map(async (flood) => flood?.run(startAt)))
  say({ type: 'done', reports: await Promise.all(floods.map(async (flood) => flood?.close())) })
  port.close()
}
