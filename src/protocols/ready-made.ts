/** What the function of a ready-made protocol and the protocol itself share: they read the same options. */
import type * as v from 'valibot'
import { parseFields } from '../options/fields.ts'
import { valueOf } from '../options/invalid-options.ts'
import { UnusableProbe } from '../wire/unusable-probe.ts'

/** A probe that is a ready-made protocol, for the option `probe`. */
export interface ProtocolProbe<Data> {
  /** The module that each load thread imports. */
  readonly protocol: URL
  /** What it is told there: the options after defaults. */
  readonly data: Data
}

/** Reads the options of a protocol. */
interface OptionsReader<Data> {
  /**
   * The probe of these options.
   * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
   */
  readonly probeOf: (options: unknown) => ProtocolProbe<Data>
  /**
   * `data` of the protocol. Options may come as they were written, from the command line say, so they are read once more;
   * connections with the same options have the same data.
   * @throws {UnusableProbe} with every mistake
   */
  readonly dataOf: (index: number, options: unknown) => Data
}

/**
 * @param name of the function that the options are of
 * @param module URL of the file that it is in
 * @param schema reads options, and its own output likewise
 */
export function readsOptions<Schema extends v.GenericSchema>(
  name: string,
  module: string,
  schema: Schema,
): OptionsReader<v.InferOutput<Schema>> {
  let latest: { readonly options: unknown; readonly data: v.InferOutput<Schema> } | undefined
  return {
    probeOf: (options) => ({ protocol: new URL(module), data: valueOf(parseFields(schema, options), name) }),
    dataOf(_index, options) {
      if (latest === undefined || latest.options !== options) latest = { options, data: parseData(schema, options) }
      return latest.data
    },
  }
}

function parseData<Schema extends v.GenericSchema>(schema: Schema, options: unknown = {}): v.InferOutput<Schema> {
  const parsed = parseFields(schema, options, 'probe.data')
  if ('mistakes' in parsed) throw new UnusableProbe(parsed.mistakes)
  return parsed.value
}
