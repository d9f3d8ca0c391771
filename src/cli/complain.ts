import { printableLines } from '../printable.ts'
import { withoutSecrets } from '../secrets.ts'
import { showKind } from '../wording.ts'

/** A URL, or what was meant to be one. */
const isAddress = /^\w+:\/|^[^\s:]*(?::[^\s:]*)?@/

const isCommandFlag = /^--(?:\w+-)?command$/

/**
 * Says what went wrong on stderr. Whatever is wrong with a URL or a file, a log shows neither
 * secrets nor what a terminal takes for more than text.
 */
export function complain(text: string): void {
  const masked = argsWithSecrets().reduce((rest, arg) => rest.replaceAll(arg, withoutSecretsOf), text)
  const safe = printableLines(masked.replaceAll(/\w+:\/\/[^\s'"]*[^\s'",.;]/g, withoutSecrets))
  process.stderr.write(safe.join('\n'))
}

/** The longest first: one may be a part of another. A command is what a log is read for. */
function argsWithSecrets(): string[] {
  return process.argv
    .slice(2)
    .filter((arg, nth, args) => arg.trim() !== '' && !isCommandFlag.test(args[nth - 1] ?? ''))
    .toSorted((one, other) => other.length - one.length)
}

/** An argument that was not understood: a flag's value, several words or what follows a colon may belong to a header. */
function withoutSecretsOf(arg: string): string {
  const [, flag] = /^(--?[\w-]+=)./s.exec(arg) ?? []
  if (flag !== undefined) return `${flag}masked`
  if (isAddress.test(arg)) return withoutSecrets(arg)
  return /[\s:]/.test(arg) ? showKind(arg) : arg
}
