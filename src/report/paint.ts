/** How a report colours its parts; none of them may change the text's width. */
export interface Paint {
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const same = (text: string): string => text

/** No colours: for files, logs and assertion messages. */
export const plain: Paint = { red: same, green: same, yellow: same, bold: same, dim: same }

/** Colours as `style` gives them: `styleText` of Node, bound to a stream. */
export function paintWith(style: (format: keyof Paint, text: string) => string): Paint {
  const as = (format: keyof Paint) => (text: string) => style(format, text)
  return { red: as('red'), green: as('green'), yellow: as('yellow'), bold: as('bold'), dim: as('dim') }
}
