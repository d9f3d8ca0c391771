import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test, type TestContext, vi } from 'vitest'
import { startTarget } from '../../src/server/command.ts'
import { targetOf } from '../support/target.ts'
import { freePort, isAlive, parentOf, pidServer, visit } from '../support/processes.ts'

interface Family {
  readonly parent: ChildProcess
  readonly url: string
  readonly server: number
}

/** A parent in a process group of its own, as a terminal would give it one, with the target it has started. */
async function startFamily({ onTestFinished }: TestContext, flags = ''): Promise<Family> {
  const port = await freePort()
  const url = `ws://127.0.0.1:${port}`
  const program = join(import.meta.dirname, '../support/target-parent.ts')
  const parent = fork(program, [pidServer(port, flags), url], { detached: true, execArgv: [], silent: true })
  onTestFinished(() => void parent.kill('SIGKILL'))
  await once(parent, 'message')
  return { parent, url, server: await visit(url) }
}

// Each has processes of its own, and most of the time is spent in waiting for their end.
describe.concurrent('a leash', () => {
  test.for(['return', 'exit', 'crash'])('ends the server when the parent ends by a %s', async (way, context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context)
    parent.send(way)
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false)
  })

  test.for(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)(
    'ends the server when the parent is sent %s',
    async (signal, context) => {
      const { expect } = context
      const { parent, server } = await startFamily(context)
      parent.kill(signal)
      await once(parent, 'exit')
      await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false)
    },
  )

  test('ends the server when Ctrl-C is pressed', async (context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context)
    process.kill(-parent.pid!, 'SIGINT')
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false)
  })

  test('ends a server that ignores SIGTERM when the parent is killed', async (context) => {
    const { expect } = context
    const { parent, server } = await startFamily(context, '--ignore-sigterm')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false)
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
    onTestFinished(() => target.stop())
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
    onTestFinished(() => target.stop())
    const server = await vi.waitFor(() => visit(background), 10_000)
    await visit(foreground, 'die')
    await expect.poll(() => isAlive(server), { timeout: 10_000 }).toBe(false)
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
    onTestFinished(() => target.stop())
    const server = await visit(url)
    process.kill(parentOf(server), 'SIGKILL')
    expect(await target.exited).toContain('was ended by SIGKILL while it was being tested')
    await target.stop()
    expect(isAlive(server)).toBe(false)
  })
})
