import { randomUUID } from 'node:crypto'
import { clearTimeout, setTimeout } from 'node:timers'
import { WsLoadError } from '../errors.ts'
import type { FloodReport, Snapshot } from '../generator/flood-report.ts'
import type { LoadGenerator } from '../generator/load-generator.ts'
import type { RecordedSecond } from '../generator/recorder.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import type { ResolvedMachines } from '../options/machines.ts'
import { formatDuration } from '../units.ts'
import { AgentLink } from './agent-link.ts'
import { findAgents } from './find-agents.ts'
import type { AgentIntroduction } from './messages.ts'
import { connectWhenThere, type NatsConnection } from './nats.ts'
import { travelling } from './travelling-probe.ts'

/** From the order to start until the start: all agents have to have heard it, and to have said so. */
const startDelayMs = 500
/** Of so many agents the clocks are read at a time. */
const clocksAtOnce = 2
/** Clocks that are further apart than this cannot be said to agree. */
const mostUncertainClockMs = 5
/** Once a run is aborted, or has lost an agent, so long all have to say what they have measured. */
const reportWithinMs = 10_000

/** What each agent has to do. */
export interface AgentsWork {
  /** Of each agent, in the order in which they introduced themselves: of each flood what its threads have to do. */
  readonly plans: (agents: readonly AgentIntroduction[]) => readonly (readonly (readonly ThreadPlan[])[])[]
  /** Of this package. */
  readonly version: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Agents that generate the load of a run on their machines. All of them start at one instant, or none does. If one is lost
 * nobody takes its place: the others end too, and what they have measured is told.
 */
export class Agents implements LoadGenerator {
  readonly links: readonly AgentLink[]
  readonly #connection: NatsConnection
  #isStarted = false
  #isAborted = false
  /** NATS is away. */
  #isCutOff = false
  #deadline: NodeJS.Timeout | undefined

  /**
   * Finds free agents, and has them open their connections.
   * @throws {WsLoadError} `WSLOAD_ERR_NATS`, `WSLOAD_ERR_AGENTS`, `WSLOAD_ERR_INVALID_OPTIONS` for a probe that does not travel
   */
  static async engage(machines: ResolvedMachines, { plans, version, signal }: AgentsWork): Promise<Agents> {
    const connection = await connectWithin(machines, signal)
    try {
      const request = { run: randomUUID(), version }
      const found = await findAgents(connection, machines, request, signal)
      const agents = new Agents(connection, request.run, found)
      try {
        agents.#plan(plans(found))
        return agents
      } catch (error) {
        await agents.terminate()
        throw error
      }
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  private constructor(connection: NatsConnection, run: string, introductions: readonly AgentIntroduction[]) {
    this.#connection = connection
    const names = introductions.map(({ name }) => name)
    this.links = introductions.map(
      (introduction, nth) =>
        new AgentLink(connection, run, introduction, {
          name: names.indexOf(introduction.name) === nth ? introduction.name : `${introduction.name}#${nth + 1}`,
          onLost: (link) => this.#lost(link),
        }),
    )
    void this.#watchConnection()
  }

  async connected(): Promise<void> {
    await this.#all((link) => link.connected)
  }

  async start(): Promise<number> {
    if (this.#isAborted) return process.uptime() * 1_000
    await this.#inTurn((link) => link.agreeOnTime())
    const clocks = this.links.flatMap(({ name, clock }) =>
      clock!.uncertainty > mostUncertainClockMs ? [`${name} (to ${formatDuration(clock!.uncertainty)})`] : [],
    )
    if (clocks.length > 0) {
      throw new WsLoadError(
        'WSLOAD_ERR_AGENTS',
        `wsLoad: expected clocks that agree to ${formatDuration(mostUncertainClockMs)}, got those of ${clocks.join(', ')}: ` +
          'take agents with a faster way to NATS, and let nothing else run on their machines',
      )
    }
    const at = process.uptime() * 1_000 + startDelayMs
    await this.#all((link) => link.startAt(at))
    this.#isStarted = true
    return at
  }

  async done(): Promise<FloodReport[][]> {
    const reports = await Promise.all(
      this.links.map(async ({ name, done }) =>
        (await done)?.map((threads) => threads.map((report) => ({ ...report, agent: name }))),
      ),
    )
    clearTimeout(this.#deadline)
    await this.#inTurn((link) => link.agreeAgain())
    return byFlood(reports)
  }

  async snapshot(overdueAfter: number): Promise<Snapshot[][]> {
    return byFlood(await Promise.all(this.links.map((link) => link.snapshot(overdueAfter))))
  }

  async latestSeconds(): Promise<RecordedSecond[][]> {
    return byFlood(await Promise.all(this.links.map((link) => link.latestSeconds())))
  }

  /** Why nothing was measured, if no agent has told anything; `undefined` if one has. */
  get failure(): WsLoadError | undefined {
    if (this.links.some(({ isGone }) => !isGone)) return undefined
    if (!this.#isCutOff) return this.links[0]!.error()
    return new WsLoadError(
      'WSLOAD_ERR_NATS',
      'wsLoad: the connection to NATS was lost, and what the agents measured with it',
    )
  }

  finish(): void {
    for (const link of this.links) link.order({ type: 'finish' })
  }

  abort(): void {
    this.#isAborted = true
    for (const link of this.links) link.order({ type: 'abort' })
    this.#deadline ??= setTimeout(() => {
      for (const link of this.links) {
        link.lose(`it did not say what it had measured within ${formatDuration(reportWithinMs)}`)
      }
    }, reportWithinMs)
  }

  async terminate(): Promise<void> {
    clearTimeout(this.#deadline)
    for (const link of this.links) link.end()
    if (!this.#connection.isClosed()) await this.#connection.flush().catch(() => {})
    await this.#connection.close()
  }

  #plan(plans: readonly (readonly (readonly ThreadPlan[])[])[]): void {
    const prepared = this.links.map((link, nth) =>
      plans[nth]!.map((threads) => threads.map((plan) => ({ ...plan, probe: travelling(plan.probe, link) }))),
    )
    for (const [nth, link] of this.links.entries()) link.plan(prepared[nth]!)
  }

  /** A few at a time: what all are asked at once waits for each other on the way. */
  async #inTurn(ask: (link: AgentLink) => Promise<void>): Promise<void> {
    const waiting = this.links.values()
    const askNext = async (): Promise<void> => {
      for (const link of waiting) await ask(link)
    }
    await Promise.all(Array.from({ length: clocksAtOnce }, askNext))
  }

  /** Waits for all of them, or for the first that fails. */
  async #all(wait: (link: AgentLink) => Promise<void>): Promise<void> {
    await Promise.all(this.links.map(wait))
  }

  /** Nobody starts or goes on alone, and nobody waits for ever. */
  #lost(link: AgentLink): void {
    if (!this.#isStarted) {
      link.lose(link.lost!.reason)
      return
    }
    if (!this.#isAborted) this.abort()
  }

  /** What is said while NATS is away is lost. */
  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue
      this.#isCutOff = type === 'disconnect'
      for (const link of this.links) {
        if (this.#isCutOff) link.hold()
        else link.resume()
      }
    }
    this.#isCutOff = true
    for (const link of this.links) link.lose("this machine's connection to NATS was lost")
  }
}

/** @throws {WsLoadError} `WSLOAD_ERR_NATS` if there is no server in time */
async function connectWithin(machines: ResolvedMachines, signal: AbortSignal | undefined): Promise<NatsConnection> {
  const deadline = process.uptime() * 1_000 + machines.wait
  let last: WsLoadError | undefined
  const connection = await connectWhenThere(machines, { name: 'ws-load', forEver: false }, (error) => {
    last = error
    return !signal?.aborted && process.uptime() * 1_000 < deadline
  })
  if (connection === undefined) throw last!
  return connection
}

function byFlood<Report>(agents: readonly (readonly (readonly Report[])[] | undefined)[]): Report[][] {
  const floods = Math.max(0, ...agents.map((reports) => reports?.length ?? 0))
  return Array.from({ length: floods }, (_, flood) => agents.flatMap((reports) => reports?.[flood] ?? []))
}
