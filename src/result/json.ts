import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { LatencySummary } from './latency-summary.ts'
import type { LoadResult } from './load-result.ts'
import { Slices } from './slices.ts'
import { encodeSlices } from './slices-codec.ts'

/** Slices that a file keeps of a run: enough to tell how far pings depend on each other. */
const keptSlices = 64

type JSONValue = null | boolean | number | string | readonly JSONValue[] | { readonly [key: string]: JSONValue }

/**
 * A run as JSON. Numbers as in {@link LoadResult}, `null` where one is not finite; each latency has its `histogram` of
 * nanoseconds in the HDR V2 compressed form, base64, that every HdrHistogram library decodes, and `floors` where the
 * samples' lower bounds differ. `slices` is what `fromJSON` judges a run by.
 */
export type SummaryJSON = { readonly schemaVersion: 1 } & {
  readonly [field in keyof LoadResult]: JSONValue
}

export function toJSON(result: LoadResult): SummaryJSON {
  return { schemaVersion: 1, ...plainFields(result) }
}

function plainData(value: unknown): JSONValue {
  if (value instanceof LatencySummary) {
    const { histogram, floors } = value
    return {
      ...plainFields(value),
      histogram: encodeIntoCompressedBase64(histogram),
      ...(floors !== histogram && { floors: encodeIntoCompressedBase64(floors) }),
    }
  }
  if (value instanceof Slices) return encodeSlices(value.pack(keptSlices))
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(plainData)
  return typeof value === 'object' && value !== null ? plainFields({ ...value }) : null
}

/**
 * JSON text that neither a terminal nor a CI runner takes for more than text, whatever a server said: characters that are
 * not to be seen and the beginnings of commands are escaped.
 */
export function formatJSON(value: object): string {
  const text = JSON.stringify(value, null, 2)
  return `${text.replaceAll(/[^\n\P{C}]|[\u2028\u2029]|(?<=#)#(?=\[|vso\[|teamcity\[)/gu, escaped)}\n`
}

function escaped(character: string): string {
  return character.replaceAll(/./gs, (unit) => `\\u${unit.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}

/** What a latency says of itself in numbers. */
export type LatencyFigures = {
  readonly [field in keyof LatencySummary as LatencySummary[field] extends number ? field : never]: number
}

/** The fields of an object as JSON has them. */
export type PlainFields<T> = {
  readonly [field in keyof T]: T[field] extends number
    ? number | null
    : T[field] extends string | boolean
      ? T[field]
      : JSONValue
}

/** An object as JSON: its own enumerable fields, `null` where a number is not finite. */
export function plainFields<T extends object>(object: T): PlainFields<T> {
  const fields = Object.entries(object).filter(([, value]) => value !== undefined)
  return Object.fromEntries(fields.map(([key, value]) => [key, plainData(value)])) as PlainFields<T>
}
