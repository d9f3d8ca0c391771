import { randomUUID } from 'node:crypto'
import { chmodSync, lstatSync, lutimesSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { isListed, processNamespace } from '../system/process-table.ts'

// Taken when the module loads: a test's fake timers do not reach it.
const { now } = Date

const lookEveryMs = 250
/** Node takes a longer one for 1 ms. */
const longestTimerMs = 2 ** 31 - 1
/** A flood that has not been heard of for longer has ended without a word. */
const freshMs = 2_000
/** Everybody may announce a flood here, and nobody may take away another one's (sticky). */
const mode = 0o1777
/** A process, where its number holds, and a number at random. Nothing else in the directory is touched, whoever put it there. */
const announcement = /^(?<pid>\d+)-(?<processes>\d+)-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** A flood that others on this machine can see, and that sees them. */
export interface AnnouncedFlood {
  /**
   * Begins to count.
   * @param time milliseconds of `process.uptime()`
   */
  countFrom(time: number): void
  /** Counts nothing that comes after this time; an earlier one may still be told. */
  countUntil(time: number): void
  /** Ends the announcement; once is enough. How many others have run meanwhile, of whatever process and user. */
  end(): number
}

/**
 * Announces a flood on this machine by a file in the directory for temporary ones, renewed while it runs. A file that is no
 * longer renewed, or whose process is gone, counts for nothing. Where that directory cannot be used no other flood is seen.
 * Containers that share it see each other, but not each other's processes.
 */
export function announceFlood(): AnnouncedFlood {
  const directory = join(tmpdir(), 'ws-load-floods')
  const own = `${process.pid}-${processNamespace()}-${randomUUID()}`
  const others = new Set<string>()
  let from = Infinity
  let isOver = false
  let lastLook: NodeJS.Timeout | undefined
  let hasEnded = false
  const look = (): void => {
    if (quietly(() => lstatSync(directory).isDirectory()) !== true) return
    quietly(() => writeNow(join(directory, own)))
    const time = process.uptime() * 1_000
    if (time < from || isOver) return
    for (const name of quietly(() => readdirSync(directory)) ?? []) {
      if (name === own || others.has(name) || !announcement.test(name)) continue
      if (isRunning(directory, name)) others.add(name)
      else quietly(() => rmSync(join(directory, name)))
    }
  }
  const lookForTheLastTime = (): void => {
    look()
    isOver = true
  }
  quietly(() => {
    mkdirSync(directory)
    // What was there already is not ours to open to everybody.
    chmodSync(directory, mode)
  })
  look()
  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  return {
    countFrom(time) {
      from = time
    },
    countUntil(time) {
      clearTimeout(lastLook)
      const wait = time - process.uptime() * 1_000
      if (wait <= 0) lookForTheLastTime()
      else if (wait <= longestTimerMs) lastLook = setTimeout(lookForTheLastTime, wait).unref()
    },
    end() {
      if (!hasEnded) {
        hasEnded = true
        clearInterval(timer)
        clearTimeout(lastLook)
        look()
        quietly(() => rmSync(join(directory, own)))
      }
      return others.size
    },
  }
}

/** Renews an announcement, and never what somebody may have put in its place. */
function writeNow(file: string): void {
  const time = now() / 1_000
  quietly(() => writeFileSync(file, '', { flag: 'wx' }))
  lutimesSync(file, time, time)
}

function isRunning(directory: string, name: string): boolean {
  const { pid, processes } = announcement.exec(name)!.groups!
  const { mtimeMs = 0 } = quietly(() => lstatSync(join(directory, name))) ?? {}
  return Math.abs(now() - mtimeMs) < freshMs && (processes !== processNamespace() || isListed(Number(pid)))
}

/** What cannot be done here is left undone: a flood is measured all the same. */
function quietly<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
