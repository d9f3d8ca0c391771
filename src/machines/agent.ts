import { randomUUID } from 'node:crypto'
import type { WsLoadError } from '../errors.ts'
import { availableProcessors } from '../system/processors.ts'
import type { AgentOptions } from './agent-options.ts'
import { AgentRun } from './agent-run.ts'
import { cloneFormat } from './clone.ts'
import {
  type AgentAnswer,
  type AgentIntroduction,
  type CoordinatorRequest,
  coordinatorRequest,
  subjects,
} from './messages.ts'
import { connectWhenThere, jsonOf, type Msg, type NatsConnection, notConnected, refusalOf } from './nats.ts'

/** Generates load for whoever asks, one run at a time. */
export class Agent {
  readonly #options: AgentOptions
  readonly #connection: NatsConnection
  readonly #id = randomUUID()
  #run: AgentRun | undefined

  /**
   * Waits for a NATS server, and offers itself there.
   * @returns `undefined` if the signal came before
   * @throws {WsLoadError} `WSLOAD_ERR_NATS` if the server does not let it in
   */
  static async serve(options: AgentOptions, signal: AbortSignal): Promise<Agent | undefined> {
    const { nats, name, log } = options
    let isTold = false
    const connection = await connectWhenThere(nats, { name: `ws-load agent ${name}`, forEver: true }, (error) => {
      if (signal.aborted) return false
      if (!isTold) log(`${error.message.replace(/^wsLoad: /, '')}; waits for it`)
      isTold = true
      return true
    })
    return connection && new Agent(options, connection)
  }

  private constructor(options: AgentOptions, connection: NatsConnection) {
    this.#options = options
    this.#connection = connection
    const answer = (reply: (request: CoordinatorRequest) => unknown) => (error: Error | null, message: Msg) => {
      if (error !== null) {
        this.#refused(error)
        return
      }
      // Whatever else is said there is not meant for an agent.
      const request = jsonOf(message, coordinatorRequest)
      if (request !== undefined) message.respond(JSON.stringify(reply(request)))
    }
    connection.subscribe(subjects.discovery(options.group), { callback: answer(() => this.#introduction) })
    connection.subscribe(subjects.reservation(this.#id), { callback: answer((request) => this.#reserve(request)) })
    void this.#watchConnection()
  }

  /** Resolves when it cannot be reached any more, with why if that was not asked for. */
  async closed(): Promise<WsLoadError | undefined> {
    const error = await this.#connection.closed()
    return error ? notConnected(this.#options.nats.servers, error) : undefined
  }

  /** Ends it; a run under way is told at once. */
  async stop(): Promise<void> {
    await this.#run?.leave()
    await this.#connection.close()
  }

  get #introduction(): AgentIntroduction {
    const { name, environment, allowsCode } = this.#options
    return {
      id: this.#id,
      name,
      environment,
      format: cloneFormat,
      processors: availableProcessors(),
      allowsCode,
      isBusy: this.#run !== undefined,
    }
  }

  #reserve({ run, version, isRelease }: CoordinatorRequest): AgentAnswer {
    const { log, environment, name } = this.#options
    if (isRelease) {
      if (this.#run?.id === run) void this.#run.end('it was not wanted')
      return { accepted: true }
    }
    if (version !== environment.version) {
      const refused = `it is version ${environment.version}, the coordinator is ${version}`
      log(`refused a run: ${name} is version ${environment.version}, its coordinator ${version}`)
      return { refused }
    }
    if (this.#run !== undefined) return { refused: 'it works for another run' }
    log(`works for run ${run}`)
    this.#run = new AgentRun(this.#connection, { run, id: this.#id }, this.#options, (how) => {
      log(`free again: ${how}`)
      this.#run = undefined
    })
    return { accepted: true }
  }

  /** Without what it needs no run will ever find it, or hear of it. */
  #refused(error: Error): void {
    this.#options.log(refusalOf(error))
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#options.log('the connection to NATS was lost')
        this.#run?.hold()
      } else if (status.type === 'error') this.#refused(status.error)
      else if (status.type === 'reconnect') {
        this.#options.log('connected to NATS again')
        this.#run?.resume()
      }
    }
  }
}
