import { extname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { kebab } from './flags.ts'
import { aJSON } from './parse.ts'

/** Flags that say how one publishes, and how the others have it. */
export type FanOutProtocolFlags = { readonly [flag in ReadyMade]?: unknown } & {
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

/** All flags that name a protocol, for messages. */
export const protocolFlags: string = ['protocolModule', ...names].map((name) => `--${kebab(name)}`).join(', ')

/** Adds them. */
export function addProtocolFlags(command: Command): Command {
  command
    .addOption(
      new Option('--protocol-module <file>', 'a module that defines a protocol with publish and delivery').conflicts(
        names,
      ),
    )
    .option('--data <json>', 'what the functions of the module are given', aJSON)
  for (const name of names) {
    const others = names.filter((other) => other !== name)
    command.addOption(
      new Option(`--${kebab(name)} <json>`, `options of ${readyMade[name].what}`).argParser(aJSON).conflicts(others),
    )
  }
  return command
}

/** The option `protocol` that they ask for. */
export function protocolOf({ protocolModule, data, ...flags }: FanOutProtocolFlags): { readonly protocol?: unknown } {
  if (protocolModule !== undefined) {
    return { protocol: { module: resolve(protocolModule), ...(data !== undefined && { data }) } }
  }
  const name = names.find((one) => flags[one] !== undefined)
  return name === undefined ? {} : { protocol: { protocol: fileOf(name), data: flags[name] } }
}

/** What is wrong with the options of a ready-made one. */
export async function mistakesInProtocol(flags: FanOutProtocolFlags): Promise<string[]> {
  const name = names.find((one) => flags[one] !== undefined)
  if (name === undefined) return []
  const { default: protocol } = (await import(fileOf(name).href)) as {
    readonly default: { readonly data: (index: number, options: unknown) => unknown }
  }
  try {
    protocol.data(0, flags[name])
    return []
  } catch (error) {
    const { mistakes } = error as { readonly mistakes?: readonly string[] }
    if (mistakes === undefined) throw error
    return mistakes.map((mistake) => mistake.replace(/^probe\.data[.:] ?/, `--${kebab(name)}: `))
  }
}

function fileOf(name: ReadyMade): URL {
  return new URL(`../protocols/${readyMade[name].file}${extname(import.meta.filename)}`, import.meta.url)
}
