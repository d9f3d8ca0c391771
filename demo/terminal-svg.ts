/** What a program wrote to a terminal, as a picture of that terminal: SVG text, dark in both colour schemes. */

/** Of one character, in pixels. */
const cell = { width: 8, height: 19 }
const padding = 18
const ink = '#e6edf3'
const paper = '#0d1117'

/** By the last digit of their code (ECMA-48 SGR 30 to 37 and 40 to 47). */
const colours = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4']
const grey = '#8b949e'

interface Style {
  readonly bold: boolean
  readonly dim: boolean
  readonly colour: string | undefined
  readonly background: string | undefined
}

/** Characters of one line that look alike. */
interface Span extends Style {
  readonly column: number
  readonly text: string
}

const plain: Style = { bold: false, dim: false, colour: undefined, background: undefined }

/**
 * Draws the text, a line each; escape sequences but for colours and weights are not understood.
 * @param title what a screen reader says
 */
export function terminalSVG(text: string, title: string): string {
  const lines = readLines(text)
  const columns = Math.max(...lines.flat().map(({ column, text }) => column + text.length))
  const width = columns * cell.width + 2 * padding
  const height = lines.length * cell.height + 2 * padding
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXML(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${paper}" stroke="#30363d"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13.3" fill="${ink}">`,
    ...lines.flatMap((spans, row) => spans.map((span) => drawSpan(span, row))),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function readLines(text: string): Span[][] {
  let style = plain
  return text.split('\n').map((line) => {
    const spans: Span[] = []
    let column = 0
    // oxlint-disable-next-line no-control-regex
    for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
      if (part.startsWith('\x1b')) style = part.slice(2, -1).split(';').map(Number).reduce(styleAfter, style)
      else if (part.trim() !== '' || style.background !== undefined) spans.push({ ...style, column, text: part })
      if (!part.startsWith('\x1b')) column += part.length
    }
    return spans.filter(({ text }) => text !== '')
  })
}

/** The style after one more parameter of a "select graphic rendition" sequence. */
function styleAfter(style: Style, code: number): Style {
  if (code === 0) return plain
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 39) return { ...style, colour: undefined }
  if (code === 49) return { ...style, background: undefined }
  if (code >= 30 && code <= 37) return { ...style, colour: colours[code - 30] }
  if (code >= 40 && code <= 47) return { ...style, background: colours[code - 40] }
  if (code >= 90 && code <= 97) return { ...style, colour: code === 90 ? grey : colours[code - 90] }
  return style
}

function drawSpan({ column, text, bold, dim, colour, background }: Span, row: number): string {
  const x = padding + column * cell.width
  const top = padding + row * cell.height
  const width = text.length * cell.width
  const box =
    background === undefined
      ? ''
      : `<rect x="${x}" y="${top}" width="${width}" height="${cell.height}" fill="${background}"/>`
  const looks = [
    `x="${x}" y="${top + 14}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`,
    ...(background === undefined ? (colour === undefined ? [] : [`fill="${colour}"`]) : [`fill="${paper}"`]),
    ...(bold ? ['font-weight="bold"'] : []),
    ...(dim ? ['opacity="0.65"'] : []),
  ]
  return `${box}<text ${looks.join(' ')}>${escapeXML(text)}</text>`
}

/** Spaces are not to be folded, whatever shows the picture. */
function escapeXML(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00A0')
}
