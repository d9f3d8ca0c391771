const longest = 120

/**
 * Makes a text that a server may have chosen (close reason, error message, header) safe to print: one line of at most
 * 120 characters, in which control, format (bidirectional, zero-width) and unassigned characters have become spaces,
 * and in which no CI runner finds a workflow command, wherever the line is broken.
 */
export function printable(text: string): string {
  const line = text
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .replaceAll(/(?<!\S)::(?=[a-z])/gi, ': :')
    .replaceAll(/##(?=\[|vso\[)/gi, '# #')
  const characters = Array.from(line)
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line
}
