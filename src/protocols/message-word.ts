import * as v from 'valibot'
import { expected } from '../options/fields.ts'
import { UnusableProbe } from '../wire/unusable-probe.ts'
import { withPlaceholders } from './placeholders.ts'

/**
 * The word that a message of a fan-out carries, by which it is told from others whatever a server has made of it: the first one
 * in what is delivered.
 */
const word = /wsload-(\d+)\./

/** A text with the number of a room in the place of `%r`, and with the word of a message in that of `%m`. */
export function inRoom(text: string, room: number, message?: number): string {
  return withPlaceholders(text, { r: String(room), ...(message !== undefined && { m: `wsload-${message}.` }) })
}

/** The id of the message whose word is in a text. */
export function messageIn(text: string): number | undefined {
  const id = word.exec(text)?.[1]
  return id === undefined ? undefined : Number(id)
}

/** What is published, with the place for a message. */
export function textWithMessage() {
  return v.pipe(
    v.string(expected('a text')),
    v.check((text) => hasMessage(text), expected('a text with %m')),
  )
}

/** Whether what is published has a place for a message in one of its texts. */
export function hasMessage(published: unknown): boolean {
  return JSON.stringify(published).includes('%m')
}

/**
 * Data of a protocol whose options tell rooms apart.
 * @param room of a connection
 * @param telling options that say where it goes, as texts, by name
 * @throws {UnusableProbe} if one of them is the same for all rooms, and there are several
 */
export function toldApart<Data>(data: Data, room: number, telling: Readonly<Record<string, string>>): Data {
  const same = Object.entries(telling).filter(([, text]) => !text.includes('%r'))
  if (room === 0 || same.length === 0) return data
  throw new UnusableProbe(same.map(([name]) => `protocol.${name}: expected %r in it, which tells rooms apart`))
}
