import { clearLine, cursorTo } from 'node:readline'
import type { Watcher } from '../load/progress.ts'
import { formatProgress } from '../report/progress.ts'

/** Of a terminal that does not tell its own. */
const usualWidth = 80
const everySecond = 1_000
/** A log is read later: nobody waits for its next line. */
const everyTenSeconds = 10_000

/** Shows how far a run is: one line that changes on a terminal, now and then a line elsewhere. */
export function showProgress(to: NodeJS.WriteStream): Watcher & { readonly end: () => void } {
  if (!to.isTTY) {
    return {
      every: everyTenSeconds,
      report(progress) {
        if (progress.phase !== 'connecting') to.write(`${formatProgress(progress)}\n`)
      },
      end() {},
    }
  }
  const erase = (): void => {
    cursorTo(to, 0)
    clearLine(to, 0)
  }
  return {
    every: everySecond,
    report(progress) {
      erase()
      const room = (to.columns || usualWidth) - 1
      to.write(formatProgress(progress).slice(0, room))
    },
    end: erase,
  }
}
