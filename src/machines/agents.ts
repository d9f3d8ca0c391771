import { randomUUID } from 'node:crypto'
import { clearTimeout, setTimeout } from 'node:timers'
import { checkSignal, WsLoadError } from '../errors.ts'
import type { FloodReport, Snapshot } from '../generator/flood-report.ts'
import type { LoadGenerator, SeenAgent } from '../generator/load-generator.ts'
import type { RecordedInterval } from '../generator/intervals.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import type { ResolvedMachines } from '../options/machines.ts'
import { formatDuration } from '../units.ts'
import { AgentLink } from './agent-link.ts'
import { findAgents } from './find-agents.ts'
import type { AgentIntroduction } from './messages.ts'
import { connectWhenThere, isForbidden, type NatsConnection, refusalOf } from './nats.ts'
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
  readonly isLocal = false
  readonly #links: readonly AgentLink[]
  readonly #connection: NatsConnection
  #isStarted = false
  #isAborted = false
  /** NATS is away. */
  #isCutOff = false
  #deadline: NodeJS.Timeout | undefined
  #done: Promise<FloodReport[][]> | undefined

  /**
   * Finds free agents, and has them open their connections.
   * @throws {WsLoadError} `WSLOAD_ERR_NATS`, `WSLOAD_ERR_AGENTS`, `WSLOAD_ERR_ABORTED`, `WSLOAD_ERR_INVALID_OPTIONS` for a probe that does
   * not travel
   */
  static async engage(machines: ResolvedMachines, { plans, version, signal }: AgentsWork): Promise<Agents> {
    const deadline = process.uptime() * 1_000 + machines.wait
    const connection = await connectBefore(deadline, machines, signal)
    try {
      const request = { run: randomUUID(), version }
      const found = await findAgents(connection, machines, { request, deadline, signal })
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
    this.#links = introductions.map(
      (introduction, nth) =>
        new AgentLink(connection, run, introduction, {
          name: names.indexOf(introduction.name) === nth ? introduction.name : `${introduction.name}#${nth + 1}`,
          onLost: (link) => this.#lost(link),
          onDeserted: () => this.#deserted(),
        }),
    )
    void this.#watchConnection()
  }

  async connected(): Promise<void> {
    await this.#all((link) => link.connected)
  }

  async start(): Promise<number> {
    try {
      if (!this.#isAborted) await this.#inTurn((link) => link.agreeOnTime())
    } catch (error) {
      // Who was told to end reads no clock any more.
      if (!this.#isAborted) throw error
    }
    if (this.#isAborted) return process.uptime() * 1_000
    const clocks = this.#links.flatMap(({ name, clock }) =>
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
    // One that has said it would start may be lost before all others have.
    const lost = this.#links.find((link) => link.lost !== undefined)
    if (lost !== undefined) throw lost.error()
    this.#isStarted = true
    return at
  }

  async done(): Promise<FloodReport[][]> {
    this.#done ??= this.#reported()
    return this.#done
  }

  /** `undefined` where an agent is lost: of a part of the load nothing is judged. */
  async snapshot(overdueAfter: number): Promise<Snapshot[][] | undefined> {
    const snapshots = await Promise.all(this.#links.map((link) => link.snapshot(overdueAfter)))
    return this.#links.some(({ lost }) => lost !== undefined) ? undefined : this.#byFlood(snapshots)
  }

  async latestSeconds(): Promise<RecordedInterval[][]> {
    return this.#byFlood(await Promise.all(this.#links.map((link) => link.latestSeconds())))
  }

  agents(begin: number): SeenAgent[][] {
    if (this.#links.every(({ isGone }) => isGone)) throw this.#failure()
    return this.#links[0]!.connections.map((_, flood) => this.#links.map((link) => link.seen(flood, begin)))
  }

  finish(): void {
    for (const link of this.#links) link.order({ type: 'finish' })
  }

  abort(): void {
    this.#isAborted = true
    for (const link of this.#links) link.order({ type: 'abort' })
    this.#awaitReports()
  }

  async terminate(): Promise<void> {
    clearTimeout(this.#deadline)
    for (const link of this.#links) link.end()
    if (!this.#connection.isClosed()) await this.#connection.flush().catch(() => {})
    await this.#connection.close()
  }

  /** Whoever does not even begin to report is lost. */
  #awaitReports(): void {
    this.#deadline ??= setTimeout(() => {
      this.#deadline = undefined
      for (const link of this.#links) {
        if (link.isTelling) this.#awaitReports()
        else link.lose(`it did not say what it had measured within ${formatDuration(reportWithinMs)}`)
      }
    }, reportWithinMs)
  }

  /** Why nothing was measured. */
  #failure(): WsLoadError {
    if (!this.#isCutOff) return this.#links[0]!.error()
    return new WsLoadError(
      'WSLOAD_ERR_NATS',
      'wsLoad: the connection to NATS was lost, and what the agents measured with it',
    )
  }

  async #reported(): Promise<FloodReport[][]> {
    const reports = await Promise.all(this.#links.map(({ done }) => done))
    clearTimeout(this.#deadline)
    await this.#inTurn((link) => link.agreeAgain())
    return this.#byFlood(reports)
  }

  #plan(plans: readonly (readonly (readonly ThreadPlan[])[])[]): void {
    const prepared = this.#links.map((link, nth) =>
      plans[nth]!.map((threads) => threads.map((plan) => ({ ...plan, probe: travelling(plan.probe, link) }))),
    )
    for (const [nth, link] of this.#links.entries()) link.plan(prepared[nth]!)
  }

  /** Of each flood what all agents have told, with their names. */
  #byFlood<Report extends object>(agents: readonly (readonly (readonly Report[])[] | undefined)[]): Report[][] {
    const named = agents.map((floods, nth) => {
      const { name: agent } = this.#links[nth]!
      return floods?.map((threads) => threads.map((report) => ({ ...report, agent })))
    })
    return this.#links[0]!.connections.map((_, flood) => named.flatMap((floods) => floods?.[flood] ?? []))
  }

  /** A few at a time: what all are asked at once waits for each other on the way. */
  async #inTurn(ask: (link: AgentLink) => Promise<void>): Promise<void> {
    const waiting = this.#links.values()
    const askNext = async (): Promise<void> => {
      for (const link of waiting) await ask(link)
    }
    await Promise.all(Array.from({ length: clocksAtOnce }, askNext))
  }

  /** Waits for all of them, or for the first that fails. */
  async #all(wait: (link: AgentLink) => Promise<void>): Promise<void> {
    await Promise.all(this.#links.map(wait))
  }

  /** Nobody starts or goes on alone, and nobody waits for ever. */
  #lost(link: AgentLink): void {
    if (!this.#isStarted) {
      link.lose(link.lost!.reason)
      return
    }
    if (!this.#isAborted) this.abort()
  }

  /** Where nobody has a connection left, nothing is waited for. */
  #deserted(): void {
    if (this.#links.every(({ isDeserted }) => isDeserted)) this.finish()
  }

  /** What is said while NATS is away is lost. */
  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'error' && isForbidden(status.error)) {
        for (const link of this.#links) link.lose(refusalOf(status.error))
      }
      if (status.type !== 'disconnect' && status.type !== 'reconnect') continue
      this.#isCutOff = status.type === 'disconnect'
      for (const link of this.#links) {
        if (this.#isCutOff) link.hold()
        else link.resume()
      }
    }
    this.#isCutOff = true
    for (const link of this.#links) link.lose("the coordinator's connection to NATS was lost")
  }
}

/** @throws {WsLoadError} `WSLOAD_ERR_NATS` if there is no server in time, `WSLOAD_ERR_ABORTED` */
async function connectBefore(
  deadline: number,
  machines: ResolvedMachines,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  let last: WsLoadError | undefined
  const connection = await connectWhenThere(machines, { name: 'ws-load', forEver: false }, (error) => {
    last = error
    return !signal?.aborted && process.uptime() * 1_000 < deadline
  })
  if (connection !== undefined) return connection
  checkSignal(signal)
  throw last!
}
