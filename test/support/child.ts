/** A server program in a process of its own, which dies with the test that started it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { accessSync, constants } from 'node:fs'

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** All that it wrote to stderr. */
  log(): string
}

/**
 * Starts a program and waits for `ready`; rejects, with the program's last words, when it ends before.
 * @param env what it finds in its environment besides
 */
export async function startChild<T>(
  command: string,
  args: readonly string[],
  ready: (stdout: NodeJS.ReadableStream, ended: AbortSignal) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<Child & { readonly answer: T }> {
  // An orphan is sent SIGTERM by the kernel: a test process that is killed leaves nothing behind.
  const program =
    findProgram('setpriv') === undefined ? [command, ...args] : ['setpriv', '--pdeathsig', 'TERM', command, ...args]
  const child = spawn(program[0]!, program.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const ended = new AbortController()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exit = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`))
  })
  void exit.then(() => ended.abort())

  async function stop(): Promise<void> {
    if (ended.signal.aborted) return
    child.kill('SIGTERM')
    const stubborn = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await exit
    clearTimeout(stubborn)
  }

  try {
    const outcome = await Promise.race([ready(child.stdout, ended.signal).then((answer) => ({ answer })), exit])
    child.stdout.resume()
    if (typeof outcome === 'string') throw new Error(`${command} did not start: ${outcome}\n${stderr}`)
    return { pid: child.pid!, answer: outcome.answer, log: () => stderr, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first line of a stream. */
export async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  while (!text.includes('\n')) text += String((await once(stream, 'data'))[0])
  return text.slice(0, text.indexOf('\n'))
}

/** The path of a program, also of one that only the superuser usually has on the PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
  return folders.map((folder) => join(folder, name)).find(executable)
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
