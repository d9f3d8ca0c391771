import { type Command, Option } from 'commander'
import { defaults } from '../defaults.ts'
import type { WsLoadOptions } from '../options/options.ts'
import { seconds } from './flags.ts'
import { addMachinesFlags, type MachinesFlags, machinesOf } from './machines-flags.ts'
import { aHeader, aList, aNumber, aPid } from './parse.ts'
import { addProbeFlags, type ProbeFlags, probeOf } from './probe-flags.ts'

/** Flags of a load that are not its options under the same name. */
export interface LoadFlags extends ProbeFlags, MachinesFlags {
  readonly header?: WsLoadOptions['headers']
  readonly protocol?: readonly string[]
  readonly localAddress?: readonly string[]
  readonly reconnect?: number
  readonly reconnectBackoff?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly insecure?: true
  readonly serverPid?: number
  readonly serverCgroup?: string
  readonly server: boolean
}

/** Options of a load, all but where it goes to and what ends it. */
export type LoadOptions = Omit<
  WsLoadOptions,
  'url' | 'duration' | 'pings' | 'stages' | 'until' | 'maxDuration' | 'server'
> & { readonly server?: false }

/** What the help has above the last flags. */
export const verdictGroup = 'Verdict and output:'

/** Flags that are options of a load under the same name. */
const options = [
  'connections',
  'warmup',
  'drain',
  'inFlight',
  'maxPendingPongs',
  'rate',
  'arrivals',
  'connectRate',
  'payloadBytes',
  'timeout',
  'connectTimeout',
  'sessionTimeout',
  'sessionRate',
  'perMessageDeflate',
  'threads',
  'seed',
  'confidence',
] as const

/** Adds the flags of a load, the same for every command that floods; whatever comes next is on verdict and output. */
export function addLoadFlags(command: Command): Command {
  return addConfidenceFlag(addMachinesFlags(addLocalLoadFlags(command)))
}

/** Those of a load that this process generates, up to the confidence. */
export function addLocalLoadFlags(command: Command): Command {
  return addOtherLoadFlags(
    addConnections(command.optionsGroup('How much:'))
      .option('--in-flight <number>', `unanswered pings each connection keeps (default: ${defaults.inFlight})`, aNumber)
      .option('-r, --rate <rate>', 'pings per second over all connections, like 5k/s, whatever the answers do'),
  )
}

/** Those of a load whose amount is searched for. */
export function addLoadFlagsOfSearch(command: Command): Command {
  return addConfidenceFlag(addMachinesFlags(addOtherLoadFlags(addConnections(command.optionsGroup('How much:')))))
}

function addConnections(command: Command): Command {
  return command.option(
    '-c, --connections <number>',
    `open at the same time (default: ${defaults.connections})`,
    aNumber,
  )
}

function addOtherLoadFlags(command: Command): Command {
  addPaceFlags(command).optionsGroup('What:')
  addProbeFlags(command)
    .option(
      '--max-pending-pongs <number>',
      `unanswered ping frames of a connection at most (default: ${defaults.maxPendingPongs})`,
      aNumber,
    )
    .option('--payload-bytes <number>', `size of a ping (default: ${defaults.pingPayloadBytes})`, aNumber)
    .option('--timeout <duration>', `a ping without an answer has failed then (default: ${seconds(defaults.timeout)})`)
  addConnectingFlags(command)
    .option('--reconnect <max>', 'open a connection that has ended again, so often at most, or Infinity', aNumber)
    .option(
      '--reconnect-backoff <duration>',
      `wait before that, and twice as long after each attempt that fails (default: ${seconds(defaults.reconnectBackoff)})`,
    )
  return addWatchFlag(command)
}

/** Adds the flags that say when something is due, and when to begin and to end. */
export function addPaceFlags(command: Command): Command {
  return command
    .option('--arrivals <kind>', `of a rate: constant or poisson (default: ${defaults.arrivals})`)
    .option('--connect-rate <rate>', 'connections opened per second')
    .option('--warmup <duration>', `load before the measured window (default: ${seconds(defaults.warmup)})`)
    .option('--drain <duration>', 'how long to wait after it for answers (default: --timeout)')
    .option('--threads <number>', 'load threads (default: half of the processors it may use)', aNumber)
    .option('--seed <number>', 'of the Poisson process, and of the order of turns', aNumber)
}

/** Adds the flags on handshakes and sessions. */
export function addConnectingFlags(command: Command): Command {
  return command
    .optionsGroup('Connecting:')
    .option('-H, --header <name: value>', 'of the handshake; repeatable', aHeader)
    .option('--protocol <name>', 'subprotocol; repeatable', aList)
    .option(
      '--connect-timeout <duration>',
      `a connection that is not open has failed then (default: ${seconds(defaults.connectTimeout)})`,
    )
    .option(
      '--session-timeout <duration>',
      `of a protocol: a session that is not over has failed then (default: ${seconds(defaults.sessionTimeout)})`,
    )
    .option('--session-rate <rate>', 'of a protocol: sessions begun per second')
    .option('--per-message-deflate', 'offer compression')
    .option('--local-address <address>', 'source address; repeatable', aList)
    .option('--ca <file>', 'trusted certificates (PEM)')
    .option('--cert <file>', 'certificate of the client (PEM)')
    .option('--key <file>', 'its key (PEM)')
    .option('--servername <name>', 'expected in the certificate')
    .option('--insecure', 'accept any certificate')
}

/** Adds the flag that switches off what comes of itself. */
export function addWatchFlag(command: Command): Command {
  return command
    .optionsGroup('Watching:')
    .addOption(
      new Option('--no-server', 'do not watch what the server and this machine do meanwhile').conflicts([
        'serverPid',
        'serverCgroup',
      ]),
    )
}

/** Adds the flags that say whom to watch, if it is not whoever listens at the port of the URL. */
export function addServerFlags(command: Command): Command {
  return command
    .optionsGroup('Watching:')
    .addOption(new Option('--server-pid <pid>', 'watch this process and its descendants').argParser(aPid))
    .addOption(new Option('--server-cgroup <path>', 'watch the processes of this control group').conflicts('serverPid'))
}

export function addConfidenceFlag(command: Command): Command {
  return command
    .optionsGroup(verdictGroup)
    .option('--confidence <probability>', `of the verdict, 0.5 to 1 (default: ${defaults.confidence})`, aNumber)
}

/** The options that flags ask for. @throws if a file of theirs cannot be read */
export function loadOptionsOf(flags: LoadFlags): LoadOptions {
  const { header, protocol, localAddress } = flags
  const named: Readonly<Record<string, unknown>> = { ...flags }
  return {
    ...Object.fromEntries(options.filter((name) => named[name] !== undefined).map((name) => [name, named[name]])),
    ...probeOf(flags),
    ...(header !== undefined && { headers: header }),
    ...(protocol !== undefined && { protocols: protocol }),
    ...(localAddress !== undefined && { localAddresses: localAddress }),
    ...machinesOf(flags),
    ...reconnectOf(flags),
    ...tlsOf(flags),
    ...(!flags.server && { server: false }),
  }
}

/** The server to watch that flags name. */
export function serverOf({ serverPid: pid, serverCgroup: cgroup }: LoadFlags): Pick<WsLoadOptions, 'server'> {
  if (pid !== undefined) return { server: { pid } }
  return cgroup === undefined ? {} : { server: { cgroup } }
}

function reconnectOf({ reconnect: max, reconnectBackoff: backoff }: LoadFlags): Pick<WsLoadOptions, 'reconnect'> {
  if (max === undefined && backoff === undefined) return {}
  return { reconnect: { ...(max !== undefined && { max }), ...(backoff !== undefined && { backoff }) } }
}

function tlsOf({ ca, cert, key, servername, insecure }: LoadFlags): Pick<WsLoadOptions, 'tls'> {
  const tls = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(servername !== undefined && { servername }),
    ...(insecure !== undefined && { rejectUnauthorized: false }),
  }
  return Object.keys(tls).length === 0 ? {} : { tls }
}
