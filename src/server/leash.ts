import { type ChildProcess, spawn } from 'node:child_process'
import { endProcessGroup } from './process-group.ts'
import type { Exit } from './program.ts'

/** What the leash runs; it is told once, over IPC. */
export interface Errand {
  readonly command: string
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
}

/** What it tells of the server that it has started: the leader of its process group. */
export interface Started {
  readonly group: number
}

let server: ChildProcess | undefined
let ending: Promise<void> | undefined

process.once('message', ({ command, cwd, env }: Errand) => {
  server = spawn(command, { cwd, detached: true, env, shell: true, stdio: ['ignore', 'inherit', 'inherit'] })
  if (server.pid !== undefined) process.send?.({ group: server.pid } satisfies Started)
  server.once('exit', (code, signal) => {
    process.send?.({ code, signal } satisfies Exit, undefined, undefined, end)
  })
})
process.once('disconnect', end)
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, end)

function end(): void {
  ending ??= endServer().then(() => process.exit())
}

async function endServer(): Promise<void> {
  if (server?.pid !== undefined) await endProcessGroup(server.pid)
}
