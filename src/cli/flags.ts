/** Options that are told by another name on the command line. */
const renamed: Readonly<Record<string, string>> = {
  stages: 'stage',
  headers: 'header',
  protocols: 'protocol',
  localAddresses: 'local-address',
  until: 'slo',
  'tls.ca': 'ca',
  'tls.cert': 'cert',
  'tls.key': 'key',
  'tls.servername': 'servername',
  'probe.protocol': 'protocol-module',
  'reconnect.max': 'reconnect',
  'reconnect.backoff': 'reconnect-backoff',
  'base.command': 'base-command',
  'base.cwd': 'base-cwd',
  'head.command': 'head-command',
  'head.cwd': 'head-cwd',
  'base.cpuAffinity': 'cpu-affinity',
  'head.cpuAffinity': 'cpu-affinity',
  'machines.nats': 'nats',
  'machines.agents': 'agents',
  'machines.group': 'group',
  'machines.wait': 'agents-wait',
  'machines.credentials.creds': 'nats-creds',
  'credentials.creds': 'nats-creds',
  server: 'no-server',
  'server.pid': 'server-pid',
  'server.cgroup': 'server-cgroup',
}
/** Options that the environment has. */
const variables: Readonly<Record<string, string>> = {
  nkey: 'NATS_NKEY',
  token: 'NATS_TOKEN',
  user: 'NATS_USER',
  password: 'NATS_PASSWORD',
  'tls.ca': 'NATS_CA',
  'tls.cert': 'NATS_CERT',
  'tls.key': 'NATS_KEY',
}
/** Arguments, which are no flags. */
const argumentNames = new Set(['url', 'base.url', 'head.url'])

/** A mistake in an option, by the name of its flag: `until.p99: …` is `--slo: p99: …`; of flags that exclude each other it is `--decide`. */
export function nameFlag(mistake: string): string {
  const [, names = '', rest = ''] = /^(headers\.[^:]+|[\w.]+(?:, \w+)*)(: .*)$/s.exec(mistake) ?? []
  const inFlags = rest
    .replace('expected until with it', 'expected --decide with it')
    .replace('at the latest after maxDuration', 'at the latest after --max-duration')
  if (names === '') return mistake
  const [name, ...others] = names.split(', ')
  const flags =
    others.length === 0
      ? [flagOf(name!)]
      : [name!, ...others].map((one) => (one === 'until' ? '--decide' : flagOf(one)))
  return `${flags.join(', ')}${inFlags}`
}

/** A default as a user would write it: `5s`. */
export function seconds(ms: number): string {
  return `${ms / 1_000}s`
}

function flagOf(name: string): string {
  if (argumentNames.has(name)) return name
  if (/^(?:machines\.)?credentials$/.test(name)) return 'NATS_USER, NATS_PASSWORD'
  const variable = variables[/^(?:machines\.)?credentials\.(.+)$/.exec(name)?.[1] ?? '']
  if (variable !== undefined) return variable
  // Of a list, one.
  const whole = name.replace(/\.\d+$/, '')
  if (whole in renamed) return `--${renamed[whole]}`
  const [option = '', ...inside] = name.split('.')
  return [`--${renamed[option] ?? kebab(option)}`, ...(inside.length > 0 ? [inside.join('.')] : [])].join(': ')
}

/** A name as a flag has it: `in-flight` of `inFlight`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
