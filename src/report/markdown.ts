import { printableLine } from '../printable.ts'
import {
  changeHead,
  changeRow,
  type Compared,
  describeAnswered,
  describeStarts,
  figuresOfWholeRun,
  formatNoise,
} from './comparison.ts'
import { outcomes } from './outcome.ts'

/** A comparison as Markdown: for the summary of a job, a comment on a pull request. Nothing a server sent is markup in it. */
export function comparisonToMarkdown(compared: Compared): string {
  const { verdict, reasons, changes, noise, bottlenecks, confidence, base, head } = compared
  const { emoji, title } = outcomes[verdict]
  return [
    `### ${emoji} ${title}`,
    ...[...reasons, ...bottlenecks].map((reason) => `- ${plainText(reason)}`),
    [
      tableRow([...changeHead(confidence), 'base against itself']),
      tableRow(['---', '---:', '---:', '---:', '---:', '---:', '---:']),
      ...changes.map((change) => {
        const itself = noise.find(({ indicator }) => indicator === change.indicator)
        return tableRow([...changeRow(change), itself === undefined ? '' : formatNoise(itself)])
      }),
    ].join('\n'),
    ...describeStarts(compared),
    Object.entries({ base, head })
      .map(([name, result]) => {
        const wholeRun = figuresOfWholeRun(result, changes, name as 'base' | 'head')
        return `${name}: ${describeAnswered(result)}${wholeRun === '' ? '' : `, in the whole run ${wholeRun}`}`
      })
      .join('; '),
  ].join('\n\n')
}

/** A row of a table; the cells are markup already. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Every character that Markdown or HTML could take for more than text is escaped. */
export function plainText(text: string): string {
  // A dot after `www` begins a link, too.
  const marks = /[\\`*_{}[\]<>()#+!|~&@:$]|(?<=www)\./gi
  return printableLine(text).replaceAll(marks, (character) => `&#${character.codePointAt(0)};`)
}
