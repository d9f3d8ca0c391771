import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { safeParseTarget } from '../../src/options/target.ts'
import { startTarget } from '../../src/server/command.ts'
import { findProcesses, type NotWatched, type WatchedProcesses } from '../../src/server/watched-processes.ts'
import { readStat, runningProcesses } from '../../src/system/process-table.ts'
import { type Child, startChild } from '../support/child.ts'
import { freePort, pidServer } from '../support/processes.ts'
import { working } from '../support/working.ts'

function pidsOf(found: WatchedProcesses | NotWatched): number[] {
  return 'running' in found ? found.running(runningProcesses()) : []
}

describe('a server is known', () => {
  test('by its command, with all that descends from it', async () => {
    const port = await freePort()
    const command = `sleep 60 & setsid sleep 61 & ${pidServer(port)}`
    const parsed = safeParseTarget({ command, url: `ws://127.0.0.1:${port}` })
    const target = await startTarget('value' in parsed ? parsed.value : (undefined as never))
    onTestFinished(async () => void (await target.stop()))
    const found = findProcesses({ source: 'command', family: target.family!, url: `ws://127.0.0.1:${port}` })
    expect(found).toMatchObject({ source: 'command' })
    // The shell, two that sleep, one of them in a session of its own, and Node.
    expect(pidsOf(found).length).toBeGreaterThanOrEqual(4)
    expect(pidsOf(found)).toContain(target.family!.leader)
    expect(pidsOf(found)).not.toContain(process.pid)
  })

  test('by its port, with its children', async () => {
    await using server = await working()
    const found = findProcesses({ source: 'port', url: `${server.url}/path?query` })
    expect(found).toMatchObject({ source: 'port' })
    expect(pidsOf(found)).toEqual([server.pid])
  })

  test('by its port, also when another process has taken its place', async () => {
    const port = await freePort()
    const serve = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`
    const start = async (): Promise<Child> =>
      startChild(process.execPath, ['-e', serve], async (stdout) => void (await once(stdout, 'data')))
    const first = await start()
    const found = findProcesses({ source: 'port', url: `ws://127.0.0.1:${port}` })
    expect(pidsOf(found)).toEqual([first.pid])
    await first[Symbol.asyncDispose]()
    await using second = await start()
    expect(pidsOf(found)).toEqual([second.pid])
  })

  test('by its port, also when another has taken its place, and a child of the first one lives on', async () => {
    const port = await freePort()
    const serve = `const child = process.argv[1] && require('child_process').spawn('sleep', ['60'])
      require('net').createServer().listen(${port}, '127.0.0.1', () => console.log(child ? child.pid : 0))`
    const start = async (...args: string[]): Promise<Child & { readonly child: number }> => {
      const started = await startChild(process.execPath, ['-e', serve, ...args], async (stdout) => {
        return Number(String((await once(stdout, 'data'))[0]))
      })
      return { ...started, child: started.answer }
    }
    await using first = await start('with a child')
    onTestFinished(() => void process.kill(first.child))
    const found = findProcesses({ source: 'port', url: `ws://127.0.0.1:${port}` })
    expect(new Set(pidsOf(found))).toEqual(new Set([first.pid, first.child]))
    await first[Symbol.asyncDispose]()
    await using second = await start()
    expect(pidsOf(found)).toContain(second.pid)
  })

  test('by its process id, until it ends, its children beyond that', async () => {
    const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const [sleeping] = (await once(shell.stdout, 'data')) as [Buffer]
    const child = Number(String(sleeping))
    onTestFinished(() => void process.kill(child))
    const found = findProcesses({ source: 'pid', pid: shell.pid! })
    expect(new Set(pidsOf(found))).toEqual(new Set([shell.pid!, child]))
    shell.stdin.end()
    await once(shell, 'exit')
    expect(pidsOf(found)).toEqual([child])
  })
})

describe('a server is not watched', () => {
  test.each([
    ['that is elsewhere', 'ws://192.0.2.1:80', 'it is not on this machine', true],
    [
      'whose name says nothing',
      'wss://example.com',
      'its name does not tell whether it is on this machine; server: { pid } or { cgroup } names one that is',
      false,
    ],
  ])('%s', (_, url, reason, isAccounted) => {
    expect(findProcesses({ source: 'port', url })).toEqual({ reason, isAccounted })
  })

  test('that nobody is seen to be', async () => {
    const port = await freePort()
    expect(findProcesses({ source: 'port', url: `ws://127.0.0.1:${port}` })).toEqual({
      reason: `no process of this machine is seen to listen at port ${port}; server: { pid } or { cgroup } names one`,
      isAccounted: false,
    })
  })

  test('that its command has another process run', async () => {
    await using server = await working()
    const other = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    onTestFinished(() => void other.kill())
    const family = { leader: other.pid!, mark: randomUUID() }
    expect(findProcesses({ source: 'command', family, url: server.url })).toMatchObject({
      reason: expect.stringMatching(/^what listens at port \d+ is no process of its command/),
      isAccounted: false,
    })
  })

  test('that runs in the process that asks', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const found = findProcesses({ source: 'port', url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` })
    expect(found).toMatchObject({
      reason: expect.stringContaining('it runs in the process of the generator'),
      isAccounted: true,
    })
  })

  test('that is the generator, or has started it', () => {
    expect(findProcesses({ source: 'pid', pid: process.pid })).toMatchObject({
      reason: expect.stringMatching(/^it runs in the process of the generator/),
      isAccounted: true,
    })
    expect(findProcesses({ source: 'pid', pid: process.ppid })).toMatchObject({
      reason: expect.stringMatching(/^process \d+ has started the generator, and cannot be told from it/),
      isAccounted: false,
    })
  })

  test('whose process has ended and waits to be looked after', async () => {
    // A shell that stands still looks after none of its children.
    const shell = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void shell.kill())
    const [told] = (await once(shell.stdout, 'data')) as [Buffer]
    const pid = Number(String(told))
    await expect.poll(() => readStat(pid)[0]).toBe('Z')
    expect(findProcesses({ source: 'pid', pid })).toMatchObject({ reason: `there is no process ${pid}` })
  })

  test('whose process or control group is not there', () => {
    expect(findProcesses({ source: 'pid', pid: 2 ** 22 + 1 })).toMatchObject({ reason: 'there is no process 4194305' })
    expect(findProcesses({ source: 'cgroup', cgroup: 'no/such/group' })).toMatchObject({
      reason:
        'there is no control group /sys/fs/cgroup/no/such/group that tells its processor time (of version 1, those of cpuacct do)',
    })
  })
})
