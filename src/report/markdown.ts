import { type ChangeVerdict, formatAllowed, formatChange, formatFigure } from '../gate/comparison.ts'
import { formatCount, formatDuration, formatRatio } from '../units.ts'
import type { Compared } from './comparison.ts'

const titles: Record<ChangeVerdict, string> = {
  slower: '❌ Slower',
  faster: '✅ Faster',
  same: '✅ No regression',
  unclear: '❔ Unclear',
}

/** A comparison as Markdown: for the summary of a job, a comment on a pull request. Nothing a server sent is markup in it. */
export function comparisonToMarkdown({ verdict, reasons, changes, noise, confidence, base, head }: Compared): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `### ${titles[verdict]}`,
    ...reasons.map((reason) => `- ${plainText(reason)}`),
    [
      row(['figure', 'base', 'head', 'change', `${formatRatio(confidence)} sure`, 'allowed', 'base against itself']),
      row(['---', '---:', '---:', '---:', '---:', '---:', '---:']),
      ...changes.map(({ indicator, base: from, head: to, change, low, high, allowed }) => {
        const itself = noise.find((one) => one.indicator === indicator)
        const values = [from, to].map((value) => formatFigure(indicator, value))
        return row([
          indicator,
          ...values,
          formatChange(change),
          range(low, high),
          formatAllowed(allowed),
          itself === undefined ? '' : range(itself.low, itself.high),
        ])
      }),
    ].join('\n'),
    Object.entries({ base, head })
      .map(([name, { pings, duration }]) => {
        return `${name}: ${formatCount(pings.answered)} pings answered in ${formatDuration(duration)}`
      })
      .join('; '),
  ].join('\n\n')
}

function range(low: number, high: number): string {
  return Number.isFinite(low + high) && low > -1 ? `${formatChange(low)} … ${formatChange(high)}` : '-'
}

/** Every character that Markdown or HTML could take for more than text is escaped. */
export function plainText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~&@:]/g, (character) => `&#${character.codePointAt(0)};`)
}
