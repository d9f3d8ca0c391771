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
