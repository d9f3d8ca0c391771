import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseUsages, processUsages } from '../../src/system/process-usage.ts'

test('the usage of a process is what it says of itself', () => {
  for (const end = performance.now() + 100; performance.now() < end;);
  const usage = processUsages([process.pid]).get(process.pid)!
  const { user, system } = process.cpuUsage()
  expect(Math.abs(usage.cpu - (user + system) / 1_000)).toBeLessThan(100)
  expect(usage.rss / process.memoryUsage.rss()).toBeCloseTo(1, 0)
  const running = [...usage.threads.values()].reduce((sum, times) => sum + times.running, 0)
  expect(running).toBeGreaterThan(90)
  expect(running).toBeLessThan(usage.cpu + 100)
})

test.runIf(process.platform === 'linux')('memory is in bytes, however large a page is', () => {
  const [, kibibytes] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${process.ppid}/status`, 'utf8'))!
  const { rss } = processUsages([process.ppid]).get(process.ppid)!
  expect(rss / (Number(kibibytes) * 1_024)).toBeCloseTo(1, 1)
})

test('a process that is gone has none', () => {
  expect(processUsages([2 ** 22 + 1])).toEqual(new Map())
})

test('a list of ps is read in all its forms of time', () => {
  const list = '  12   0:01.50   2048\n 345 01:02:03  100\n6 2-03:04:05 1\nnonsense\n'
  const usages = parseUsages(list)
  expect([...usages.keys()]).toEqual([12, 345, 6])
  expect(usages.get(12)).toEqual({ cpu: 1_500, cpuOfChildren: 0, rss: 2_097_152, threads: new Map() })
  expect(usages.get(345)!.cpu).toBe(3_723_000)
  expect(usages.get(6)!.cpu).toBe(((2 * 24 + 3) * 60 + 4) * 60_000 + 5_000)
})
