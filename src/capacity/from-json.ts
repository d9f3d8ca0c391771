import * as v from 'valibot'
import { WsLoadError } from '../errors.ts'
import { describeIssue, fromJSON as summaryFromJSON, otherKind, summarySchema } from '../result/from-json.ts'
import { capacityOf, type CapacityResult } from './capacity.ts'

const amount = v.pipe(v.number(), v.minValue(0))
/** `null` is a number that was not finite. */
const endless = v.pipe(
  v.nullable(amount),
  v.transform((value) => value ?? Infinity),
)
const verdict = v.picklist(['pass', 'fail', 'inconclusive'])

/** Of a capacity that was written by any version of this package until now; published as JSON Schema. */
export const capacitySchema = v.object({
  schemaVersion: v.literal(1),
  over: v.picklist(['rate', 'connections']),
  ratePerConnection: v.optional(amount),
  rate: amount,
  connections: amount,
  low: amount,
  high: endless,
  limitedBy: v.picklist(['slo', 'generator', 'machine', 'range', 'unknown']),
  reasons: v.array(v.string()),
  objectives: v.array(
    v.object({
      indicator: v.string(),
      kind: v.picklist(['duration', 'rate', 'ratio', 'count', 'bytes', 'processors']),
      bound: v.string(),
      limit: v.number(),
      level: v.picklist(['fail', 'warn']),
    }),
  ),
  from: amount,
  to: amount,
  precision: amount,
  confidence: v.pipe(v.number(), v.minValue(0.5), v.maxValue(1)),
  startedAt: v.string(),
  duration: amount,
  steps: v.array(
    v.object({
      load: amount,
      verdict,
      limitedBy: v.optional(v.picklist(['generator', 'machine'])),
      reasons: v.array(v.string()),
      recovery: v.optional(endless),
      summary: v.optional(summarySchema),
    }),
  ),
  aborted: v.optional(v.literal(true)),
  firstFlood: v.optional(v.array(v.string())),
} satisfies Readonly<Record<keyof CapacityResult | 'schemaVersion', v.GenericSchema>>)

/**
 * Reads what `LoadCapacity.toJSON` wrote. What it says of the capacity is found anew from its steps.
 * @param where what an error calls it: a file's name
 * @throws {WsLoadError} `WSLOAD_ERR_UNREADABLE_SUMMARY` with the first thing that is not as expected
 */
export function fromJSON(json: unknown, where = 'fromJSON'): CapacityResult {
  const parsed = v.safeParse(capacitySchema, json)
  if (!parsed.success) {
    const why = otherKind(json, 'capacity') ?? describeIssue(parsed.issues[0])
    throw new WsLoadError('WSLOAD_ERR_UNREADABLE_SUMMARY', `${where}: no capacity: ${why}`)
  }
  const { over, ratePerConnection, connections, objectives, from, to, precision } = parsed.output
  const { confidence, startedAt, duration, steps, aborted, firstFlood } = parsed.output
  if (over === 'connections' && ratePerConnection === undefined) {
    throw new WsLoadError('WSLOAD_ERR_UNREADABLE_SUMMARY', `${where}: no capacity: ratePerConnection: missing`)
  }
  const bare = steps.findIndex((step) => step.verdict !== 'inconclusive' && step.summary === undefined)
  if (bare !== -1) {
    throw new WsLoadError('WSLOAD_ERR_UNREADABLE_SUMMARY', `${where}: no capacity: steps.${bare}.summary: missing`)
  }
  const given = (json as { readonly steps: readonly { readonly summary?: unknown }[] }).steps
  return capacityOf({
    over,
    ...(over === 'rate' ? { fixedConnections: connections } : { ratePerConnection }),
    objectives,
    from,
    to,
    precision,
    confidence,
    startedAt,
    duration,
    steps: steps.map(({ summary, ...step }, nth) => ({
      ...step,
      ...(summary !== undefined && { summary: summaryFromJSON(given[nth]!.summary, `${where}: steps.${nth}.summary`) }),
    })),
    ...(aborted !== undefined && { aborted }),
    ...(firstFlood !== undefined && { firstFlood }),
  })
}
