/** Debian's mosquitto, an MQTT broker that is not Node's. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accepting } from './accepting.ts'
import { type Child, findProgram, startChild } from './child.ts'
import { freePort } from './processes.ts'

export interface MosquittoOptions {
  /** The only user, whose password is `secret`. @default everybody may connect */
  readonly user?: string
  /** Lines of its configuration. @default none */
  readonly lines?: readonly string[]
  /** Lines of its list of who may do what. @default everybody may do everything */
  readonly acl?: readonly string[]
}

export type MosquittoServer = Child & {
  readonly url: string
}

/** Why `mosquitto` cannot be had here, for a skipped test to say; `undefined` when it can. */
export function mosquittoMissing(): string | undefined {
  return findProgram('mosquitto') === undefined ? 'there is no mosquitto: apt-get install mosquitto' : undefined
}

export async function mosquitto({ user, lines = [], acl }: MosquittoOptions = {}): Promise<MosquittoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-load-mosquitto-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const port = await freePort()
    if (user !== undefined) {
      const file = join(folder, 'passwords')
      await promisify(execFile)(findProgram('mosquitto_passwd')!, ['-c', '-b', file, user, 'secret'])
    }
    if (acl !== undefined) await writeFile(join(folder, 'acl'), acl.join('\n'))
    const configuration = [
      // As root, it would become another user, who may not read its files.
      `user ${userInfo().username}`,
      // It does not start if no listener speaks MQTT without WebSockets.
      `listener 0 ${join(folder, 'socket')}`,
      `listener ${port} 127.0.0.1`,
      'socket_domain ipv4',
      'protocol websockets',
      user === undefined ? 'allow_anonymous true' : `password_file ${join(folder, 'passwords')}`,
      ...(acl === undefined ? [] : [`acl_file ${join(folder, 'acl')}`]),
      ...lines,
    ]
    const file = join(folder, 'mosquitto.conf')
    await writeFile(file, `${configuration.join('\n')}\n`)
    const child = await startChild(findProgram('mosquitto')!, ['-c', file, '-v'], (_, ended) => accepting(port, ended))
    return {
      ...child,
      url: `ws://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        await child[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
