import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { defaults } from '../defaults.ts'
import { kebab, nameFlag } from './flags.ts'
import { aJSON, aNumber } from './parse.ts'
import { flagsOfPings, readyMadeProtocol } from './probe-flags.ts'

/** Flags that say who publishes, and how. */
export type FanOutFlags = { readonly [flag in ReadyMade]?: unknown } & {
  readonly subscribers?: number
  readonly publishers?: number
  readonly rooms?: number
  readonly protocolModule?: string
  readonly data?: unknown
}
type ReadyMade = keyof typeof readyMade

/** A ready-made protocol: its file, what it is, and some of its options. */
const readyMade = {
  socketIoRoom: { file: 'socket-io-room', what: 'a room of Socket.IO: join, publish, event …' },
  mqttTopic: { file: 'mqtt-topic', what: 'a topic of an MQTT broker: topic, publish, qos …' },
  stompTopic: { file: 'stomp-topic', what: 'a destination of a STOMP broker: destination, publish …' },
  graphqlWsSubscription: { file: 'graphql-ws-subscription', what: 'a subscription of GraphQL: query, publish …' },
} as const
const names = Object.keys(readyMade) as ReadyMade[]

const roles = ['subscribers', 'publishers', 'rooms'] as const

/** Adds the flags that say who publishes and who receives. */
export function addRoleFlags(command: Command): Command {
  const role = (flags: string, description: string): Option => {
    return new Option(flags, description).argParser(aNumber).conflicts(flagsOfPings)
  }
  return command
    .addOption(role('-s, --subscribers <number>', `connections that receive (default: ${defaults.subscribers})`))
    .addOption(role('-p, --publishers <number>', 'connections that publish (default: as many as rooms, or agents)'))
    .addOption(role('--rooms <number>', 'that both are spread over (default: 1)'))
}

/** Adds those of ready-made protocols. */
export function addReadyMadeFlags(command: Command): Command {
  for (const name of names) {
    const others = ['protocolModule', 'data', ...names].filter((other) => other !== name)
    const flag = `--${kebab(name)}`
    command.addOption(
      new Option(`${flag} <json>`, `options of ${readyMade[name].what}`)
        .argParser(aJSON(flag))
        .conflicts([...others, ...flagsOfPings]),
    )
  }
  return command
}

/** Whether what flags ask for is a fan-out. */
export function askForFanOut(flags: FanOutFlags): boolean {
  return [...roles, ...names].some((name) => flags[name] !== undefined)
}

/** The options of roles and the protocol that they ask for. */
export function fanOutOptionsOf(flags: FanOutFlags): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(roles.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]])),
    ...protocolOf(flags),
  }
}

/** Flags of a load, without what would be a probe of pings. */
export function withoutProtocol<Flags extends FanOutFlags>(flags: Flags): Omit<Flags, 'protocolModule' | 'data'> {
  const { protocolModule: _, data: __, ...others } = flags
  return others
}

/** A mistake in an option of a fan-out, by the name of its flag. */
export function nameFlagOfFanOut(mistake: string): string {
  if (!mistake.startsWith('protocol:')) return nameFlag(mistake)
  const flags = ['protocolModule', ...names].map((name) => `--${kebab(name)}`).join(', ')
  return mistake
    .replace('protocol:', `${flags}:`)
    .replace(/expected a ready-made one.*got/, 'expected one of them, got')
}

function protocolOf({ protocolModule, data, ...flags }: FanOutFlags): { readonly protocol?: unknown } {
  if (protocolModule !== undefined) {
    return { protocol: { module: resolve(protocolModule), ...(data !== undefined && { data }) } }
  }
  const name = names.find((one) => flags[one] !== undefined)
  return name === undefined
    ? {}
    : { protocol: { protocol: readyMadeProtocol(readyMade[name].file), data: flags[name] } }
}

/** What is wrong with the options of a ready-made one. */
export async function mistakesInProtocol(flags: FanOutFlags): Promise<string[]> {
  const name = names.find((one) => flags[one] !== undefined)
  if (name === undefined) return []
  const { default: protocol } = (await import(readyMadeProtocol(readyMade[name].file).href)) as {
    readonly default: { readonly data: (index: number, options: unknown, member: { readonly room: number }) => unknown }
  }
  try {
    protocol.data(0, flags[name], { room: (flags.rooms ?? 1) - 1 })
    return []
  } catch (error) {
    const { mistakes } = error as { readonly mistakes?: readonly string[] }
    if (mistakes === undefined) throw error
    return mistakes.map((mistake) => mistake.replace(/^(?:probe\.data|protocol)[.:] ?/, `--${kebab(name)}: `))
  }
}
