import { inspect } from 'node:util'
import { Command, CommanderError } from 'commander'
import { WsLoadError, type WsLoadErrorCode } from '../errors.ts'
import { describeEnvironment } from '../run/environment.ts'
import { agentCommand } from './agent.ts'
import { capacityCommand } from './capacity.ts'
import { compareCommand } from './compare.ts'
import { complain } from './complain.ts'
import { doctorCommand } from './doctor.ts'
import { echoCommand } from './echo.ts'
import { fanOutCommand } from './fan-out.ts'
import { addFlood } from './flood.ts'
import { exitCode } from './exit-code.ts'
import { givenFlags } from './given-flags.ts'
import { interruptedEarly } from './interrupt.ts'
import { reportCommand } from './report.ts'
import { usageError } from './usage-error.ts'

/** Errors of whoever called the program. */
const mistakes = new Set<WsLoadErrorCode>([
  'WSLOAD_ERR_INVALID_OPTIONS',
  'WSLOAD_ERR_INVALID_SLO',
  'WSLOAD_ERR_UNREADABLE_SUMMARY',
])

const program: Command = addFlood(new Command('ws-load'))
  .description('Floods a WebSocket server with pings over many connections and prints how long its answers took.')
  .version(describeEnvironment().version)
  .enablePositionalOptions()
  .hook('preSubcommand', (_, command) => {
    const misplaced = givenFlags(program).map((flag) =>
      command.options.some(({ long }) => long === flag)
        ? `${flag}: expected behind ${command.name()}`
        : `${flag}: ${command.name()} has no such flag`,
    )
    if (misplaced.length > 0) throw usageError(...misplaced)
  })
  .addCommand(capacityCommand)
  .addCommand(compareCommand)
  .addCommand(fanOutCommand)
  .addCommand(reportCommand)
  .addCommand(doctorCommand)
  .addCommand(echoCommand)
  .addCommand(agentCommand)
  .addHelpText(
    'after',
    `
Durations are milliseconds or texts (250us, 20ms, 5s, 2m), rates are per second or texts (500/s, 5k/s).

Exit codes:
  0    measured, and the SLO is met if there is one
  1    the SLO is missed
  2    wrong usage
  3    nothing was measured, or not to the end (the server left, an agent was lost), answers were not told from other
       messages, or the SLO is neither surely met nor surely missed
  4    otherwise 0, but an output could not be written
  5    it could not run
  129, 130, 143  ended by SIGHUP, Ctrl-C or SIGTERM; what was measured until then is printed

Examples:
  ws-load -c 3 -g ws://127.0.0.1:3001
  ws-load ws://127.0.0.1:3001 -c 100 -r 5k/s --slo 'p95 < 100ms' --slo 'errorRate < 1%' --decide
  ws-load ws://127.0.0.1:3001 --text PING --slo 'p99 < 20ms' --decide --json summary.json`,
  )

for (const command of [program, ...program.commands]) {
  command.exitOverride().showSuggestionAfterError().configureOutput({ writeErr: complain })
}

/**
 * Does what the arguments of this process say, and leaves it its exit code. It can be called again: Commander forgets
 * what it parsed before.
 */
export async function runProgram(): Promise<void> {
  try {
    await program.parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.code === 'ws-load.usage') complain(`${error.message}\n`)
    if (error.code === interruptedEarly) {
      complain(`Nothing was measured. ${error.message}\n`)
      return error.exitCode
    }
    return error.exitCode === 0 ? exitCode.fine : exitCode.usage
  }
  if (!(error instanceof WsLoadError)) {
    complain(`${inspect(error)}\nThis is a bug of ws-load: please report it.\n`)
    return exitCode.failed
  }
  complain(`error: ${error.message}\n`)
  return mistakes.has(error.code) ? exitCode.usage : exitCode.failed
}
