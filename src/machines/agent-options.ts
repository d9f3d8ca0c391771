import type { Snapshot } from '../generator/flood-report.ts'
import type { LoadGenerator } from '../generator/load-generator.ts'
import type { ThreadPlan } from '../generator/thread-plan.ts'
import type { ResolvedNats } from '../options/machines.ts'
import type { Environment } from '../result/load-result.ts'

/** Threads of this process. */
export type LocalGenerator = Omit<LoadGenerator, 'start' | 'snapshot'> & {
  /** Whether no thread has a connection left of what is sent at a rate. */
  readonly isDeserted: boolean
  start(at: number): number
  snapshot(overdueAfter: number): Promise<Snapshot[][]>
}

export interface AgentOptions {
  readonly nats: ResolvedNats
  readonly group: string
  readonly name: string
  /** Whether it runs functions and modules that it is sent. */
  readonly allowsCode: boolean
  /** Source addresses of its connections. */
  readonly localAddresses: readonly string[]
  readonly environment: Environment
  /**
   * Opens the connections of each flood in load threads of this process.
   * @throws {WsLoadError} if this machine does not allow it
   */
  readonly open: (floods: readonly (readonly ThreadPlan[])[]) => LocalGenerator
  /** Is told what it does, a line each. */
  readonly log: (line: string) => void
}
