import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { endDescendants, type Farewell, killedExitCode, markedEnvironment } from './descendants.ts'
import type { Exit } from './program.ts'

/** What the leash runs; it is told once, over IPC, and to `stop` after that. */
export interface Errand extends Farewell {
  readonly command: string
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Numbers of the processors that it may use; `undefined` for those of the leash. */
  readonly cpuAffinity: readonly number[] | undefined
  readonly stdin: 'open' | 'closed'
  /** By which its descendants are known. */
  readonly mark: string
}

/** What it tells of the server that it has started: the leader of its process group. */
export interface Started {
  readonly leader: number
}

/** How much later than its connections the end of a server may be known. */
const lateNewsMs = 20
/** Runs a command in the shell, on some processors alone; the shell says so where there is no `taskset`. */
const confined = 'exec taskset -c "$1" /bin/sh -c "$2"'

let errand: Errand | undefined
let server: ChildProcess | undefined
let ending: Promise<void> | undefined

process.on('message', (message: Errand | 'stop') => {
  // The loop polls once more, however late it is.
  if (message === 'stop') setTimeout(() => setImmediate(end), lateNewsMs)
  // Whoever sent it has gone meanwhile otherwise: what is not started need not be ended.
  else if (process.connected) run(message)
})
process.once('disconnect', end)
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end)

function run(given: Errand): void {
  errand = given
  const env = markedEnvironment(given.env, given.mark)
  const options: SpawnOptions = {
    cwd: given.cwd,
    detached: true,
    env,
    stdio: [given.stdin === 'open' ? 'pipe' : 'ignore', 'inherit', 'inherit'],
  }
  server =
    given.cpuAffinity === undefined
      ? spawn(given.command, { ...options, shell: true })
      : spawn('/bin/sh', ['-c', confined, 'sh', given.cpuAffinity.join(','), given.command], options)
  // Without a callback, this would die of a channel that was closed meanwhile, and leave the server behind.
  if (server.pid !== undefined) process.send?.({ leader: server.pid } satisfies Started, undefined, undefined, () => {})
  server.once('exit', (code, signal) => {
    if (ending === undefined) process.send?.({ code, signal } satisfies Exit, undefined, undefined, end)
  })
}

function end(): void {
  ending ??= endServer().then((endedInTime) => process.exit(endedInTime ? 0 : killedExitCode))
}

async function endServer(): Promise<boolean> {
  if (server?.pid === undefined || errand === undefined) return true
  return endDescendants({ leader: server.pid, mark: errand.mark }, errand)
}
