import { printableLines } from '../printable.ts'
import { withoutSecrets } from '../secrets.ts'

/**
 * Says what went wrong on stderr. Whatever is wrong with a URL or a file, a log shows neither
 * secrets nor what a terminal takes for more than text.
 */
export function complain(text: string): void {
  const safe = printableLines(text.replaceAll(/\w+:\/\/[^\s'"]*[^\s'",.;]/g, withoutSecrets))
  process.stderr.write(safe.join('\n'))
}
