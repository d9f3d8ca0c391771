/** Debian's rabbitmq-server, a broker of STOMP over WebSockets by its plugin web-stomp. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepting } from './accepting.ts'
import { type Child, startChild } from './child.ts'
import { freePort } from './processes.ts'

export type RabbitServer = Child & {
  /** Where it speaks STOMP; the user is `guest`, and so is the password. */
  readonly url: string
}

/** Debian's `/usr/sbin/rabbitmq-server` becomes another user first. */
const program = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** Why `rabbitmq` cannot be had here, for a skipped test to say; `undefined` when it can. */
export function rabbitmqMissing(): string | undefined {
  return existsSync(program) ? undefined : `there is no ${program}: apt-get install rabbitmq-server`
}

/** Starts a node of its own on loopback, which takes some ten seconds. */
export async function rabbitmq(): Promise<RabbitServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ws-load-rabbitmq-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const [names, distribution, port] = [await freePort(), await freePort(), await freePort()]
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(names),
    RABBITMQ_NODENAME: 'ws-load@localhost',
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'none.config'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_LOGS: '-',
    // Its script becomes it then; it waits for its end otherwise.
    RUNNING_UNDER_SYSTEMD: '1',
    // It takes cores that others need to look out for work otherwise.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none',
  }
  await writeFile(env.RABBITMQ_ENABLED_PLUGINS_FILE, '[rabbitmq_web_stomp].')
  const configuration = [
    'listeners.tcp = none',
    'stomp.listeners.tcp = none',
    'web_stomp.tcp.ip = 127.0.0.1',
    `web_stomp.tcp.port = ${port}`,
  ]
  await writeFile(env.RABBITMQ_CONFIG_FILE, `${configuration.join('\n')}\n`)
  const started: Child[] = []
  const stop = async () => {
    for (const child of started.toReversed()) await child[Symbol.asyncDispose]()
    await remove()
  }
  try {
    const start = async (command: string, words: readonly string[], on: number) => {
      const child = await startChild(command, words, (_, ended) => accepting(on, ended), env)
      started.push(child)
      return child
    }
    // Else it starts one that stays.
    await start('epmd', ['-address', '127.0.0.1', '-port', String(names)], names)
    const broker = await start(program, [], port)
    return { ...broker, url: `ws://127.0.0.1:${port}/ws`, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
