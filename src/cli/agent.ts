import { once } from 'node:events'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { Command } from 'commander'
import { defaults } from '../defaults.ts'
import { safeParseAgent } from '../options/agent.ts'
import { Agent } from '../machines/agent.ts'
import { describeEnvironment } from '../run/environment.ts'
import { openThreads } from '../run/open-generator.ts'
import { availableProcessors } from '../system/processors.ts'
import { checkPlatform } from '../server/platform.ts'
import { addNatsFlags, type NatsFlags, natsOf } from './machines-flags.ts'
import { nameFlag } from './flags.ts'
import { interruptible } from './interrupt.ts'
import { aList } from './parse.ts'
import { log } from './standard-output.ts'
import { usageError } from './usage-error.ts'

interface AgentFlags extends NatsFlags {
  readonly group?: string
  readonly name?: string
  readonly allowCode?: true
  readonly localAddress?: readonly string[]
}

/** `ws-load agent`: generates load for runs that were started elsewhere. */
export const agentCommand: Command = addNatsFlags(new Command('agent'))
  .summary('generate load for runs that were started on another machine')
  .description(
    'Waits at a NATS server for runs with the option machines, or --agents, and generates their load from this machine, one run at a ' +
      'time, until SIGTERM or Ctrl-C.',
  )
  .option('--group <name>', `runs ask for agents of a group (default: ${defaults.group})`)
  .option('--name <name>', 'of this agent in summaries (default: name of the machine and process id)')
  .option('--local-address <address>', 'source address of its connections; repeatable', aList)
  .option(
    '--allow-code',
    'run functions and modules that runs bring along: whoever reaches the NATS server may then run code here',
  )
  .addHelpText('after', '\nExample:\n  ws-load agent --nats nats://nats.internal:4222 --group ci')
  .action(async (flags: AgentFlags) => {
    await serve(flags)
  })

async function serve({ group, name, allowCode, localAddress, ...flags }: AgentFlags): Promise<void> {
  checkPlatform()
  const parsed = safeParseAgent({
    ...natsOf(flags),
    ...(group !== undefined && { group }),
    name:
      name ??
      `${hostname()
        .replaceAll(/[^\w-]+/g, '-')
        .slice(0, 48)}-${process.pid}`,
    ...(localAddress !== undefined && { localAddresses: localAddress }),
  })
  if ('mistakes' in parsed) throw usageError(...parsed.mistakes.map(nameFlag))
  await checkAddresses(parsed.value.localAddresses)
  const environment = describeEnvironment()
  await interruptible(async (signal) => {
    log(
      `agent ${parsed.value.name} of group '${parsed.value.group}', ws-load ${environment.version}, Node ${environment.node}, ${availableProcessors()} processors`,
    )
    const options = { ...parsed.value, allowsCode: allowCode === true, environment, open: openThreads, log }
    const agent = await Agent.serve(options, signal)
    if (agent === undefined) return
    log(`waits for runs at ${parsed.value.nats.servers.join(', ')}`)
    const stop = (): void => void agent.stop()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const error = await agent.closed()
    if (error !== undefined) throw error
    log('ended')
  })
}

/** @throws if this machine does not have one of the addresses */
async function checkAddresses(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const server = createServer().listen({ host: address, port: 0 })
    try {
      await once(server, 'listening')
    } catch (error) {
      throw usageError(
        `--local-address: expected an address of this machine, got ${address} (${(error as NodeJS.ErrnoException).code})`,
      )
    } finally {
      server.close()
    }
  }
}
