import { Command, Option } from 'commander'
import { defaults } from '../defaults.ts'
import { safeParseFanOut } from '../options/fan-out.ts'
import type { WsLoadOptions } from '../options/options.ts'
import { mistakesOf } from '../parsed.ts'
import { FanOutSummary } from '../summary/fan-out-summary.ts'
import {
  addOutputFlags,
  mistakesInOutputs,
  floodAndJudge,
  mistakesInDecide,
  type OutputFlags,
  safeParseSLOFlag,
  untilOf,
} from './flood.ts'
import {
  addReadyMadeFlags,
  addRoleFlags,
  type FanOutFlags,
  fanOutOptionsOf,
  mistakesInProtocol,
  nameFlagOfFanOut,
  withoutProtocol,
} from './fan-out-flags.ts'
import { seconds } from './flags.ts'
import { addMachinesFlags } from './machines-flags.ts'
import {
  addConfidenceFlag,
  addConnectingFlags,
  addPaceFlags,
  addServerFlags,
  addWatchFlag,
  type LoadFlags,
  loadOptionsOf,
  serverOf,
} from './load-flags.ts'
import { aJSON, aList, aStage } from './parse.ts'
import { usageError } from './usage-error.ts'

interface Flags extends LoadFlags, OutputFlags, FanOutFlags {
  readonly duration?: string
  readonly stage?: WsLoadOptions['stages']
  readonly slo?: readonly string[]
  readonly decide?: true
  readonly maxDuration?: string
}

/** `ws-load fan-out`: how long messages take to reach every subscriber. */
export const fanOutCommand: Command = new Command('fan-out')
  .summary('time how long messages take to reach every subscriber')
  .description(
    'Opens publishers and subscribers, has messages published, and prints how long each took to reach each subscriber of its room, ' +
      'the first of them and the last.',
  )
  .argument('<url>', 'ws:// or wss://')
  .optionsGroup('How long:')
  .option('-d, --duration <duration>', `of the measured window, like 5s or 2m (default: ${seconds(defaults.duration)})`)
  .option('--stage <duration:rate>', 'a rate that changes, like 10s:50/s; repeatable', aStage)
  .option('--decide', 'end as soon as the SLO is decided')
  .option('--max-duration <duration>', `end one that is not (default: ${seconds(defaults.maxDuration)})`)
  .optionsGroup('How much:')

addRoleFlags(fanOutCommand).option(
  '-r, --rate <rate>',
  'messages per second over all publishers (default: the next one when all have the last)',
)

addPaceFlags(fanOutCommand)
  .optionsGroup('What:')
  .addOption(new Option('--protocol-module <file>', 'a module that defines a protocol with publish and delivery'))
  .option('--data <json>', 'what the functions of the module are given', aJSON('--data'))
addReadyMadeFlags(fanOutCommand).option(
  '--timeout <duration>',
  `a delivery that takes longer has missed (default: ${seconds(defaults.timeout)})`,
)

addConfidenceFlag(addMachinesFlags(addServerFlags(addWatchFlag(addConnectingFlags(fanOutCommand))))).option(
  '--slo <bound>',
  "like 'delivery.p99 < 50ms' or 'reach >= 100%'; repeatable",
  aList,
)

addOutputFlags(fanOutCommand).action(async (url: string, flags: Flags) => {
  process.exitCode = await fanOut(url, flags)
})

async function fanOut(url: string, flags: Flags): Promise<number> {
  const options = safeParseFanOut(optionsOf(url, flags))
  const objectives = flags.decide ? untilOf(options) : safeParseSLOFlag(flags.slo, true)
  const mistakes = [
    ...mistakesInDecide(flags),
    ...mistakesOf(options).map(nameFlagOfFanOut),
    ...(await mistakesInProtocol(flags)),
    ...mistakesOf(objectives),
    ...mistakesInOutputs(flags),
  ]
  if ('mistakes' in options || 'mistakes' in objectives || mistakes.length > 0) throw usageError(...mistakes)
  return floodAndJudge(options.value, objectives.value, flags, (result) => FanOutSummary.of(result))
}

function optionsOf(url: string, flags: Flags): Readonly<Record<string, unknown>> {
  const { slo, decide, stage, ...load } = withoutProtocol(flags)
  const names = ['duration', 'maxDuration'] as const
  return {
    url,
    ...serverOf(flags),
    ...loadOptionsOf(load),
    ...Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]])),
    ...(stage !== undefined && { stages: stage }),
    ...(decide !== undefined && slo !== undefined && { until: slo }),
    ...fanOutOptionsOf(flags),
  }
}
