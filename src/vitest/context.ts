import { inject, type TestContext, TestRunner } from 'vitest'
import type { WsLoadOptions } from '../options/options.ts'
import type { Family } from '../server/descendants.ts'
import { attemptOf } from './attempts.ts'

declare module 'vitest' {
  interface ProvidedContext {
    wsLoadDefaults: WsLoadOptions
    wsLoadTarget: string | null
    /** What tells the processes of the target's command from others; `null` if it was running before. */
    wsLoadTargetFamily: Family | null
    wsLoadInconclusive: 'fail' | 'warn'
    /** The project's directory. */
    wsLoadRoot: string
    /** Whether Vitest was told to renew what it keeps: `vitest -u`. */
    wsLoadUpdate: boolean
  }
}

type CurrentTest = NonNullable<ReturnType<typeof TestRunner.getCurrentTest>>

/** A test that is running: floods belong to it and end with it. */
export interface RunningTest {
  readonly task: CurrentTest
  /** Which attempt at the test, from 1. */
  readonly attempt: number
  readonly timeout: number
  readonly signal: AbortSignal
  readonly onTestFinished: CurrentTest['context']['onTestFinished']
  readonly annotate: CurrentTest['context']['annotate']
}

/** The options that floods of this project start from, as the configuration gives them. */
export function configuredDefaults(): WsLoadOptions {
  return inject('wsLoadDefaults') ?? {}
}

/** URL of the server under test, `null` if the configuration names none. */
export function configuredTarget(): string | null {
  return inject('wsLoadTarget') ?? null
}

/** What tells the processes of the server at a URL from others, if it is the target that the plugin has started. */
export function familyOf(url: string | undefined): Family | undefined {
  return url !== undefined && url === inject('wsLoadTarget') ? (inject('wsLoadTargetFamily') ?? undefined) : undefined
}

/** What an inconclusive verdict does, as the configuration says. */
export function configuredInconclusive(): 'fail' | 'warn' {
  return inject('wsLoadInconclusive') ?? 'fail'
}

/** The project's directory: baselines are kept in it. */
export function configuredRoot(): string {
  return inject('wsLoadRoot') ?? process.cwd()
}

/** Whether baselines are to be written: `WS_LOAD_UPDATE=1`, or `vitest -u` with the plugin. */
export function isUpdating(): boolean {
  const { WS_LOAD_UPDATE: wanted = '' } = process.env
  return !['', '0', 'false'].includes(wanted) || inject('wsLoadUpdate')
}

/** The test whose function is running, for calls outside of its fixtures; nobody knows it among concurrent tests. */
export function currentTest(): RunningTest | undefined {
  const task = TestRunner.getCurrentTest()
  return task === undefined || isConcurrent(task) ? undefined : runningTest(task.context)
}

/** The attempt at a test that a context belongs to. */
export function runningTest({
  task,
  signal,
  onTestFinished,
  annotate,
}: Pick<TestContext, 'task' | 'signal' | 'onTestFinished' | 'annotate'>): RunningTest {
  const attempt = attemptAt(task)
  // Vitest 4 hands the signal of the first attempt to the others, aborted if that one timed out. One of a run that was cancelled is right.
  const stale = attempt > 1 && hasTimedOut({ signal })
  return {
    task,
    attempt,
    timeout: task.timeout,
    signal: stale ? new AbortController().signal : signal,
    onTestFinished,
    annotate,
  }
}

/** A test's project, file and name, as reports show them. */
export function titleOf({ name, suite, file }: Pick<CurrentTest, 'name' | 'suite' | 'file'>): string {
  const names = [name]
  for (let one = suite; one !== undefined && one !== file; one = one.suite) names.unshift(one.name)
  const project = file.projectName === undefined || file.projectName === '' ? '' : `${file.projectName}: `
  return `${project}${[file.name, ...names].join(' > ')}`
}

/** Which attempt at a test is under way, from 1. */
export function attemptAt({ result }: Pick<CurrentTest, 'result'>): number {
  return attemptOf(result)
}

/** Whether an attempt at a test, its hooks included, has ended. */
export function isOver({ task, attempt }: Pick<RunningTest, 'task' | 'attempt'>): boolean {
  return task.result?.duration !== undefined || attemptAt(task) !== attempt
}

export function hasTimedOut({ signal }: Pick<RunningTest, 'signal'>): boolean {
  return signal.reason instanceof Error && signal.reason.message.includes('timed out')
}

/** Whether other tests of its file may run at the same time. */
export function isConcurrent({ concurrent = false, suite }: Pick<CurrentTest, 'concurrent' | 'suite'>): boolean {
  return concurrent || (suite !== undefined && isConcurrent(suite))
}
