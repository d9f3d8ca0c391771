/** Keeps one core busy for a while, then lets it be, and again: times at random from 50 ms to 2 s. Ends with its parent. */
import { fork } from 'node:child_process'

const [shortest, longest] = [50, 2_000]

/** Starts it in a process of its own. */
export function startCpuHog(): { stop: () => void } {
  const hog = fork(import.meta.filename)
  return { stop: () => hog.kill() }
}

function someTime(): number {
  return shortest + Math.random() ** 2 * (longest - shortest)
}

function work(): void {
  for (const end = performance.now() + someTime(); performance.now() < end;);
  setTimeout(work, someTime())
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.on('disconnect', () => process.exit())
  work()
}
