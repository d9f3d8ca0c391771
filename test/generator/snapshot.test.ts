import { expect, test } from 'vitest'
import { Recorder } from '../../src/generator/recorder.ts'
import { takeSnapshot } from '../../src/generator/snapshot.ts'
import { kindNumbers, kindsPerSlice, mostSlices, shortestSliceMs } from '../../src/result/slices.ts'
import { threadReport } from '../support/thread-report.ts'

/** When a message was due that nobody has yet, in a window that had lasted longer than the shortest slices last. */
const due = 3_000
const longest = shortestSliceMs * mostSlices

test('a message under way counts in the slice in which it was due, whatever slices deliveries have', () => {
  const [deliveries, messages] = [new Recorder(true), new Recorder(true)]
  for (const recorder of [deliveries, messages]) recorder.from = 0
  deliveries.missed('lost', longest, 1)
  messages.missed('lost', longest - 1, 1)
  const { pings, latency, latencyFloor, intervals } = messages
  const ofMessages = { pings, latency, latencyFloor, intervals, slices: messages.slices() }
  const fanOut = {
    firsts: ofMessages,
    completions: ofMessages,
    duplicates: 0,
    outOfOrder: 0,
    misrouted: 0,
    refused: 0,
    fromOthers: 0,
    crossing: undefined,
  }
  const underWay = {
    forEachLacking() {},
    forEachUnderWay: (visit: (due: number, sent: number) => void) => visit(due, due),
  }
  const report = threadReport(deliveries, { duration: longest, fanOut })
  const { completions } = takeSnapshot(report, {
    recorder: deliveries,
    pool: { forEachUnanswered() {} },
    fanOut: underWay,
    lostBefore: longest,
  }).fanOut!
  expect(report.slices.length).toBe(2 * shortestSliceMs)
  expect(completions.slices.length).toBe(shortestSliceMs)
  const lost = completions.slices.pings.filter((_, at) => at % kindsPerSlice === kindNumbers.lost)
  const counted = Array.from(lost, (count, slice) => [slice, count]).filter(([, count]) => count! > 0)
  expect(counted).toEqual([
    [Math.floor(due / shortestSliceMs), 1],
    [mostSlices - 1, 1],
  ])
})
