import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext, vi } from 'vitest'
import { startTarget } from '../../src/server/command.ts'
import { findProgram } from '../support/child.ts'
import { targetOf } from '../support/target.ts'
import { evaluate, freePort, isAlive, parentOf, pidServer, visit } from '../support/processes.ts'

interface Family {
  readonly parent: ChildProcess
  readonly url: string
  readonly server: number
}

/** A parent in a process group of its own, as a terminal would give it one, with the target it has started. */
async function startFamily(context: TestContext, flags = ''): Promise<Family> {
  const port = await freePort()
  const url = `ws://127.0.0.1:${port}`
  const parent = await startParent(context, pidServer(port, flags), url)
  return { parent, url, server: await visit(url) }
}

async function startParent({ onTestFinished }: TestContext, command: string, url: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, '../support/target-parent.ts')
  const parent = fork(program, [command, url], { detached: true, execArgv: [], silent: true })
  onTestFinished(() => void parent.kill('SIGKILL'))
  await once(parent, 'message')
  return parent
}

/**
 * A command that starts another one in a session of its own, as nobody's child, and stays in the foreground itself.
 * @param note a file that it writes its process id to
 */
function detaching(command: string, note: string): string {
  const launch = 'require("child_process").spawn(process.argv[1], { shell: true, detached: true, stdio: "ignore" })'
  const detached = `"${process.execPath}" -e '${launch}.unref()' '${command}'`
  return `echo $$ > "${note}"; ${detached}; exec ${evaluate('setInterval(() => {}, 1e6)')}`
}

async function noteFile({ onTestFinished }: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ws-load-leash-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return join(directory, 'pid')
}

// Each has processes of its own, and most of the time is spent in waiting for their end.
describe.concurrent('a leash', () => {
  test.for(['return', 'exit', 'crash'])('ends the server when the parent ends by a %s', async (way, context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context)
    parent.send(way)
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server)).toBe(false)
  })

  test.for(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)(
    'ends the server when the parent is sent %s',
    async (signal, context) => {
      const { expect } = context
      const { parent, server } = await startFamily(context)
      parent.kill(signal)
      await once(parent, 'exit')
      await expect.poll(() => isAlive(server)).toBe(false)
    },
  )

  test('ends the server when Ctrl-C is pressed', async (context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context)
    process.kill(-parent.pid!, 'SIGINT')
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server)).toBe(false)
  })

  test('ends a server that ignores SIGTERM when the parent is killed', async (context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context, '--ignore-sigterm')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server)).toBe(false)
  })

  test('keeps Ctrl-C from the server while the parent endures it', async (context) => {
    const { expect } = context
    const { parent, url, server } = await startFamily(context)
    parent.send('endure')
    expect(await once(parent, 'message')).toContain('enduring')
    process.kill(-parent.pid!, 'SIGINT')
    expect(await once(parent, 'message')).toContain('interrupted')
    expect(await visit(url)).toBe(server)
  })

  test('ends every process of the command', async ({ expect, onTestFinished }) => {
    const ports = [await freePort(), await freePort()]
    const [child, grandchild] = ports.map((port) => `ws://127.0.0.1:${port}`) as [string, string]
    const command = `${pidServer(ports[0]!)} & (${pidServer(ports[1]!)}; true) & wait`
    const target = await startTarget(targetOf({ command, url: child }))
    onTestFinished(async () => void (await target.stop()))
    const servers = [await visit(child), await vi.waitFor(() => visit(grandchild), 10_000)]
    await target.stop()
    expect(servers.filter(isAlive)).toEqual([])
  })

  test('ends what a command leaves behind when it ends', async ({ expect, onTestFinished }) => {
    const ports = [await freePort(), await freePort()]
    const [background, foreground] = ports.map((port) => `ws://127.0.0.1:${port}`) as [string, string]
    const target = await startTarget(
      targetOf({ command: `${pidServer(ports[0]!)} & ${pidServer(ports[1]!)}`, url: foreground }),
    )
    onTestFinished(async () => void (await target.stop()))
    const server = await vi.waitFor(() => visit(background), 10_000)
    await visit(foreground, 'die')
    await expect.poll(() => isAlive(server)).toBe(false)
  })

  test.for([
    ['in a session of its own', 'setsid', '--wait'],
    ['under a limit of time', 'timeout', '300'],
  ] as const)('ends a server %s', async ([, program, flag], { expect, skip }) => {
    skip(findProgram(program) === undefined, `needs ${program}(1)`)
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const target = await startTarget(targetOf({ command: `${program} ${flag} ${pidServer(port)}`, url }))
    const server = await visit(url)
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })

  test.for([
    ['command ends', (command: number) => command],
    ['leash is killed', parentOf],
    ['parent is killed', (command: number) => parentOf(parentOf(command))],
  ] as const)('ends a server that was detached when the %s', async ([, victim], context) => {
    const { expect } = context
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const note = await noteFile(context)
    await startParent(context, detaching(pidServer(port), note), url)
    const [server, command] = [await visit(url), Number(await readFile(note, 'utf8'))]
    process.kill(victim(command), 'SIGKILL')
    await expect.poll(() => [server, command].filter(isAlive)).toEqual([])
  })

  test('ends a server that was detached when the target is stopped', async (context) => {
    const { expect, onTestFinished } = context
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const target = await startTarget(targetOf({ command: detaching(pidServer(port), await noteFile(context)), url }))
    onTestFinished(async () => void (await target.stop()))
    const server = await visit(url)
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })

  test('ends a server that has neither the environment nor the group of its command', async ({ expect, skip }) => {
    skip(findProgram('setsid') === undefined, 'needs setsid(1)')
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const command = `env -i setsid --wait ${pidServer(port, '--ignore-sigterm')}; true`
    const target = await startTarget(targetOf({ command, url }))
    const server = await visit(url)
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })

  test('ends a server that ignores SIGTERM', async ({ expect }) => {
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const target = await startTarget(targetOf({ command: pidServer(port, '--ignore-sigterm'), url }))
    const server = await visit(url)
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })

  test('ends the server, and tells of it, when the leash itself is killed', async ({ expect, onTestFinished }) => {
    const port = await freePort()
    const url = `ws://127.0.0.1:${port}`
    const target = await startTarget(targetOf({ command: `exec ${pidServer(port)}`, url }))
    onTestFinished(async () => void (await target.stop()))
    const server = await visit(url)
    process.kill(parentOf(server), 'SIGKILL')
    expect(await target.exited).toContain('was ended by SIGKILL while it was being tested')
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })
})
