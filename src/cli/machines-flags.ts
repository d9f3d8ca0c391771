import { type Command, Option } from 'commander'
import { env } from 'node:process'
import { defaults } from '../defaults.ts'
import type { MachinesOptions, NatsCredentials } from '../options/machines.ts'
import { seconds } from './flags.ts'
import { aList, aNumber } from './parse.ts'

/** Flags on the NATS server. */
export interface NatsFlags {
  readonly nats?: readonly string[]
  readonly natsCreds?: string
}

/** Flags on agents that generate the load. */
export interface MachinesFlags extends NatsFlags {
  readonly agents?: number
  readonly group?: string
  readonly agentsWait?: string
}

/** Adds the flags that say where NATS is; what the program `nats` reads of the environment is read too. */
export function addNatsFlags(command: Command): Command {
  return command
    .option('--nats <url>', 'nats:// or tls://, of a cluster repeatable (default: NATS_URL)', aList)
    .addOption(
      new Option(
        '--nats-creds <file>',
        'credentials (default: those in a --nats, else NATS_CREDS, NATS_NKEY, NATS_TOKEN, or NATS_USER and NATS_PASSWORD; NATS_CA, NATS_CERT and NATS_KEY for TLS)',
      ),
    )
}

/** Adds the flags of a load that agents generate. */
export function addMachinesFlags(command: Command): Command {
  return addNatsFlags(command.optionsGroup('Several machines:'))
    .option('--agents <number>', 'so many agents generate the load, see ws-load agent', aNumber)
    .option('--group <name>', `of agents (default: ${defaults.group})`)
    .option('--agents-wait <duration>', `for as many that are free (default: ${seconds(defaults.agentsWait)})`)
}

/** Where NATS is, and how to be let in. */
export function natsOf({ nats, natsCreds }: NatsFlags): Partial<Pick<MachinesOptions, 'nats' | 'credentials'>> {
  const urls = nats ?? env['NATS_URL']?.split(',')
  const credentials = {
    ...(natsCreds !== undefined ? { creds: natsCreds } : nats?.some(hasUser) ? {} : credentialsOfEnvironment()),
    ...tlsOfEnvironment(),
  }
  return {
    ...(urls !== undefined && { nats: urls }),
    ...(Object.keys(credentials).length > 0 && { credentials }),
  }
}

/** The agents that flags ask for, if they do. */
export function machinesOf({ agents, group, agentsWait, ...flags }: MachinesFlags): {
  readonly machines?: MachinesOptions
} {
  const flagged = [agents, group, agentsWait, flags.nats, flags.natsCreds]
  if (flagged.every((flag) => flag === undefined)) return {}
  return {
    machines: {
      ...natsOf(flags),
      ...(agents !== undefined && { agents }),
      ...(group !== undefined && { group }),
      ...(agentsWait !== undefined && { wait: agentsWait }),
    } as MachinesOptions,
  }
}

function credentialsOfEnvironment(): NatsCredentials {
  const { NATS_CREDS: creds, NATS_NKEY: nkey, NATS_TOKEN: token, NATS_USER: user, NATS_PASSWORD: password } = env
  if (creds) return { creds }
  if (nkey) return { nkey }
  if (token) return { token }
  return { ...(user && { user }), ...(password && { password }) }
}

/** Whom a flag names, the environment does not rename. */
function hasUser(address: string): boolean {
  return (URL.parse(address)?.username ?? '') !== ''
}

function tlsOfEnvironment(): Pick<NatsCredentials, 'tls'> {
  const { NATS_CA: ca, NATS_CERT: cert, NATS_KEY: key } = env
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  return Object.keys(tls).length === 0 ? {} : { tls }
}
