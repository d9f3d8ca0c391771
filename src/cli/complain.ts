import { withoutSecrets } from '../secrets.ts'

/** Says what went wrong on stderr. Whatever is wrong with a URL, its secrets are not to be read in a log. */
export function complain(text: string): void {
  process.stderr.write(text.replaceAll(/\w+:\/\/[^\s'"]*[^\s'",.;]/g, withoutSecrets))
}
