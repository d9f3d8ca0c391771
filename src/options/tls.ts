import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { Parsed } from '../parsed.ts'
import { show, showKind } from '../wording.ts'
import { expected, flag, only, parseFields } from './fields.ts'
import { isBytes } from './realm.ts'

/** PEM (RFC 7468) as a text or a buffer, or the path of a file with it, relative to the current directory. */
export type Pem = string | Uint8Array

/** What `tls.connect` needs to trust a server, and to be trusted by it. */
export interface TlsOptions {
  /** Certificates to trust instead of Node's own. */
  readonly ca?: Pem | readonly Pem[]
  /** The client's certificate, with those between it and its root if there are any. */
  readonly cert?: Pem
  /** The private key that belongs to it. */
  readonly key?: Pem
  /** What the key is encrypted with. */
  readonly passphrase?: string
  /** The name expected in the server's certificate. Default: the URL's host. */
  readonly servername?: string
  /** `false` accepts any certificate, self-signed ones included. Default: true. */
  readonly rejectUnauthorized?: boolean
}

/** {@link TlsOptions} with their files read. */
export interface ResolvedTls extends Omit<TlsOptions, 'ca' | 'cert' | 'key'> {
  readonly ca?: readonly string[]
  readonly cert?: string
  readonly key?: string
}

const beginning = '-----BEGIN '
/** Why a file cannot be read, by the code of the error. */
const obstacles: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be read',
}
const certificates = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

const files = { ca: v.optional(pems()), cert: v.optional(pem()), key: v.optional(pem(showKind)) }
const hiddenText = v.optional(v.string(expected('a text', showKind)))
const contents = {
  ca: v.optional(v.array(v.string(), expected('a list of texts', showKind))),
  cert: hiddenText,
  key: hiddenText,
}
const others = {
  passphrase: hiddenText,
  servername: v.optional(v.string(expected('a host name'))),
  rejectUnauthorized: v.optional(flag()),
}

/** The option `tls`. */
export function tls() {
  return v.pipe(
    only({ ...files, ...others }),
    v.transform((given) => given as ResolvedTls),
    consistent(),
  )
}

/** Reads what another process has read, and nothing else that Node would take for it: a path here is no file of this machine. */
export function safeParseReadTls(given: unknown): Parsed<ResolvedTls> {
  return parseFields(
    v.pipe(
      only({ ...contents, ...others }),
      v.transform((read) => read as ResolvedTls),
    ),
    given,
    'tls',
  )
}

/** Likewise, of a connection that takes no more than what is in files. */
export function tlsFiles() {
  return v.pipe(
    only(files),
    v.transform((given) => given as ResolvedTls),
    consistent(),
  )
}

function consistent() {
  return v.rawCheck<ResolvedTls>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const [name, message] of mistakesInContents(dataset.value)) {
      addIssue({
        message,
        path: [{ type: 'unknown', origin: 'value', input: dataset.value, key: name, value: undefined }],
      })
    }
  })
}

/** Relative paths of files as they can be sent to another process. */
export function portableTls({ ca, cert, key, ...rest }: TlsOptions): TlsOptions {
  const portable = (given: Pem): Pem => (typeof given === 'string' && isPath(given) ? resolve(given) : given)
  return {
    ...rest,
    ...(ca !== undefined && {
      ca: typeof ca === 'string' || isBytes(ca) ? portable(ca) : ca.map(portable),
    }),
    ...(cert !== undefined && { cert: portable(cert) }),
    ...(key !== undefined && { key: portable(key) }),
  }
}

/** @param shown says of a path what anyone may read: what was meant to be a key may be one */
function pem(shown = show) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, string>(({ dataset, addIssue, NEVER }) => {
      const read = readPem(dataset.value, shown)
      if ('value' in read) return read.value
      for (const message of read.mistakes) addIssue({ message })
      return NEVER
    }),
  )
}

function pems() {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, string[]>(({ dataset: { value }, addIssue, NEVER }) => {
      const all = (Array.isArray(value) ? value : [value]).map((one) => readPem(one, show))
      const mistakes = all.flatMap((read) => ('mistakes' in read ? read.mistakes : []))
      for (const message of mistakes) addIssue({ message })
      return mistakes.length > 0 ? NEVER : all.flatMap((read) => ('value' in read ? [read.value] : []))
    }),
  )
}

function readPem(given: unknown, shown: (value: unknown) => string): Parsed<string> {
  const mistake = (what: string): Parsed<string> => ({
    mistakes: [`expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got ${what}`],
  })
  if (isBytes(given)) {
    const text = Buffer.from(given).toString()
    return text.includes(beginning) ? { value: text } : mistake(`${show(given)} without it`)
  }
  if (typeof given !== 'string') return mistake(showKind(given))
  if (given.includes(beginning)) return { value: given }
  if (!isPath(given)) return mistake(showKind(given))
  // Base64 has no dot: what has one is a path.
  const name = given.includes('.') ? show(given) : shown(given)
  try {
    const text = readFileSync(given, 'utf8')
    return text.includes(beginning) ? { value: text } : mistake(`the file ${name} without it`)
  } catch (error) {
    return mistake(`${name}: ${obstacles[(error as NodeJS.ErrnoException).code ?? ''] ?? 'it cannot be read'}`)
  }
}

function isPath(text: string): boolean {
  return text !== '' && !text.includes(beginning) && !/[\n\0]/.test(text)
}

/** What is PEM and yet not what it should be, by the option's name. */
function mistakesInContents({ ca = [], cert, key, passphrase }: ResolvedTls): [name: string, message: string][] {
  const chain = cert === undefined ? [] : [cert]
  const wrongKey = key === undefined ? undefined : whyNoKey(key, passphrase)
  const lists = Object.entries({ ca, cert: chain })
  const mistakes = lists.flatMap(([name, texts]): [string, string][] => {
    const reason = texts.map(whyNoCertificate).find((why) => why !== undefined)
    return reason === undefined ? [] : [[name, `expected certificates, got PEM ${reason}`]]
  })
  if (wrongKey !== undefined) mistakes.push(['key', wrongKey])
  if (mistakes.length > 0 || cert === undefined || key === undefined) return mistakes
  const belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey({ key, passphrase }))
  return belongs ? [] : [['key', 'expected the key of the certificate, got that of another one']]
}

function whyNoCertificate(text: string): string | undefined {
  const blocks = text.match(certificates) ?? []
  if (blocks.length === 0) return 'without one'
  return blocks.every((block) => errorCodeOf(() => new X509Certificate(block)) === undefined)
    ? undefined
    : 'with one that cannot be read'
}

function whyNoKey(key: string, passphrase: string | undefined): string | undefined {
  const code = errorCodeOf(() => createPrivateKey({ key, passphrase }))
  if (code === undefined) return undefined
  const isEncrypted = key.includes('ENCRYPTED')
  if (isEncrypted && passphrase === undefined) return 'expected a passphrase with it, the key is encrypted'
  return isEncrypted
    ? 'expected a private key that the passphrase opens, got one that it does not'
    : `expected a private key, got PEM without one that can be read (${code})`
}

/** The code of the error that something ends with, if it does. */
function errorCodeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).name
  }
}
