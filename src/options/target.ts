import * as v from 'valibot'
import { defaults } from '../defaults.ts'
import type { Parsed } from '../parsed.ts'
import { show } from '../wording.ts'
import {
  duration,
  expected,
  flag,
  oneOrMore,
  only,
  parseFields,
  sayableNames,
  text,
  webSocketUrl,
  wholeNumber,
} from './fields.ts'

/** The server under test: how it is started, and where it is then found. */
export interface TargetOptions {
  /**
   * Starts the server; run by the shell, and ended with all that descends from it on every way out of the test runner. It has to stay in the foreground.
   */
  readonly command: string
  /**
   * Where the server accepts WebSockets, `ws://` or `wss://`. It counts as up once it completes a handshake here, or
   * refuses one with 401 or 403, since the test may bring its own credentials. One that it closes at once with 1012, 1013 or
   * 1014, to be tried again later, does not count.
   */
  readonly url: string | URL
  /** Directory the command runs in. Default: the current one of the test runner. */
  readonly cwd?: string
  /** Environment variables, on top of the test runner's own, whose `NODE_ENV` is the user's, not Vitest's. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * Numbers of the processors that the server may use, from 0, as `taskset` counts them: `1`, or `[0, 1]`. Two servers that are
   * compared need the same ones. Linux alone, with `taskset` (util-linux, BusyBox). Default: all that the test runner may use.
   */
  readonly cpuAffinity?: number | readonly number[]
  /** How long the server may take until it is up; then the start has failed. Milliseconds or a text. Default: '60s'. */
  readonly timeout?: number | string
  /**
   * What the server reads from its standard input: `'closed'`, nothing, so that it ends at once; `'open'`, nothing either, but
   * it stays open until the server is stopped, for servers that end with it. Default: 'closed'.
   */
  readonly stdin?: 'open' | 'closed'
  /** The signal that asks the server to end. Default: 'SIGTERM'. */
  readonly stopSignal?: StopSignal
  /**
   * How long the server may then take to end: what is left of it after that is killed (SIGKILL), which is said. Milliseconds or
   * a text. Default: '5s'.
   */
  readonly stopTimeout?: number | string
  /**
   * What happens when the URL accepts WebSockets before the command is run: `true` measures that server, starts none
   * and leaves it running; `false` fails, so that no forgotten server is measured by accident. Default: false.
   */
  readonly reuseExistingServer?: boolean
  /**
   * In Vitest's watch mode: the files that the server is made of, as paths of files and folders or as globs, relative to `cwd`;
   * with a `!` before it, what is none of them. When one changes, the server is started anew and the test files that
   * flood it run again. Default: the files that the command names.
   */
  readonly watch?: string | readonly string[]
}

/** Linux can be built for no more of them. */
const mostProcessors = 8_192
const processorNumbers = 'the number of a processor, or a list of them'
const stopSignals = ['SIGHUP', 'SIGINT', 'SIGKILL', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const

/** Signals that servers take for the wish that they end. */
export type StopSignal = (typeof stopSignals)[number]

/** {@link TargetOptions} after defaults; can be cloned to another process. */
export interface ResolvedTarget {
  /** What it is called among options: `target`, or the side of a comparison. */
  readonly name: string
  readonly command: string
  readonly url: string
  /** `undefined` for the current directory. */
  readonly cwd?: string | undefined
  readonly env: Readonly<Record<string, string>>
  /** `undefined` for all that the test runner may use. */
  readonly cpuAffinity?: readonly number[] | undefined
  /** Milliseconds. */
  readonly timeout: number
  readonly stdin: 'open' | 'closed'
  readonly stopSignal: StopSignal
  /** Milliseconds. */
  readonly stopTimeout: number
  readonly reuseExistingServer: boolean
  /** `undefined` for the files that the command names. */
  readonly watch?: readonly string[] | undefined
}

const schema = only(
  {
    command: text('a command that starts the server'),
    url: webSocketUrl(),
    cwd: v.optional(text('a directory')),
    env: v.optional(
      v.pipe(
        sayableNames(),
        v.record(v.string(), v.string(expected('a text')), expected('an object with texts for values')),
      ),
      {},
    ),
    cpuAffinity: v.optional(
      v.pipe(
        oneOrMore(wholeNumber(0, mostProcessors - 1), processorNumbers),
        v.check((numbers) => numbers.length > 0, expected(processorNumbers)),
      ),
    ),
    timeout: v.optional(duration(1), defaults.targetTimeout),
    stdin: v.optional(v.picklist(['open', 'closed'], expected("'open' or 'closed'")), defaults.stdin),
    stopSignal: v.optional(
      v.picklist(stopSignals, expected(`one of ${stopSignals.map((name) => show(name)).join(', ')}`)),
      defaults.stopSignal,
    ),
    stopTimeout: v.optional(duration(1), defaults.stopTimeout),
    reuseExistingServer: v.optional(flag(), false),
    watch: v.optional(oneOrMore(text('a file, a folder or a glob'), 'a file, a folder, a glob or a list of them')),
  },
  'an object with a command and a url',
)

/** Names of {@link TargetOptions}. */
export const targetFields: readonly string[] = Object.keys(schema.entries)

/** Reads {@link TargetOptions}; each mistake has the option's name. @param name what the target is called among options */
export function safeParseTarget(input: unknown, name = 'target'): Parsed<ResolvedTarget> {
  const parsed = parseFields(schema, input, name)
  return 'mistakes' in parsed ? parsed : { value: { ...parsed.value, name } }
}
