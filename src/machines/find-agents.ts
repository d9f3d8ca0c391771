import { setTimeout as sleep } from 'node:timers/promises'
import { checkSignal, WsLoadError } from '../errors.ts'
import type { ResolvedMachines } from '../options/machines.ts'
import { printable } from '../printable.ts'
import { formatDuration } from '../units.ts'
import { cloneFormat } from './clone.ts'
import {
  type AgentAnswer,
  agentAnswer,
  type AgentIntroduction,
  agentIntroduction,
  type CoordinatorRequest,
  subjects,
} from './messages.ts'
import { jsonOf, type NatsConnection, refusalOf } from './nats.ts'

/** How long agents have to introduce themselves before they are asked again. */
const askEveryMs = 500
/** How often it is looked whether enough have. */
const lookEveryMs = 10
/** How long an agent has to say whether it works for a run. */
const answerTimeoutMs = 2_000

interface Search {
  readonly request: CoordinatorRequest
  /** Milliseconds of `process.uptime()`. */
  readonly deadline: number
  readonly signal: AbortSignal | undefined
}

/**
 * Finds so many agents of a group that are free, and has them work for a run: all or none.
 * @throws {WsLoadError} `WSLOAD_ERR_AGENTS` where there are not as many in time, with what those say that are not; `WSLOAD_ERR_ABORTED`
 */
export async function findAgents(
  connection: NatsConnection,
  { agents: wanted, group, wait }: ResolvedMachines,
  { request, deadline, signal }: Search,
): Promise<AgentIntroduction[]> {
  const refusals = new Set<string>()
  void noteRefusals(connection, refusals)
  const isOver = (): boolean => signal?.aborted === true || process.uptime() * 1_000 >= deadline
  let unfit: string[]
  let free: readonly string[]
  do {
    const introductions = await introduced(connection, group, request, wanted)
    unfit = introductions.flatMap((one) => whyUnfit(one, request) ?? [])
    const fit = introductions.filter((one) => whyUnfit(one, request) === undefined)
    const chosen = fit.toSorted(byName).slice(0, wanted)
    free = chosen.map(({ name }) => name)
    if (chosen.length < wanted) continue
    const answers = await Promise.all(chosen.map(async (one) => reserve(connection, one, request)))
    const busy = answers.flatMap((answer, nth) =>
      'refused' in answer ? [`${chosen[nth]!.name}: ${answer.refused}`] : [],
    )
    if (busy.length === 0) return chosen
    for (const { id } of chosen) release(connection, id, request)
    unfit.push(...busy)
  } while (!isOver())
  checkSignal(signal)
  const others = [...refusals, ...unfit].map((why) => `\n  ${printable(why)}`).join('')
  throw new WsLoadError(
    'WSLOAD_ERR_AGENTS',
    `wsLoad: expected ${wanted} free ${wanted === 1 ? 'agent' : 'agents'} of the group '${group}' within ${formatDuration(wait)}, ` +
      `${present(free)}: start them with ws-load agent --group ${group}, or lower machines.agents${others}`,
  )
}

function present(names: readonly string[]): string {
  if (names.length === 0) return 'none was there'
  return `${names.length} ${names.length === 1 ? 'was' : 'were'} there: ${printable(names.join(', '))}`
}

/** What NATS does not allow. */
async function noteRefusals(connection: NatsConnection, refusals: Set<string>): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'error') refusals.add(refusalOf(status.error))
  }
}

/** Those that introduce themselves in time; no longer than it takes to have enough. */
async function introduced(
  connection: NatsConnection,
  group: string,
  request: CoordinatorRequest,
  wanted: number,
): Promise<AgentIntroduction[]> {
  const found: AgentIntroduction[] = []
  const inbox = `_INBOX.ws-load.${request.run}`
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      // NATS itself answers, with nothing, where nobody listens.
      const introduction = error === null ? jsonOf(message, agentIntroduction) : undefined
      if (introduction !== undefined) found.push(introduction)
    },
  })
  connection.publish(subjects.discovery(group), JSON.stringify(request), { reply: inbox })
  const until = process.uptime() * 1_000 + askEveryMs
  const isEnough = (): boolean => found.filter((one) => whyUnfit(one, request) === undefined).length >= wanted
  while (process.uptime() * 1_000 < until && !isEnough()) await sleep(lookEveryMs)
  subscription.unsubscribe()
  return found
}

function whyUnfit(
  { name, environment, format, isBusy }: AgentIntroduction,
  { version }: CoordinatorRequest,
): string | undefined {
  if (environment.version !== version) return `${name}: it is version ${environment.version}, this is ${version}`
  if (format !== cloneFormat)
    return `${name}: its Node ${environment.node} writes what Node ${process.version} may not read`
  return isBusy ? `${name}: it works for another run` : undefined
}

function byName(one: AgentIntroduction, other: AgentIntroduction): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : one.id < other.id ? -1 : 1
}

async function reserve(
  connection: NatsConnection,
  { id }: AgentIntroduction,
  request: CoordinatorRequest,
): Promise<AgentAnswer> {
  try {
    const answer = await connection.request(subjects.reservation(id), JSON.stringify(request), {
      timeout: answerTimeoutMs,
    })
    return jsonOf(answer, agentAnswer) ?? { refused: 'it answers what cannot be read' }
  } catch (error) {
    return { refused: `it does not answer (${(error as Error).message})` }
  }
}

/** Whoever did not take it, or for another run, does not listen. */
function release(connection: NatsConnection, id: string, request: CoordinatorRequest): void {
  connection.publish(
    subjects.reservation(id),
    JSON.stringify({ ...request, isRelease: true } satisfies CoordinatorRequest),
  )
}
