import { expect, test } from 'vitest'
import { describeServer } from '../../src/report/server.ts'
import type { MachineReport, ServerReport } from '../../src/result/load-result.ts'
import { loadResult } from '../support/result.ts'

const server: ServerReport = {
  source: 'port',
  processes: 1,
  cpuPerPing: 0.063,
  cores: 0.126,
  busiestThread: 0.12,
  waiting: 0.41,
  rss: { start: 60 * 2 ** 20, max: 70 * 2 ** 20, end: 65 * 2 ** 20 },
  blocks: [],
}
const machine: MachineReport = {
  cores: 2,
  busy: 0.956,
  generator: 0.2,
  foreign: 0.45,
  steal: 0.001,
  pressure: { cpu: 0.31, memory: 0, io: 0.01 },
}

test('says what the server and the machine did, but for what is next to nothing', () => {
  expect(describeServer(loadResult(undefined, { server, machine }))).toEqual([
    'server: 1 process, 0.126 processors used, 63 µs CPU per ping, waited for a processor 41 % of the time that it wanted one, 60 MiB resident at first, 70 MiB at most, 65 MiB at last',
    'machine: 2 processors, 95.6 % busy, 20 % by the generator and the test, 45 % by other processes, pressure on cpu 31 %',
  ])
})

test('says how busy its busiest thread was where others worked too, and one figure of memory that did not change', () => {
  const rss = { start: 2 ** 26, max: 2 ** 26, end: 2 ** 26 }
  expect(
    describeServer(loadResult(undefined, { server: { ...server, cores: 1.4, busiestThread: 0.95, rss } })),
  ).toEqual([
    'server: 1 process, 1.4 processors used, 0.95 by its busiest thread, 63 µs CPU per ping, waited for a processor 41 % of the time that it wanted one, 64 MiB resident',
  ])
})

test('says all of it where that is asked for', () => {
  const [, ofMachine] = describeServer(loadResult(undefined, { server, machine: { ...machine, throttled: 0 } }), 0)
  expect(ofMachine).toBe(
    'machine: 2 processors, 95.6 % busy, 20 % by the generator and the test, 45 % by other processes, 0.1 % given to other machines, the generator stopped by a quota 0 % of the time that it wanted a processor, pressure on cpu 31 %, memory 0 %, io 1 %',
  )
})

test('says what the system does not tell', () => {
  const { waiting: _, busiestThread: __, ...elsewhere } = server
  const { foreign: ___, steal: ____, pressure: _____, ...little } = machine
  expect(describeServer(loadResult(undefined, { server: elsewhere, machine: little }))).toEqual([
    'server: 1 process, 0.126 processors used, 63 µs CPU per ping, 60 MiB resident at first, 70 MiB at most, 65 MiB at last, not told here: how long it waited for a processor',
    'machine: 2 processors, 95.6 % busy, 20 % by the generator and the test, not told here: what other processes took, what other machines were given',
  ])
})

test('says why a server was not watched, and nothing of what nobody watched', () => {
  expect(describeServer(loadResult(undefined, { serverUnwatched: 'it is on another machine' }))).toEqual([
    'server: not watched, it is on another machine',
  ])
  expect(describeServer(loadResult())).toEqual([])
})
