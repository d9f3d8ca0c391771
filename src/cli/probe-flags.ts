import { readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { WsLoadOptions } from '../options/options.ts'
import { askedBy } from '../options/probe.ts'
import { isObject } from '../parsed.ts'
import { showKind } from '../wording.ts'
import { kebab } from './flags.ts'
import { aJSON, anAnswer } from './parse.ts'
import { usageError } from './usage-error.ts'

/** Flags that say what a ping is. */
export type ProbeFlags = { readonly [flag in Kind]?: string } & {
  readonly answer?: string | RegExp
  readonly echo?: true
  readonly data?: unknown
}

/** Names that commander gives to the flags of which a run has one at most. */
type Kind = 'text' | 'binary' | 'probe' | 'protocolModule' | ReadyMade
type ReadyMade = keyof typeof readyMade

/** A ready-made protocol: its file, whose first option the flag itself has, and what a ping then does. */
const readyMade = {
  socketIo: { file: 'socket-io', does: 'emit this event to a Socket.IO server' },
  graphqlWs: { file: 'graphql-ws', does: 'ask a GraphQL server for this query' },
  jsonRpc: { file: 'json-rpc', does: 'call this method of a JSON-RPC server' },
  mqtt: { file: 'mqtt', does: 'publish to this topic of an MQTT broker' },
  stomp: { file: 'stomp', does: 'send to this destination of a STOMP broker' },
} as const

/** What only texts and binaries have: their answers are told by order. */
const ofMessages = ['answer', 'echo'] as const
const messages: readonly Kind[] = ['text', 'binary']
const kinds: readonly Kind[] = [...messages, 'probe', 'protocolModule', ...(Object.keys(readyMade) as ReadyMade[])]

/** All flags that say what a ping is, but for those that a fan-out has as well. */
export const flagsOfPings: string[] = [...ofMessages, ...kinds.filter((name) => name !== 'protocolModule')]

/** Adds the flags that say what a ping is. */
export function addProbeFlags(command: Command): Command {
  command
    .addOption(kind('text', '<text>', 'send this text instead of ping frames, and take each message for its answer'))
    .addOption(kind('binary', '<file>', 'the same with the bytes of a file'))
    .addOption(
      message('--answer <text>', 'take messages with this text alone for answers, or those that match /a pattern/')
        .argParser(anAnswer)
        .conflicts('echo'),
    )
    .addOption(message('--echo', 'take the same message alone for its answer'))
    .addOption(kind('probe', '<file>', 'a module that exports request and reply'))
    .addOption(kind('protocolModule', '<file>', 'a module that defines a protocol: sessions, requests, replies'))
  for (const [name, { file, does }] of Object.entries(readyMade)) {
    command.addOption(kind(name as ReadyMade, `<${askedBy[file]}>`, does))
  }
  return command.option(
    '--data <json>',
    'what the functions of a module are given, or options of a protocol',
    aJSON('--data'),
  )
}

/** The probe that flags ask for. @throws if a file of theirs cannot be read */
export function probeOf(flags: ProbeFlags): Pick<WsLoadOptions, 'probe'> {
  const { text, binary, probe, protocolModule, data, answer, echo } = flags
  const given = data !== undefined && { data }
  const answered = { ...(answer !== undefined && { answer }), ...(echo && { answer: { echo } }) }
  if (text !== undefined) return { probe: { text, ...answered } }
  if (binary !== undefined) return { probe: { binary: read(binary), ...answered } }
  if (probe !== undefined) return { probe: { module: resolve(probe), ...given } }
  if (protocolModule !== undefined) return { probe: { protocol: resolve(protocolModule), ...given } }
  for (const [name, { file }] of Object.entries(readyMade)) {
    const argument = flags[name as ReadyMade]
    if (argument === undefined) continue
    return { probe: { protocol: readyMadeProtocol(file), data: { ...(data as object), [askedBy[file]]: argument } } }
  }
  return {}
}

/** The module of a ready-made protocol. */
export function readyMadeProtocol(file: string): URL {
  return new URL(`../protocols/${file}${extname(import.meta.filename)}`, import.meta.url)
}

/** What is wrong with flags that options do not know. */
export function mistakesInProbeFlags(flags: ProbeFlags): string[] {
  const has = (name: keyof ProbeFlags): boolean => flags[name] !== undefined
  const hasReadyMade = (Object.keys(readyMade) as ReadyMade[]).some(has)
  return [
    ...(messages.some(has)
      ? []
      : ofMessages.filter(has).map((name) => `--${name}: expected --text or --binary with it, got neither`)),
    ...(has('data') && !hasReadyMade && !has('probe') && !has('protocolModule')
      ? ['--data: expected a module or a protocol with it, such as --protocol-module or --socket-io, got neither']
      : []),
    ...(has('data') && hasReadyMade && !isObject(flags.data)
      ? [
          `--data: expected an object of the protocol's options, got ${Array.isArray(flags.data) ? 'a list' : showKind(flags.data)}`,
        ]
      : []),
  ]
}

function kind(name: Kind, argument: string, description: string): Option {
  return new Option(`--${kebab(name)} ${argument}`, description).conflicts(kinds.filter((other) => other !== name))
}

/** An option of texts and binaries. */
function message(flags: string, description: string): Option {
  return new Option(flags, `of --text or --binary: ${description}`).conflicts(
    kinds.filter((other) => !messages.includes(other)),
  )
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw usageError((error as Error).message)
  }
}
