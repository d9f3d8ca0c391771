import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WsLoadError } from '../errors.ts'
import { invalidOptions } from '../options/invalid-options.ts'
import type { ProbeSpec } from '../wire/probe-spec.ts'

/** Where the ready-made protocols are, here and on every other machine with this version. */
const readyMade = new URL('../protocols/', import.meta.url)
/** Instead of the URL of a file: that of a ready-made protocol, or a module's whole text, with what its name ends with. */
const readyMadeScheme = 'ws-load-protocol:'
const textScheme = 'ws-load-module:'
/** What ready-made protocols are called: a name leads nowhere else. */
const readyMadeName = /^ws-load-protocol:([a-z\d-]+)$/

/** Of an agent. */
interface Traveller {
  readonly name: string
  readonly introduction: { readonly allowsCode: boolean }
}

/**
 * A probe as another machine can have it: a module as its text.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` where it is code, and the agent takes none
 */
export function travelling(probe: ProbeSpec, { name, introduction }: Traveller): ProbeSpec {
  const travelled = withoutFile(probe)
  if (!isCode(travelled) || introduction.allowsCode) return travelled
  throw invalidOptions([
    `probe: expected one without code of yours, the agent ${name} takes none; start it with --allow-code if you trust ` +
      'whoever may reach its NATS server, or take a ping, text, binary or ready-made protocol',
  ])
}

/** Whether a probe that travels is, or has, code that its machine is to run: all but what is known to be none, whoever sent it. */
export function isCode(probe: ProbeSpec): boolean {
  switch (probe.kind) {
    case 'ping':
      return false
    case 'text':
    case 'binary':
      return probe.answer !== undefined && probe.answer.by !== 'content' && probe.answer.by !== 'pattern'
    case 'protocol':
      return !readyMadeName.test(probe.protocol)
    default:
      return true
  }
}

/**
 * A probe that has travelled, as load threads here can have it.
 * @param keep puts a module's text into a file whose name ends so, and says its URL
 */
export function arrived(probe: ProbeSpec, keep: (text: string, ending: string) => string): ProbeSpec {
  const located = (address: string): string => {
    const [, name] = readyMadeName.exec(address) ?? []
    if (name !== undefined) return new URL(`${name}${extname(import.meta.filename)}`, readyMade).href
    const [, ending, text] = /^ws-load-module:((?:\.\w+)?),(.*)$/s.exec(address) ?? []
    if (text === undefined)
      throw new WsLoadError('WSLOAD_ERR_AGENTS', 'wsLoad: it was told of a module without its text')
    return keep(text, ending!)
  }
  if (probe.kind === 'module') return { ...probe, module: located(probe.module) }
  return probe.kind === 'protocol' ? { ...probe, protocol: located(probe.protocol) } : probe
}

function withoutFile(probe: ProbeSpec): ProbeSpec {
  if (probe.kind === 'module') return { ...probe, module: packed(probe.module, 'module') }
  return probe.kind === 'protocol' ? { ...probe, protocol: packed(probe.protocol, 'protocol') } : probe
}

function packed(address: string, option: string): string {
  const url = new URL(address)
  if (new URL('.', url).href === readyMade.href)
    return `${readyMadeScheme}${basename(url.pathname, extname(url.pathname))}`
  try {
    return `${textScheme}${extname(url.pathname)},${readFileSync(fileURLToPath(url), 'utf8')}`
  } catch (error) {
    throw invalidOptions([
      `probe.${option}: expected a file that can be read, got ${url.pathname} (${(error as NodeJS.ErrnoException).code})`,
    ])
  }
}
