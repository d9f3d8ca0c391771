import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import type { Parsed } from '../parsed.ts'
import { ipAddresses, only, parseFields } from './fields.ts'
import { agentName, natsFields, resolveNats, type ResolvedNats } from './machines.ts'

/** What an agent is told when it is started. */
export interface ResolvedAgent {
  readonly nats: ResolvedNats
  readonly group: string
  readonly name: string
  readonly localAddresses: readonly string[]
}

const schema = only({
  ...natsFields,
  group: v.optional(agentName(), defaults.group),
  name: agentName(),
  localAddresses: v.optional(ipAddresses(), []),
})

/** Reads the options of an agent and fills in defaults; each mistake has the option's name. */
export function safeParseAgent(input: unknown): Parsed<ResolvedAgent> {
  const fields = parseFields(schema, input)
  if ('mistakes' in fields) return fields
  const { nats, credentials, ...rest } = fields.value
  return { value: { nats: resolveNats(nats, credentials), ...rest } }
}
