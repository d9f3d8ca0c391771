/** What a coordinator, the process that a run was started in, and the agents that generate its load say to each other. */
import * as v from 'valibot'
import type { WsLoadErrorCode } from '../errors.ts'
import type { FloodReport, Snapshot } from '../generator/flood-report.ts'
import type { RecordedInterval } from '../generator/intervals.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'

/** Part of a subject, on its own there. */
const name = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/))

/** Who asks agents to introduce themselves, or one to work for a run: JSON, which every version reads. */
export const coordinatorRequest = v.object({
  run: name,
  /** Of this package. */
  version: v.string(),
  /** The agent is not wanted for this run after all. */
  isRelease: v.optional(v.literal(true)),
})
export type CoordinatorRequest = v.InferOutput<typeof coordinatorRequest>

/** An agent as it introduces itself: likewise. */
export const agentIntroduction = v.object({
  /** Where it takes requests. */
  id: name,
  name,
  environment: v.object({
    node: v.string(),
    os: v.string(),
    cpu: v.string(),
    cores: v.number(),
    version: v.string(),
    otherFloods: v.number(),
  }),
  /** Of structured clones as its Node writes them (V8's serializer). */
  format: v.number(),
  /** Processors that it may use. */
  processors: v.pipe(v.number(), v.gtValue(0)),
  allowsCode: v.boolean(),
  /** Whether it works for another run. */
  isBusy: v.boolean(),
})
export type AgentIntroduction = v.InferOutput<typeof agentIntroduction>

/** What an agent says to one who wants it for a run. */
export const agentAnswer = v.union([v.object({ accepted: v.literal(true) }), v.object({ refused: v.string() })])
export type AgentAnswer = v.InferOutput<typeof agentAnswer>

/** What a coordinator says, once it has the agent. Times are milliseconds of the agent's `process.uptime()`. */
export type AgentOrder =
  /** Of each flood what the agent's threads have to do: they open their connections. */
  | { readonly type: 'plan'; readonly floods: readonly (readonly ThreadPlan[])[] }
  | { readonly type: 'clock'; readonly nth: number }
  | { readonly type: 'start'; readonly at: number }
  | { readonly type: 'snapshot'; readonly nth: number; readonly overdueAfter: number }
  | { readonly type: 'latestSeconds'; readonly nth: number }
  | { readonly type: 'finish' }
  | { readonly type: 'abort' }
  /** The coordinator is still there. */
  | { readonly type: 'alive' }
  /** Likewise, and something was lost on the way: ends the load, and asks again for what was measured. */
  | { readonly type: 'report' }
  /** The agent is free again. */
  | { readonly type: 'release' }

/** What an agent says. What is asked for with a number comes with the same. */
export type AgentNotice =
  | { readonly type: 'connected' }
  | { readonly type: 'clock'; readonly nth: number; readonly at: number }
  /** It will start when it was told to. */
  | { readonly type: 'armed' }
  | { readonly type: 'snapshot'; readonly nth: number; readonly snapshots: readonly (readonly Snapshot[])[] }
  | { readonly type: 'latestSeconds'; readonly nth: number; readonly seconds: readonly (readonly RecordedInterval[])[] }
  | { readonly type: 'done'; readonly reports: readonly (readonly FloodReport[])[] }
  | { readonly type: 'failed'; readonly code: WsLoadErrorCode; readonly message: string }
  /** It is still there, and perhaps without any connection. */
  | { readonly type: 'alive'; readonly isDeserted: boolean }
  /** Something that it was told is missing, or may be: its load ends, and what was measured will be told. */
  | { readonly type: 'interrupted'; readonly reason: string }
  /** It ends, whatever it was at. */
  | { readonly type: 'leaving'; readonly reason: string }

/** Where they say it. */
export const subjects = {
  /** Asks the agents of a group to introduce themselves. */
  discovery: (group: string): string => `ws-load.group.${group}`,
  /** Asks an agent to work for a run. */
  reservation: (id: string): string => `ws-load.agent.${id}`,
  orders: (run: string, id: string): string => `ws-load.run.${run}.${id}.orders`,
  notices: (run: string, id: string): string => `ws-load.run.${run}.${id}.notices`,
}

/** How often both sides say that they are there, in milliseconds. */
export const aliveEveryMs = 500
/** An agent that was not heard of for so long is lost. */
export const agentPatienceMs = 3_000
/** A coordinator may be kept from its work by a test: an agent is patient for longer before it frees itself. */
export const coordinatorPatienceMs = 10_000
