/** A peer that is not Node's: Debian's python3-websockets, echoing. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { firstLine, startChild, type Child } from './child.ts'

const python = '/usr/bin/python3'

export type PythonServer = Child & {
  readonly url: string
  readonly port: number
}

/** Why `pythonEchoing` cannot be had here, for a skipped test to say; `undefined` when it can. */
export function pythonMissing(): string | undefined {
  const { status } = spawnSync(python, ['-c', 'import websockets'], { stdio: 'ignore' })
  return status === 0 ? undefined : `${python} has no module websockets: apt-get install python3-websockets`
}

/** Answers pings and echoes messages; negotiates permessage-deflate. */
export async function pythonEchoing(): Promise<PythonServer> {
  const program = fileURLToPath(new URL('python_echo.py', import.meta.url))
  const child = await startChild(python, [program], firstLine)
  const port = Number(child.answer)
  return Object.assign(child, { port, url: `ws://127.0.0.1:${port}` })
}
