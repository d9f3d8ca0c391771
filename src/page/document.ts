import { printable } from '../printable.ts'
import { type Content, h, Markup } from './element.ts'
import { chartStyle, pageStyle } from './style.ts'

/** Neither scripts nor anything from elsewhere. @see https://www.w3.org/TR/CSP3/ */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/**
 * One self-contained HTML file without scripts.
 * @param introduction what stands below its title
 */
export function formatDocument(title: string, introduction: Content, main: Content): string {
  const page = h('html', { lang: 'en' }, [
    h('head', null, [
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      h('title', null, printable(title)),
      new Markup(`<style>${chartStyle}${pageStyle}</style>`),
    ]),
    h('body', null, [h('header', null, [h('h1', null, printable(title)), introduction]), h('main', null, main)]),
  ])
  return `<!doctype html>\n${page.source}\n`
}
