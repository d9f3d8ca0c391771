import { styleText } from 'node:util'
import type { Paint } from 'vitest-ws-load'

/** Colours, unless the environment or the terminal wants none. */
export const paint: Paint = {
  red: (text) => styleText('red', text),
  green: (text) => styleText('green', text),
  yellow: (text) => styleText('yellow', text),
  bold: (text) => styleText('bold', text),
  dim: (text) => styleText('dim', text),
}
