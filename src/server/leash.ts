import { type ChildProcess, spawn } from 'node:child_process'
import { endDescendants, type Farewell, killedExitCode, markedEnvironment } from './descendants.ts'
import type { Exit } from './program.ts'

/** What the leash runs; it is told once, over IPC. */
export interface Errand extends Farewell {
  readonly command: string
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly stdin: 'open' | 'closed'
  /** By which its descendants are known. */
  readonly mark: string
}

/** What it tells of the server that it has started: the leader of its process group. */
export interface Started {
  readonly leader: number
}

let errand: Errand | undefined
let server: ChildProcess | undefined
let ending: Promise<void> | undefined

process.once('message', (given: Errand) => {
  // Whoever sent it has gone meanwhile: what is not started need not be ended.
  if (!process.connected) return
  errand = given
  const env = markedEnvironment(given.env, given.mark)
  server = spawn(given.command, {
    cwd: given.cwd,
    detached: true,
    env,
    shell: true,
    stdio: [given.stdin === 'open' ? 'pipe' : 'ignore', 'inherit', 'inherit'],
  })
  // Without a callback, this would die of a channel that was closed meanwhile, and leave the server behind.
  if (server.pid !== undefined) process.send?.({ leader: server.pid } satisfies Started, undefined, undefined, () => {})
  server.once('exit', (code, signal) => {
    process.send?.({ code, signal } satisfies Exit, undefined, undefined, end)
  })
})
process.once('disconnect', end)
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end)

function end(): void {
  ending ??= endServer().then((endedInTime) => process.exit(endedInTime ? 0 : killedExitCode))
}

async function endServer(): Promise<boolean> {
  if (server?.pid === undefined || errand === undefined) return true
  return endDescendants({ leader: server.pid, mark: errand.mark }, errand)
}
