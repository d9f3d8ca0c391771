import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Distribution } from '../result/distribution.ts'
import { nsPerMs } from '../result/histogram.ts'
import type { Recorder } from './recorder.ts'

/** How often it is checked whether to go on listening. */
const checkEveryMs = 2
/** So long nothing may have come before the first ping, and it is awaited for no longer than that. */
const [quietMs, longestWaitForQuietMs] = [100, 1_000]
/** How long to listen after the last answer, at least. */
const shortestMs = 100
/** And how many times as long as answers took, and as one came after the other. */
const margin = 2

/** Who is listened to. */
interface Listening {
  readonly recorder: Recorder
  /** Whether there is nobody to listen to any more, or no time. */
  readonly isOver: () => boolean
}

/**
 * Listens on open connections before the first ping until nothing comes any more: a greeting is not to be taken for the
 * answer to that ping.
 */
export async function untilQuiet({ recorder, isOver }: Listening): Promise<void> {
  const deadline = performance.now() + longestWaitForQuietMs
  let received = -1
  let quietSince = 0
  while (performance.now() < deadline && !isOver()) {
    if (recorder.messages.received !== received) {
      received = recorder.messages.received
      quietSince = performance.now()
    }
    if (performance.now() - quietSince >= quietMs) return
    await sleep(checkEveryMs)
  }
}

/**
 * Listens after the last answer for messages that nobody asked for, and for deliveries that come twice. As long as messages had
 * gone on answering pings by their number alone, the next one would come within the time that answers took, or came one after the other.
 * @param measured length of the measured window in milliseconds
 * @param longest milliseconds
 */
export async function afterLastAnswer(
  { recorder, isOver }: Listening,
  { measured, longest }: { readonly measured: number; readonly longest: number },
): Promise<void> {
  const { answered } = recorder.pings
  if (answered === 0) return
  recorder.isComplete = true
  const pace = Math.max(new Distribution(recorder.latency).percentile(99) / nsPerMs, measured / answered)
  const deadline = performance.now() + Math.min(longest, Math.max(shortestMs, margin * pace))
  while (performance.now() < deadline && !isOver()) await sleep(checkEveryMs)
}
