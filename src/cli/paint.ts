import { styleText } from 'node:util'
import { type Paint, paintWith } from '../report/paint.ts'

/** Colours where the stream is a terminal that has them, unless NO_COLOR or FORCE_COLOR says otherwise. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return paintWith((format, text) => styleText(format, text, { stream }))
}
