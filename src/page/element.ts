/** A piece of HTML or SVG in which every text is escaped. */
export class Markup {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/** What an element contains; texts are escaped, `null` is nothing. */
export type Content = Markup | string | number | null | readonly Content[]

const withoutContent = new Set(['meta'])
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * An element of HTML or SVG: `h('a', { href }, text)`. Attributes and texts are escaped, whoever wrote them; characters that
 * XML does not have become U+FFFD (XML 1.0, section 2.2).
 */
export function h(
  name: string,
  attributes: Readonly<Record<string, string | number>> | null,
  ...content: Content[]
): Markup {
  const listed = Object.entries(attributes ?? {}).map(([key, value]) => ` ${key}="${escape(String(value))}"`)
  const end = withoutContent.has(name) ? '' : `${sourceOf(content)}</${name}>`
  return new Markup(`<${name}${listed.join('')}>${end}`)
}

function sourceOf(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.source
  return typeof content === 'object' ? content.map(sourceOf).join('') : escape(String(content))
}

function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"']/g, (character) => escapes[character]!)
    .replaceAll(/(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')
}
