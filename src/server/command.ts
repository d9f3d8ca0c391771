import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { cpus } from 'node:os'
import * as timers from 'node:timers'
import { WsLoadError } from '../errors.ts'
import type { ResolvedTarget } from '../options/target.ts'
import { show } from '../wording.ts'
import { formatDuration } from '../units.ts'
import { endDescendants, type Family, type Farewell, killedExitCode, longestKillMs } from './descendants.ts'
import { type Handshake, shakeHands } from './handshake.ts'
import type { Errand, Started } from './leash.ts'
import { inheritedEnvironment } from './inherited-environment.ts'
import { endedWell, Program, sleep } from './program.ts'

const { clearTimeout, setTimeout } = timers

/** From one question whether the server is up to the next. */
const handshakeIntervalMs = 50
/** A handshake that is under way for so long has not been answered: to be accepted and closed takes no longer. */
const longAnswerMs = 1_500

/** A server that accepts WebSockets. */
export interface RunningTarget {
  readonly url: string
  /** What tells the processes of its command from others; `undefined` where it was running before, or is no command. */
  readonly family?: Family | undefined
  /** Whether it was running before; {@link RunningTarget.stop} then leaves it alone. */
  readonly reused: boolean
  /** Resolves with a message to print when the server ends before it is stopped, though that be just before. Stays pending otherwise. */
  readonly exited: Promise<string>
  /**
   * Ends the server with all its descendants; resolves when they are gone, and `exited` has resolved if that was before, with a message to
   * print if they did not end in time and were killed.
   */
  stop(): Promise<string | undefined>
}

/**
 * Starts the server under test and waits until it accepts a WebSocket. Whatever the outcome, nothing is left running
 * but a target that was returned.
 * @throws {WsLoadError} `WSLOAD_ERR_INVALID_OPTIONS` when its directory does not exist, or its processors do not
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_IN_USE` when a server accepts WebSockets at the URL already
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_EXITED` when the command ends before the server is up
 * @throws {WsLoadError} `WSLOAD_ERR_TARGET_TIMEOUT` when the server is not up in time
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED` when the signal is aborted before the server is up
 */
export async function startTarget(
  options: ResolvedTarget,
  handshake: Handshake = {},
  signal?: AbortSignal,
): Promise<RunningTarget> {
  checkDirectory(options)
  checkAffinity(options)

  const givingUp = new AbortController()
  const abort = (): void => {
    const message = `Waiting for ${commandOf(options)} was aborted before ${urlOf(options)} accepted a WebSocket.`
    givingUp.abort(new WsLoadError('WSLOAD_ERR_ABORTED', message, { cause: signal?.reason }))
  }
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  try {
    const { up } = await shakeHands(options.url, handshake, givingUp.signal)
    givingUp.signal.throwIfAborted()
    if (!up) return await launch(options, handshake, givingUp)
    if (!options.reuseExistingServer) throw inUse(options)
    return { url: options.url, reused: true, exited: new Promise(() => {}), stop: () => Promise.resolve(undefined) }
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

async function launch(
  options: ResolvedTarget,
  handshake: Handshake,
  givingUp: AbortController,
): Promise<RunningTarget> {
  const { command, cwd, env, cpuAffinity, timeout, stdin, stopSignal, stopTimeout, url } = options
  let answered = 'nothing yet'
  let askedAt = performance.now()
  const lastAnswer = (): string => {
    const waited = performance.now() - askedAt
    return waited < longAnswerMs ? answered : `nothing for ${formatDuration(waited)}`
  }
  const leash = new Program('leash', [], stopTimeout + longestKillMs)
  const mark = randomUUID()
  const started: Partial<Started> = {}
  leash.process.on('message', (message: object) => 'leader' in message && Object.assign(started, message))
  const endedInTime = endOrphansOf(leash, started, mark, options)
  const stop = async (): Promise<string | undefined> => {
    await leash.stop()
    return (await endedInTime) ? undefined : killed(options)
  }
  const ownEnv = { ...inheritedEnvironment(), ...env }
  const errand = { command, cwd, env: ownEnv, cpuAffinity, mark, stdin, stopSignal, stopTimeout }
  leash.process.send(errand satisfies Errand, () => {})
  void leash.ended.then((how) => givingUp.abort(exitedEarly(options, how, leash.lastWords())))
  const deadline = setTimeout(() => givingUp.abort(tooLate(options, lastAnswer(), leash.lastWords())), timeout)
  try {
    for (;;) {
      askedAt = performance.now()
      const { up, words } = await shakeHands(url, handshake, givingUp.signal)
      givingUp.signal.throwIfAborted()
      if (up) break
      answered = words
      askedAt = Infinity
      await sleep(handshakeIntervalMs)
    }
  } catch (error) {
    throw withMore(error as WsLoadError, await stop())
  } finally {
    clearTimeout(deadline)
  }
  leash.unref()
  const exited = leash.ended.then((how) => exitedLate(options, how, leash.lastWords()))
  const family = started.leader === undefined ? undefined : { leader: started.leader, mark }
  return { url, family, reused: false, exited, stop }
}

/**
 * What a leash does when it ends is done here when it was killed, or crashed: else its server would go on unseen.
 * @returns whether the server and its descendants have ended in time
 */
async function endOrphansOf(
  leash: Program,
  started: Partial<Started>,
  mark: string,
  farewell: Farewell,
): Promise<boolean> {
  const code = await new Promise<number | null>((resolve) => {
    leash.process.once('exit', resolve)
    leash.process.once('error', () => resolve(0))
  })
  if (code === 0 || code === killedExitCode) return code === 0
  const { leader } = started
  return leader === undefined || (await endDescendants({ leader, mark }, farewell))
}

/** An error of a start, and what else there is to say. */
function withMore(error: WsLoadError, more: string | undefined): WsLoadError {
  return more === undefined ? error : new WsLoadError(error.code, `${error.message}\n${more}`, { cause: error.cause })
}

function killed(options: ResolvedTarget): string {
  const { stopSignal, stopTimeout, name } = options
  return (
    `${commandOf(options)} was killed, because it or what it started did not end within ${formatDuration(stopTimeout)} of ${stopSignal}.\n` +
    `Expected it to end in that time: change what it does then, or ${name}.stopTimeout, or ${name}.stopSignal.`
  )
}

function inUse(options: ResolvedTarget): WsLoadError {
  const { name } = options
  return new WsLoadError(
    'WSLOAD_ERR_TARGET_IN_USE',
    `A server accepts WebSockets at ${urlOf(options)} before ${commandOf(options)} was run.\n` +
      `Expected none, so that no forgotten server is measured: end it, change ${name}.url, ` +
      `or set ${name}.reuseExistingServer to true to measure it as it is.`,
  )
}

function exitedEarly(options: ResolvedTarget, how: string, lastWords: string): WsLoadError {
  const { name } = options
  return new WsLoadError(
    'WSLOAD_ERR_TARGET_EXITED',
    `${commandOf(options)} ${how} before ${urlOf(options)} accepted a WebSocket.\n` +
      'Expected it to stay in the foreground and serve there: see its output below, ' +
      `then change ${name}.command, ${name}.cwd or ${name}.env.\n${adviseStdin(options, how)}${lastWords}`,
  )
}

function exitedLate(options: ResolvedTarget, how: string, lastWords: string): string {
  return (
    `${commandOf(options)} ${how} while it was being tested.\n` +
    `Expected it to serve at ${urlOf(options)} until it is stopped: see its output below.\n${adviseStdin(options, how)}${lastWords}`
  )
}

/** Of a server that ended well, by itself: many do when nobody can write to them any more. */
function adviseStdin({ stdin, name }: ResolvedTarget, how: string): string {
  if (stdin === 'open' || how !== endedWell) return ''
  return `Its stdin was closed: if it ends with that, as some do, set ${name}.stdin to 'open'.\n`
}

function tooLate(options: ResolvedTarget, answered: string, lastWords: string): WsLoadError {
  const { name } = options
  return new WsLoadError(
    'WSLOAD_ERR_TARGET_TIMEOUT',
    `${urlOf(options)} accepted no WebSocket within ${formatDuration(options.timeout)} of running ${commandOf(options)}; ` +
      `the last handshake was answered: ${answered}.\n` +
      `Expected a WebSocket that stays open, HTTP 401 or HTTP 403: change ${name}.url or ${name}.command, ` +
      `or ${name}.timeout when the server needs longer to start.\n${lastWords}`,
  )
}

function commandOf({ command, name }: ResolvedTarget): string {
  return `\`${command}\` (${name}.command)`
}

/** Without the user, password and query of the URL: a message ends up in the logs of a build. */
function urlOf({ url, name }: ResolvedTarget): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname === '/' ? '' : pathname} (${name}.url)`
}

function checkAffinity({ cpuAffinity, name }: ResolvedTarget): void {
  if (cpuAffinity === undefined) return
  const mistake = (what: string): WsLoadError =>
    new WsLoadError(
      'WSLOAD_ERR_INVALID_OPTIONS',
      `${name}.cpuAffinity: expected ${what}, got ${cpuAffinity.join(', ')}`,
    )
  if (process.platform !== 'linux') throw mistake('none but on Linux')
  const processors = cpus().length
  if (cpuAffinity.some((nth) => nth >= processors)) throw mistake(`processors of this machine, 0 to ${processors - 1}`)
}

function checkDirectory({ cwd, name }: ResolvedTarget): void {
  if (cwd === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return
  throw new WsLoadError('WSLOAD_ERR_INVALID_OPTIONS', `${name}.cwd: expected a directory that exists, got ${show(cwd)}`)
}
