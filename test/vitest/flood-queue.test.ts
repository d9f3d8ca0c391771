import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openFloodQueue } from '../../src/vitest/flood-queue.ts'
import type { QueueAddress } from '../../src/vitest/queue-place.ts'

/** A program that takes a place, says when its turn has come, and then keeps it. */
function program({ port, secret }: QueueAddress): string {
  return `
const socket = require('node:net').connect(${port}, '127.0.0.1')
socket.write('${secret}')
socket.on('data', () => {
  const { parentPort } = require('node:worker_threads')
  if (parentPort) parentPort.postMessage('go')
  else console.log('go')
})`
}

async function turnOf({ port, secret }: QueueAddress): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(secret)
  await once(socket, 'data')
  socket.destroy()
}

async function stillWaits(turn: Promise<void>): Promise<void> {
  expect(await Promise.race([turn.then(() => 'has it'), sleep(200, 'waits')])).toBe('waits')
}

test('the place of a process that is killed is given up', async () => {
  const queue = await openFloodQueue()
  const { address } = queue
  const child = spawn(process.execPath, ['-e', program(address)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const turn = turnOf(address)
  await stillWaits(turn)
  child.kill('SIGKILL')
  await expect(turn).resolves.toBeUndefined()
  queue.close()
})

test('the place of a thread that is terminated is given up, though its process lives', async () => {
  const queue = await openFloodQueue()
  const { address } = queue
  const thread = new Worker(program(address), { eval: true })
  await once(thread, 'message')
  const turn = turnOf(address)
  await stillWaits(turn)
  await thread.terminate()
  await expect(turn).resolves.toBeUndefined()
  queue.close()
})

test('nobody gets a place without the secret', async () => {
  const queue = await openFloodQueue()
  const { address } = queue
  const stranger = connect(address.port, '127.0.0.1')
  stranger.write('let me in')
  await once(stranger, 'close')
  await expect(turnOf(address)).resolves.toBeUndefined()
  queue.close()
})
