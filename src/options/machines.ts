import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import { isObject } from '../parsed.ts'
import { withoutSecrets } from '../secrets.ts'
import { show, showKind } from '../wording.ts'
import { type Duration, duration, expected, only, wholeNumber } from './fields.ts'
import { type ResolvedTls, tlsFiles, type TlsOptions } from './tls.ts'

/** Where agents are found that generate load. */
export interface MachinesOptions {
  /** The NATS server, `'nats://host:4222'` or `'tls://host:4222'`, or several of one cluster. */
  readonly nats: string | readonly string[]
  /** How many agents generate the load, each on its machine, 1 to 1,000; fewer are an error. */
  readonly agents: number
  /** Which agents: those that were started with the same name. Letters, digits, `-` and `_`. Default: 'default'. */
  readonly group?: string
  readonly credentials?: NatsCredentials
  /** How long to wait for so many agents that are free. Default: '15s', longer than an agent takes to free itself. */
  readonly wait?: Duration
}

/** By what a NATS server knows who connects. */
export interface NatsCredentials {
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** Path of a file with the seed of an nkey, or the seed. */
  readonly nkey?: string
  /** Path of a credentials file (`.creds`), with a JWT and a seed. */
  readonly creds?: string
  /** Of the connection to NATS. */
  readonly tls?: Pick<TlsOptions, 'ca' | 'cert' | 'key'>
}

/** A NATS server and how to be let in. */
export interface ResolvedNats {
  /** Host and port of each server, without secrets. */
  readonly servers: readonly string[]
  readonly access: NatsAccess
  /** `undefined` where the server decides. */
  readonly tls: Pick<ResolvedTls, 'ca' | 'cert' | 'key'> | undefined
}

/** {@link NatsCredentials} but `tls`, with their files read. */
type NatsAccess = { readonly [kind in Exclude<keyof NatsCredentials, 'tls'>]?: string | undefined }

interface ResolvedCredentials extends NatsAccess {
  readonly tls?: ResolvedTls | undefined
}

export interface ResolvedMachines extends ResolvedNats {
  readonly agents: number
  readonly group: string
  /** Milliseconds. */
  readonly wait: number
}

const kinds = ['user', 'token', 'nkey', 'creds'] as const
const numberOfAgents = wholeNumber(1, 1_000)

/** Which NATS server, and how to be let in. */
export const natsFields = { nats: servers(), credentials: v.optional(credentials(), {}) }

/** The option `machines`. */
export function machines() {
  return v.pipe(
    only(
      {
        ...natsFields,
        agents: numberOfAgents,
        group: v.optional(agentName(), defaults.group),
        wait: v.optional(duration(0), defaults.agentsWait),
      },
      "{ nats, agents } with the URL of a NATS server, 'nats://127.0.0.1:4222' say, and a number of agents",
    ),
    v.transform(({ nats, credentials: given, ...rest }): ResolvedMachines => ({
      ...resolveNats(nats, given),
      ...rest,
    })),
  )
}

/** How many agents options ask for, that are not parsed yet; 1 where they ask for none, or wrongly. */
export function agentsIn({ machines: given }: Readonly<Record<string, unknown>>): number {
  const { agents } = isObject(given) ? given : {}
  return v.is(numberOfAgents, agents) ? agents : 1
}

/** What a group of agents is called, or an agent. */
export function agentName() {
  const form = expected('a name of at most 64 letters, digits, - and _')
  return v.pipe(v.string(form), v.regex(/^[\w-]{1,64}$/, form))
}

/** What the first URL that has a user says of it gives way to credentials. */
export function resolveNats(nats: readonly string[], { tls: ofTls, ...access }: ResolvedCredentials): ResolvedNats {
  const urls = nats.map((address) => new URL(address))
  const isGiven = Object.values(access).some((secret) => secret !== undefined)
  const known = urls.find(({ username }) => username !== '')
  const isTls = urls.some(({ protocol }) => protocol === 'tls:')
  return {
    servers: urls.map(hostOf),
    access: isGiven || known === undefined ? access : accessIn(known),
    tls: ofTls ?? (isTls ? {} : undefined),
  }
}

function accessIn({ username, password }: URL): NatsAccess {
  const user = decodeURIComponent(username)
  return password === '' ? { token: user } : { user, password: decodeURIComponent(password) }
}

/** The port of NATS, where a URL has none. */
const natsPort = 4_222

function hostOf({ hostname, port }: URL): string {
  return `${hostname}:${port === '' ? natsPort : port}`
}

function servers() {
  const form = expected('a nats:// or tls:// URL, or a list of them', showServer)
  const address = v.pipe(v.string(form), v.check(isNats, form))
  return v.pipe(
    v.union(
      [
        v.pipe(
          address,
          v.transform((one) => [one]),
        ),
        v.pipe(v.array(address), v.minLength(1, form)),
      ],
      form,
    ),
  )
}

function isNats(address: string): boolean {
  const url = URL.parse(address)
  if (url === null || !/^(?:nats|tls):$/.test(url.protocol) || url.hostname === '') return false
  try {
    accessIn(url)
    return true
  } catch {
    // A % that begins no escape.
    return false
  }
}

function showServer(value: unknown): string {
  return typeof value === 'string' ? show(withoutSecrets(value)) : showKind(value)
}

function credentials() {
  const secret = expected('a text', showKind)
  return v.pipe(
    only({
      user: v.optional(v.string(secret)),
      password: v.optional(v.string(secret)),
      token: v.optional(v.string(secret)),
      nkey: v.optional(
        secretFile('the path of a file with the seed of an nkey', (text) => /\bS[A-Z2-7]{57}\b/.exec(text)?.[0]),
      ),
      creds: v.optional(
        secretFile('the path of a .creds file', (text) => (text.includes('NATS USER JWT') ? text : undefined)),
      ),
      tls: v.optional(tlsFiles()),
    }),
    v.check(
      (given) => kindsIn(given).length <= 1,
      (issue) => `expected one of ${kinds.join(', ')}, got ${kindsIn(issue.input).join(' and ')}`,
    ),
    v.check(
      ({ user, password }) => (user === undefined) === (password === undefined),
      () => 'expected user and password together, got one of the two',
    ),
  )
}

function kindsIn(given: Partial<Record<(typeof kinds)[number], unknown>>): string[] {
  return kinds.filter((kind) => given[kind] !== undefined)
}

/** What is shown, since it is no secret: it has the beginning of a path, or the ending of a file. */
const pathLike = /^(?:\.{0,2}\/\S{1,250}|[^\s.]{1,250}\.\w{1,8})$/

/** A secret, or a file that has it. @param find it in a text */
function secretFile(what: string, find: (text: string) => string | undefined) {
  return v.pipe(
    v.string(expected(what, showKind)),
    v.rawTransform<string, string>(({ dataset: { value }, addIssue, NEVER }) => {
      const found = find(value) ?? find(read(value))
      if (found !== undefined) return found
      addIssue({ message: `expected ${what}, got ${pathLike.test(value) ? show(value) : showKind(value)}` })
      return NEVER
    }),
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
