/** Server programs in processes of their own, and whether they are alive. */
import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { WebSocket } from 'ws'

/** Ports that systems give to nobody who does not ask for them: connections of other tests take none of them meanwhile. */
const [lowestPort, highestPort] = [10_000, 32_000]

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const port = randomInt(lowestPort, highestPort)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** A shell command that runs pid-server.ts. */
export function pidServer(port: number, flags = ''): string {
  return `"${process.execPath}" "${join(import.meta.dirname, 'pid-server.ts')}" ${port} ${flags}`
}

/** A shell command that evaluates a program, which must not contain quotes of the shell. */
export function evaluate(program: string): string {
  return `"${process.execPath}" -e '${program}'`
}

/** The process id of the pid-server at a URL, and what it does when it is told to `die`. */
export async function visit(url: string, order?: 'die'): Promise<number> {
  const socket = new WebSocket(url)
  const [pid] = (await once(socket, 'message')) as [Buffer]
  if (order === undefined) socket.close()
  else socket.send(order)
  await once(socket, 'close')
  return Number(pid)
}

/** Whether a process runs. One that has ended runs no more, though it is listed until its parent has taken note. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return false
  }
}

/** The process that started another one. */
export function parentOf(pid: number): number {
  if (process.platform !== 'linux') {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }))
  }
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1])
}

/** The processes that a process has started, as far as they are not of somebody else by now. Linux tells it. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => read(`/proc/${entry}/status`).includes(`\nPPid:\t${pid}\n`))
    .map(Number)
}

/** The processes that run with a setting in their environment. Linux tells it; elsewhere nobody is found. */
export function processesWith(setting: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && read(`/proc/${entry}/environ`).includes(setting))
    .map(Number)
    .filter(isAlive)
}

/** A process by its id and its command line. */
export function commandOf(pid: number): string {
  return `${pid} (${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')})`
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
