import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import { mistakesOf, type Parsed } from '../parsed.ts'
import { formatCounted } from '../units.ts'
import { didYouMean } from '../wording.ts'
import { only, parseFields, wholeNumber } from './fields.ts'
import { valueOf } from './invalid-options.ts'
import { agentsIn } from './machines.ts'
import { isURL } from './realm.ts'
import {
  type Rate,
  type ResolvedFanOut,
  type ResolvedOptions,
  safeParseOptions,
  type WsLoadOptions,
} from './options.ts'

/** A protocol of a fan-out: a ready-made one, or a module's absolute path or `file:` URL. */
export type FanOutProtocolOption =
  | string
  | URL
  | { readonly module: string | URL; readonly data?: unknown }
  | { readonly protocol: string | URL; readonly data?: unknown }

/** Options of a fan-out: those of `wsLoad()` but for what belongs to pings, and these. */
export interface FanOutOptions extends Omit<
  WsLoadOptions,
  'connections' | 'probe' | 'payloadBytes' | 'pings' | 'maxPendingPongs' | 'reconnect' | 'inFlight'
> {
  /** Connections that receive, 1 to 1,000,000. Default: 100. */
  readonly subscribers?: number
  /** Connections that publish. Default: 1, or as many as there are rooms, or agents if these are more. */
  readonly publishers?: number
  /** Subscribers and publishers are spread over them: what one publishes, the subscribers of its room receive. Default: 1. */
  readonly rooms?: number
  /** What is said, how a message is published, and how a delivery is recognised. */
  readonly protocol: FanOutProtocolOption
  /**
   * Open model: messages due per second over all publishers. Without it, and without `stages`, each publisher's next message
   * leaves when all of its subscribers have the last one, or have missed it.
   */
  readonly rate?: Rate
}

type Fields = Readonly<Record<string, unknown>>

const mostConnections = 1_000_000

const schema = only({
  subscribers: v.optional(wholeNumber(1, mostConnections), defaults.subscribers),
  publishers: v.optional(wholeNumber(1, mostConnections)),
  rooms: v.optional(wholeNumber(1, mostConnections), 1),
})
const own = ['subscribers', 'publishers', 'rooms', 'protocol'] as const
/** Options that pings have and a fan-out has not. */
const ofPings: Readonly<Record<string, string>> = {
  connections: 'subscribers and publishers instead',
  probe: 'protocol instead',
  payloadBytes: 'a protocol that decides how long its messages are',
  pings: 'duration instead',
  maxPendingPongs: 'none of it: nothing is pinged',
  inFlight: 'none of it: the next message leaves when all subscribers have the last one',
  reconnect: 'none of it: a subscriber that leaves misses what it did not receive',
}

/** Reads the options of a fan-out and fills in defaults; each mistake has the option's name. */
export function safeParseFanOut(input: unknown): Parsed<ResolvedOptions> {
  const given: Fields = typeof input === 'object' && input !== null ? { ...input } : {}
  const { roles, rest } = takeRoles(given)
  const load = safeParseOptions(rest, true)
  const mistakes = [
    ...(given['url'] === undefined ? ["url: expected the server's, an embedded one passes nothing on"] : []),
    ...mistakesOf(roles),
    ...mistakesOf(load).map(inWordsOfFanOut),
    ...agentsWithoutRoles(roles, given),
  ]
  if ('mistakes' in roles || 'mistakes' in load || mistakes.length > 0) return { mistakes }
  return { value: { ...load.value, connections: connectionsOf(roles.value), fanOut: roles.value } }
}

/** Whether options are those of a fan-out: also where its protocol is `undefined`, of a variable that is not set. */
export function hasRoles(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  return 'protocol' in given || own.some((name) => (given as Fields)[name] !== undefined)
}

/** Reads of options what a fan-out has in the place of pings; `rest` are the others, as a flood has them. */
export function takeRoles(given: Fields): { readonly roles: Parsed<ResolvedFanOut>; readonly rest: Fields } {
  const ofRoles = Object.fromEntries(
    own.flatMap((name) => (name in given && name !== 'protocol' ? [[name, given[name]]] : [])),
  )
  const counts = parseFields(schema, ofRoles)
  const foreign = Object.entries(ofPings).filter(([name]) => given[name] !== undefined)
  const protocol = protocolOf(given['protocol'])
  const others = Object.entries(given).filter(
    ([name]) => !(own as readonly string[]).includes(name) && !(name in ofPings),
  )
  // What is wrong with it is told once, and together with what is wrong with the load.
  const probe = 'value' in protocol ? protocol.value : { protocol: '/unknown' }
  const mistakes = [
    ...('mistakes' in counts ? counts.mistakes : emptyRooms(counts.value)),
    ...foreign.map(([name, instead]) => `${name}: expected ${instead}`),
    ...mistakesOf(protocol),
  ]
  // Enough of them for any number of agents: whether each agent has a part in it is told of the roles.
  const rest = { ...Object.fromEntries(others), probe, connections: mostConnections }
  if ('mistakes' in counts || mistakes.length > 0) return { roles: { mistakes }, rest }
  const { subscribers, rooms, publishers = Math.max(rooms, agentsIn(given)) } = counts.value
  return { roles: { value: { subscribers, publishers, rooms } }, rest }
}

export function connectionsOf({ subscribers, publishers }: ResolvedFanOut): number {
  return subscribers + publishers
}

/**
 * Reads the options of a fan-out and fills in defaults.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` with every mistake, each with the option's name
 */
export function parseFanOut(input: FanOutOptions): ResolvedOptions {
  return valueOf(safeParseFanOut(input), 'wsLoad.fanOut')
}

/**
 * Agents time what their own publishers publish, as it comes to their own subscribers: one without a publisher would time nothing, and
 * a publisher without a subscriber in its room would time nobody.
 */
export function agentsWithoutRoles(roles: Parsed<ResolvedFanOut>, given: Fields): string[] {
  if ('mistakes' in roles) return []
  const { subscribers, publishers, rooms } = roles.value
  const agents = agentsIn(given)
  return [
    ...(publishers >= agents ? [] : [`publishers: expected one for each of ${agents} agents, got ${publishers}`]),
    ...(subscribers >= agents * rooms
      ? []
      : [
          `subscribers: expected one for each of ${agents} agents in each of ${formatCounted(rooms, 'room')}, got ${subscribers}`,
        ]),
  ]
}

/** What is wrong with rooms that nobody is in. */
function emptyRooms({ rooms, subscribers, publishers = rooms }: v.InferOutput<typeof schema>): string[] {
  const counts = { subscribers, publishers }
  return Object.entries(counts)
    .filter(([, count]) => count < rooms)
    .map(([name, count]) => `${name}: expected one for each of ${rooms} rooms, got ${count}`)
}

/** A mistake that was found in the options of a flood. */
export function inWordsOfFanOut(mistake: string): string {
  const [, unknown] = /^(\w+): no such option$/.exec(mistake) ?? []
  if (unknown !== undefined) return `${mistake}${didYouMean(unknown, own)}`
  return mistake.replace(/^probe\.protocol:/, 'protocol:').replace(/^probe\./, 'protocol.')
}

/** What a fan-out takes over of the defaults of floods. */
export function withoutPings(options: WsLoadOptions): Partial<FanOutOptions> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !(name in ofPings)))
}

/** A protocol as the option `probe` has it. */
function protocolOf(protocol: unknown): Parsed<{ readonly protocol: unknown; readonly data?: unknown }> {
  if (typeof protocol === 'string' || isURL(protocol)) return { value: { protocol } }
  if (typeof protocol === 'object' && protocol !== null) {
    const { module, ...others } = protocol as Fields
    if (module !== undefined && !('protocol' in others)) return { value: { protocol: module, ...others } }
    if ('protocol' in others && module === undefined) return { value: others as { readonly protocol: unknown } }
  }
  const seen = protocol === undefined ? 'nothing' : typeof protocol
  return {
    mistakes: [
      `protocol: expected a ready-made one such as socketIO.room(…), the URL of a module, or { module, data }, got ${seen}`,
    ],
  }
}
