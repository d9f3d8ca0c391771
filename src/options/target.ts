import { didYouMean, show } from '../wording.ts'
import { durationForms, parseDuration } from '../units.ts'

/** The server under test: how it is started, and where it is then found. */
export interface TargetOptions {
  /**
   * Starts the server; run by the shell, in a process group of its own that is ended as a whole (SIGTERM, after 3 s
   * SIGKILL) on every way out of the test runner. It has to stay in the foreground.
   */
  readonly command: string
  /**
   * Where the server accepts WebSockets, `ws://` or `wss://`. It counts as up once it completes a handshake here, or
   * refuses one with 401 or 403, since the test may bring its own credentials.
   */
  readonly url: string
  /** Directory the command runs in. Default: the current one of the test runner. */
  readonly cwd?: string
  /** Environment variables, on top of the test runner's own. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** How long the server may take until it is up; then the start has failed. Milliseconds or a text. Default: '60s'. */
  readonly timeout?: number | string
  /**
   * What happens when the URL accepts WebSockets before the command is run: `true` measures that server, starts none
   * and leaves it running; `false` fails, so that no forgotten server is measured by accident. Default: false.
   */
  readonly reuseExistingServer?: boolean
}

const expectations: Record<keyof TargetOptions, { form: string; met: (value: unknown) => boolean; required?: true }> = {
  command: {
    form: 'a command that starts the server',
    met: (value) => typeof value === 'string' && value.trim() !== '',
    required: true,
  },
  url: { form: 'a ws:// or wss:// URL', met: isWebSocketUrl, required: true },
  cwd: { form: 'a directory', met: (value) => typeof value === 'string' && value !== '' },
  env: { form: 'an object with texts for values', met: isRecordOfTexts },
  timeout: { form: `${durationForms}, above 0`, met: (value) => (parseDuration(value) ?? 0) > 0 },
  reuseExistingServer: { form: 'true or false', met: (value) => typeof value === 'boolean' },
}

/** Lists every mistake in {@link TargetOptions}, each with the option's name: `target.url: expected …, got …`. */
export function checkTarget(options: unknown): string[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [`target: expected an object with a command and a url, got ${show(options)}`]
  }
  const given = options as Record<string, unknown>
  const unmet = Object.entries(expectations)
    .filter(([name, { met, required }]) => (given[name] === undefined ? required : !met(given[name])))
    .map(([name, { form }]) => `target.${name}: expected ${form}, got ${show(given[name])}`)
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(expectations, name))
    .map((name) => `target.${name}: no such option${didYouMean(name, Object.keys(expectations))}`)
  return [...unmet, ...unknown]
}

function isWebSocketUrl(value: unknown): boolean {
  return typeof value === 'string' && /^wss?:$/.test(URL.parse(value)?.protocol ?? '') && !value.includes('#')
}

function isRecordOfTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}
