import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { startEmbedded } from '../../src/server/embedded.ts'
import { processUsages } from '../../src/system/process-usage.ts'

const source = join(import.meta.dirname, '../../src/server')

async function connect(options: { perMessageDeflate?: boolean } = {}, delay?: number): Promise<WebSocket> {
  const target = await startEmbedded(delay)
  onTestFinished(async () => void (await target.stop()))
  const socket = new WebSocket(target.url, options)
  await once(socket, 'open')
  return socket
}

async function refusal(url: string): Promise<string | undefined> {
  const [error] = (await once(new WebSocket(url), 'error')) as [NodeJS.ErrnoException]
  return error.code
}

test('answers a ping with a pong of the same payload', async () => {
  const socket = await connect()
  socket.ping('17')
  const [payload] = (await once(socket, 'pong')) as [Buffer]
  expect(payload.toString()).toBe('17')
})

test('answers no sooner than its delay', async () => {
  const socket = await connect({}, 30)
  const begun = performance.now()
  socket.ping('17')
  await once(socket, 'pong')
  socket.send('PING')
  await once(socket, 'message')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(60)
})

test('leaves the processor to others for most of its delay', async () => {
  const program = fork(join(source, 'echo-server.ts'), ['0', '500'])
  onTestFinished(() => void program.kill())
  const [{ port }] = (await once(program, 'message')) as [{ port: number }]
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(socket, 'open')
  const cpu = (): number => processUsages([program.pid!]).get(program.pid!)!.cpu
  const before = cpu()
  socket.ping('17')
  await once(socket, 'pong')
  expect(cpu() - before).toBeLessThan(250)
  socket.terminate()
})

test('echoes a text as a text', async () => {
  const socket = await connect()
  socket.send('grüße')
  const [payload, isBinary] = (await once(socket, 'message')) as [Buffer, boolean]
  expect([payload.toString(), isBinary]).toEqual(['grüße', false])
})

test('echoes a binary as a binary', async () => {
  const socket = await connect()
  socket.send(Buffer.from([0, 255]))
  const [payload, isBinary] = (await once(socket, 'message')) as [Buffer, boolean]
  expect([[...payload], isBinary]).toEqual([[0, 255], true])
})

test('agrees to compression when a client offers it', async () => {
  const socket = await connect({ perMessageDeflate: true })
  expect(socket.extensions).toContain('permessage-deflate')
})

test('outlives a client that breaks the protocol', async () => {
  const target = await startEmbedded()
  onTestFinished(async () => void (await target.stop()))
  const rude = new WebSocket(target.url)
  rude.once('upgrade', ({ socket }) => socket.write(Buffer.of(0xff, 0xff)))
  expect(await once(rude, 'close')).toContain(1002)
  const polite = new WebSocket(target.url)
  await once(polite, 'open')
  expect(polite.readyState).toBe(WebSocket.OPEN)
})

test('is gone when it has been stopped', async () => {
  const target = await startEmbedded()
  const socket = new WebSocket(target.url)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await target.stop()
  await closed
  expect(await refusal(target.url)).toBe('ECONNREFUSED')
})

test('can be stopped twice', async () => {
  const target = await startEmbedded()
  await target.stop()
  await expect(target.stop()).resolves.toBeUndefined()
})

test('keeps no process alive and ends with it', async () => {
  const program = `
    import { startEmbedded } from '${join(source, 'embedded.ts')}'
    console.log((await startEmbedded()).url)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 10_000,
  })
  await expect.poll(() => refusal(stdout.trim())).toBe('ECONNREFUSED')
})

test('is left alone by the loaders of the process that starts it', async () => {
  const program = `
    import { startEmbedded } from '${join(source, 'embedded.ts')}'
    console.log((await startEmbedded()).url)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 10_000,
    env: { ...process.env, NODE_OPTIONS: '--import=data:text/javascript,if(process.send)process.exit(1)' },
  })
  expect(stdout).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\n$/)
})
