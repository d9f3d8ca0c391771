/** The program of a load thread. It is told its plan, then when to start; it answers when connected and when done. */
import { parentPort, workerData } from 'node:worker_threads'
import { Flood, type FloodReport } from './flood.ts'
import type { ThreadPlan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'

/** What the main thread says. Times are milliseconds of `process.uptime()`: all threads share it, no fake timers stop it. */
export type Order =
  | { readonly type: 'start'; readonly at: number }
  /** Asks for what was found out until now. Unanswered pings older than `overdueAfter` milliseconds count as lost. */
  | { readonly type: 'look'; readonly overdueAfter: number }
  /** Ends the measured window. */
  | { readonly type: 'finish' }
  | { readonly type: 'abort' }

/** What a load thread says. */
export type Notice =
  | { readonly type: 'connected' }
  | { readonly type: 'look'; readonly report: Snapshot }
  | { readonly type: 'done'; readonly report: FloodReport }
  | { readonly type: 'unusable'; readonly reason: string }

function sharedNow(): number {
  return process.uptime() * 1_000
}

if (parentPort !== null) await work(parentPort, workerData as ThreadPlan)

async function work(port: NonNullable<typeof parentPort>, plan: ThreadPlan): Promise<void> {
  const say = (notice: Notice): void => port.postMessage(notice)
  const start = Promise.withResolvers<number>()
  let flood: Flood
  try {
    flood = await Flood.prepare(plan)
  } catch (error) {
    say({ type: 'unusable', reason: String(error) })
    return
  }
  port.on('message', (order: Order) => {
    switch (order.type) {
      case 'start':
        start.resolve(order.at)
        break
      case 'look':
        flood.look(order.overdueAfter, (report) => say({ type: 'look', report }))
        break
      case 'finish':
        flood.finish()
        break
      case 'abort':
        flood.abort()
        start.resolve(Infinity)
    }
  })
  await flood.connect()
  say({ type: 'connected' })
  const startAt = (await start.promise) - sharedNow() + performance.now()
  say({ type: 'done', report: await flood.run(startAt) })
  port.close()
}
