import { expect, onTestFinished, test } from 'vitest'
import { ServerMeter, type ServerUsage } from '../../src/server/server-meter.ts'
import { findProcesses, type WatchedProcesses } from '../../src/server/watched-processes.ts'
import { runningProcesses } from '../../src/system/process-table.ts'
import { startChild } from '../support/child.ts'
import { working } from '../support/working.ts'
import { WebSocket } from 'ws'
import { once } from 'node:events'

function meterOf(pid: number): ServerMeter {
  return new ServerMeter(findProcesses({ source: 'pid', pid }) as WatchedProcesses)
}

function read(meter: ServerMeter): ServerUsage {
  meter.list(runningProcesses())
  return meter.read()
}

/** Runs a script of the shell that waits for a line before it begins, and for another before it ends. */
async function shell(script: string): Promise<{ pid: number; begin: () => void; done: Promise<unknown> }> {
  const child = await startChild('sh', ['-c', script], async (stdout) => {
    await once(stdout, 'data')
    return stdout
  })
  onTestFinished(() => child[Symbol.asyncDispose]())
  return { pid: child.pid, begin: () => process.kill(child.pid, 'SIGUSR1'), done: once(child.answer, 'data') }
}

async function ping(url: string, pings: number): Promise<void> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  for (let nth = 0; nth < pings; nth++) {
    socket.ping()
    await once(socket, 'pong')
  }
  socket.terminate()
}

test('a server has used what it says it has', async () => {
  await using server = await working({ spin: 5 })
  const meter = meterOf(server.pid)
  const [first, before] = [read(meter), await server.spent()]
  await ping(server.url, 60)
  const [spent, usage] = [(await server.spent()) - before, read(meter)]
  expect(first).toMatchObject({ cpu: 0, processes: 1, threads: { running: 0, queued: 0 }, busiestThread: 0 })
  expect(spent).toBeGreaterThan(50)
  expect(usage.cpu / spent).toBeGreaterThan(0.8)
  expect(usage.cpu / spent).toBeLessThan(1.2)
  expect(usage.busiestThread).toBeGreaterThan(0.6 * spent)
  expect(usage.busiestThread).toBeLessThanOrEqual(usage.threads!.running)
  expect(usage.rss).toBeGreaterThan(20e6)
})

test('what children use counts that come and go between two readings', async () => {
  const spin = `"${process.execPath}" -e "for (let used; (used = process.cpuUsage()).user + used.system < 150_000;);"`
  const spinThrice = `for n in 1 2 3; do ${spin}; done`
  const { pid, begin, done } = await shell(`
    spin() { ${spinThrice}; echo done; exec sleep 20; }
    trap spin USR1
    echo up
    while :; do sleep 0.05; done`)
  const meter = meterOf(pid)
  read(meter)
  begin()
  await done
  expect(read(meter).cpu).toBeGreaterThan(400)
})

test('a control group of a service that was started again goes on where it was', () => {
  const told = { cpu: [100, 110, undefined, 2, 5], throttled: [7, 9, 3, 4, 4] }
  const meter = new ServerMeter({
    source: 'cgroup',
    running: () => [],
    cpu: () => told.cpu.shift(),
    throttled: () => told.throttled.shift(),
  })
  const read = [1, 2, 3, 4].map(() => meter.read())
  expect(read.map(({ cpu }) => cpu)).toEqual([10, 10, 12, 15])
  expect(read.map(({ throttled }) => throttled)).toEqual([2, 2, 3, 3])
})
