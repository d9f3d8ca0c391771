/**
 * The guard between what somebody else chose and a terminal or a CI log: control, format (bidirectional, zero-width) and
 * unassigned characters are gone, and no CI runner finds a workflow command, wherever a line is broken.
 */
const longestLine = 120

/** A text that a server may have chosen (close reason, error message, header) as one line of at most 120 characters. */
export function printable(text: string): string {
  const characters = Array.from(printableLine(text).trim())
  return characters.length > longestLine ? `${characters.slice(0, longestLine - 1).join('')}…` : characters.join('')
}

/** A text's first characters, as many as fit into a length; none is cut in two. */
export function beginningOf(text: string, length: number): string {
  return text.slice(0, length).replace(/\p{Cs}$/u, '')
}

/** A text as one line of any length, indented as it was. */
export function printableLine(text: string): string {
  return withoutCommands(text.replaceAll(/[\p{C}\p{Z}]/gu, ' ').replaceAll(/(?<=\S) +/g, ' '))
}

/** The lines that a program wrote, as they were indented. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n?|\n/).map((line) => withoutCommands(line.replaceAll(/[^\t\P{C}]/gu, '')))
}

/**
 * Those of GitHub, of Azure and of TeamCity, which IDEs read too.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
function withoutCommands(line: string): string {
  return line.replaceAll(/(?<!\S)::(?=[a-z])/gi, ': :').replaceAll(/##(?=\[|vso\[|teamcity\[)/gi, '# #')
}
