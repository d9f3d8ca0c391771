import { clearLine, cursorTo } from 'node:readline'
import { Option } from 'commander'
import type { Watcher } from '../run/progress.ts'
import { formatProgress } from '../report/progress.ts'

const verbosities = ['error', 'warn', 'info', 'debug'] as const
export type Verbosity = (typeof verbosities)[number]

/** Of a terminal that does not tell its own. */
const defaultColumns = 80
const terminalEveryMs = 1_000
/** A log is read later: nobody waits for its next line. */
const logEveryMs = 10_000

/** What a run says until its end: a line that changes, lines, or nothing. */
export interface ProgressView {
  readonly watcher: Watcher | undefined
  /** Says something that stays. */
  readonly print: (text: string) => void
  /** Makes room for the result. */
  readonly end: () => void
}

/** The flag that {@link showProgress} follows. */
export function verbosityOption(): Option {
  return new Option(
    '-v, --verbosity <level>',
    'what is said until the end: nothing (error, warn), how far it is (info), that every second (debug)',
  )
    .choices(verbosities)
    .default('info')
}

/** Shows how far a run is: one line that changes on a terminal, now and then a line elsewhere. */
export function showProgress(verbosity: Verbosity, to: NodeJS.WriteStream = process.stderr): ProgressView {
  if (verbosity === 'error' || verbosity === 'warn') return { watcher: undefined, print() {}, end() {} }
  if (verbosity === 'debug') return lines(to, terminalEveryMs)
  return to.isTTY && process.env['TERM'] !== 'dumb' ? liveLine(to) : lines(to, logEveryMs)
}

function lines(to: NodeJS.WriteStream, every: number): ProgressView {
  return {
    watcher: {
      every,
      report(progress) {
        if (progress.phase !== 'connecting') to.write(`${formatProgress(progress)}\n`)
      },
    },
    print: (text) => void to.write(`${text}\n`),
    end() {},
  }
}

function liveLine(to: NodeJS.WriteStream): ProgressView {
  const erase = (): void => {
    cursorTo(to, 0)
    clearLine(to, 0)
  }
  return {
    watcher: {
      every: terminalEveryMs,
      report(progress) {
        erase()
        const room = (to.columns || defaultColumns) - 1
        to.write(formatProgress(progress).slice(0, room))
      },
    },
    print(text) {
      erase()
      to.write(`${text}\n`)
    },
    end: erase,
  }
}
