/** Puts values in the places of a text that are marked with a percent sign and their name: `prices/%c`. */
export function withPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%(\w)/g, (mark, name: string) => values[name] ?? mark)
}
