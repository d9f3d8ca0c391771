import type { Signal } from '../report/outcome.ts'
import { type Content, h, type Markup } from './element.ts'

interface Table {
  readonly caption: string
  readonly head: readonly string[]
  /** Of each row the first cell is its header. */
  readonly rows: readonly (readonly string[])[]
}

/** A table that scrolls by itself, with the keyboard as well. */
export function table({ caption, head, rows }: Table): Markup {
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h('table', null, [
      h('caption', null, caption),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          head.map((cell) => h('th', { scope: 'col' }, cell)),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map(([header = '', ...cells]) =>
          h('tr', null, [h('th', { scope: 'row' }, header), ...cells.map((cell) => h('td', null, cell))]),
        ),
      ),
    ]),
  )
}

/** Something to unfold. */
export function unfold(summary: string, ...content: readonly Content[]): Markup {
  return h('details', null, [h('summary', null, summary), ...content])
}

/** A drawing, and the same figures to read. */
export function figure(caption: string, drawing: Markup | null, ...alternatives: readonly Markup[]): Markup | null {
  return drawing === null ? null : h('figure', null, [h('figcaption', null, caption), drawing, ...alternatives])
}

const badgeClasses: Readonly<Record<Signal['colour'], string>> = {
  green: 'good',
  red: 'bad',
  yellow: 'open',
  dim: 'muted',
}

/** A verdict is told by a word and a sign, not by colour alone. */
export function badge({ colour, mark }: Signal, text: string): Markup {
  return h('strong', { class: `badge ${badgeClasses[colour]}` }, `${mark} ${text}`)
}
