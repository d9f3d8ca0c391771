/** The manifests of examples/machines: what they say is known to those who read them, and names in them lead to each other. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { Job } from 'kubernetes-types/batch/v1.js'
import type { ConfigMap, Container, PodSpec } from 'kubernetes-types/core/v1.js'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { repository } from '../e2e/support/consumer.ts'

const folder = join(repository, 'examples/machines')
const run = promisify(execFile)

interface Service {
  readonly build?: {
    readonly context: string
    readonly dockerfile_inline?: string
    readonly args?: Readonly<Record<string, string>>
  }
  readonly image?: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly deploy?: { readonly replicas: number }
  readonly sysctls?: Readonly<Record<string, string>>
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, WorkflowJob>>
}

interface WorkflowJob {
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: { readonly agent: readonly number[] } }
  readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string | number>> }[]
}

const compose = parse(read('compose.yml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>> }
const kubernetes = parseAllDocuments(read('kubernetes.yml')).map((document) => document.toJS() as Manifest)
const workflow = parse(read('github-actions.yml')) as Workflow
const { services } = compose

type Manifest =
  | (ConfigMap & { readonly kind: 'ConfigMap' })
  | (Deployment & { readonly kind: 'Deployment' })
  | (Job & { readonly kind: 'Job' })

/** Types of what an API server takes, by kind. */
const kinds: Readonly<Record<Manifest['kind'], string>> = {
  ConfigMap: 'core/v1',
  Deployment: 'apps/v1',
  Job: 'batch/v1',
}

test('every example has the version of this package', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
  const examples = (await readdir(join(repository, 'examples'), { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  )
  const wanted = examples.map(({ name }) => {
    const manifest = readFileSync(join(repository, 'examples', name, 'package.json'), 'utf8')
    return (JSON.parse(manifest) as { devDependencies: Record<string, string> }).devDependencies['vitest-ws-load']
  })
  expect(new Set(wanted.map((range) => range?.replace('^', '')))).toEqual(new Set([version]))
  const [, ofAgent] = /ws-load-agent:(\S+)/.exec(read('kubernetes.yml'))!
  expect([ofAgent, services['agent']!.build!.args!['VERSION']]).toEqual([version, version])
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n')

  test('starts the agent itself, so that it gets the signals, as a user without rights', () => {
    expect(lines).toContain('USER node')
    expect(entryPoint()).toEqual(['ws-load', 'agent'])
    expect(lines.indexOf('USER node')).toBeGreaterThan(lines.findIndex((line) => line.startsWith('RUN npm')))
  })

  test('takes its version from who builds it', () => {
    expect(lines).toContain('ARG VERSION=latest')
    expect(lines.join('\n')).toContain('npm install --global "vitest-ws-load@$VERSION"')
  })
})

describe('compose.yml', () => {
  /** Of compose-spec's schema, those that it uses. */
  const known = {
    file: ['services'],
    service: 'build command depends_on deploy environment healthcheck image sysctls volumes'.split(' '),
    build: ['args', 'context', 'dockerfile_inline'],
    healthcheck: ['interval', 'retries', 'test'],
    deploy: ['replicas'],
  }

  test('has only fields of the Compose specification', () => {
    const all = Object.values(services)
    expect(unknown(compose, known.file).filter((name) => !name.startsWith('x-'))).toEqual([])
    expect(all.flatMap((service) => unknown(service, known.service))).toEqual([])
    for (const part of ['build', 'healthcheck', 'deploy'] as const) {
      expect(all.flatMap((service) => unknown(service[part] ?? {}, known[part]))).toEqual([])
    }
  })

  test('has an image, or how to build it, for every service', () => {
    for (const { image, build } of Object.values(services)) {
      expect([image, build].filter((one) => one !== undefined)).toHaveLength(1)
    }
  })

  test('waits only for services that say whether they are healthy', () => {
    const awaited = Object.values(services).flatMap(({ depends_on }) => Object.entries(depends_on ?? {}))
    expect(awaited.length).toBeGreaterThan(0)
    for (const [name, { condition }] of awaited) {
      expect(condition).toBe('service_healthy')
      expect(services[name]?.healthcheck?.test[0]).toBe('CMD')
    }
  })

  test('mounts and copies files that there are', () => {
    const mounted = Object.values(services).flatMap(({ volumes }) => (volumes ?? []).map((one) => one.split(':')[0]!))
    const copied = Object.values(services).flatMap(({ build }) =>
      [...(build?.dockerfile_inline ?? '').matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, files]) => files!.split(' ')),
    )
    expect(mounted).toEqual(['./nats.conf'])
    expect(copied).toContain('slo.test.ts')
    expect([...mounted, ...copied].filter((file) => !existsSync(join(folder, file)))).toEqual([])
  })

  test('leads agents and tests to the services of their URLs, at the ports of these', () => {
    const { nats, agent, tests, gateway } = services
    const meeting = new URL(/^\$\{NATS_URL:-(.*)\}$/.exec(agent!.environment['NATS_URL']!)![1]!)
    // Port of NATS where no --port says another one.
    expect([meeting.hostname, meeting.port]).toEqual(['nats', '4222'])
    expect(nats!.command).not.toContain('--port')
    expect(tests!.environment['NATS_URL']).toBe(agent!.environment['NATS_URL'])
    const flooded = new URL(tests!.environment['GATEWAY_URL']!)
    expect([flooded.hostname, flooded.port]).toEqual(['gateway', gateway!.environment['PORT']])
    expect(gateway!.environment['HOST']).toBe('0.0.0.0')
    const monitor = nats!.command[nats!.command.indexOf('--http_port') + 1]
    expect(nats!.healthcheck!.test.at(-1)).toBe(`http://127.0.0.1:${monitor}/healthz`)
  })

  test('has as many agents of the group as the tests ask for', () => {
    const { agent, tests } = services
    expect(Number(tests!.environment['AGENTS'])).toBe(agent!.deploy!.replicas)
    expect(agent!.command).toEqual(['--group', tests!.environment['AGENTS_GROUP']])
  })

  test('gives agents the version of the tests', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      readonly devDependencies: Readonly<Record<string, string>>
    }
    expect(services['agent']!.build!.args).toEqual({ VERSION: devDependencies['vitest-ws-load'] })
  })

  test('says of every variable what holds without it, or that it is missing', () => {
    const variables = [...read('compose.yml').matchAll(/^[^#\n]*\$\{(\w+)([^}\n]*)\}/gm)]
    expect(variables.length).toBeGreaterThan(2)
    expect(variables.filter(([, , otherwise]) => !/^:[-?]./.test(otherwise!)).map(([, name]) => name)).toEqual([])
  })
})

describe('kubernetes.yml', () => {
  const configMap = the('ConfigMap')
  const deployment = the('Deployment')
  const job = the('Job')
  const pods = [deployment.spec!.template, job.spec!.template].map(({ spec }) => spec!)

  test('is what the types of the Kubernetes API allow', async () => {
    expect(await mistypes(kubernetes)).toEqual([])
  })

  test('would not be, were a field misspelt, of another type, or missing', async () => {
    const [agent] = containersOf([deployment])
    const template = { ...job.spec!.template, spec: { containers: [{ ...agent, arg: [] }] } }
    const misspelt = { ...job, spec: { template } }
    const otherType = { ...configMap, data: { AGENTS: 3 } }
    const missing = { ...job, spec: { backoffLimit: 0 } }
    const found = await mistypes([misspelt, otherType, missing])
    expect(found.map((line) => /error TS(?:2353|2322|2741)/.test(line))).toEqual([true, true, true])
  })

  test('selects the pods that it makes', () => {
    const { labels } = deployment.spec!.template.metadata!
    const apart = deployment.spec!.template.spec!.affinity!.podAntiAffinity!
    expect(deployment.spec!.selector.matchLabels).toEqual(labels)
    const required = apart.requiredDuringSchedulingIgnoredDuringExecution!
    expect(required.map(({ labelSelector }) => labelSelector!.matchLabels)).toEqual([labels])
  })

  test('has every map, secret and volume that it refers to, or says how to get it', () => {
    const containers = pods.flatMap((pod) => pod.containers)
    const maps = containers.flatMap(({ envFrom }) => envFrom!.map(({ configMapRef }) => configMapRef!.name))
    expect(new Set(maps)).toEqual(new Set([configMap.metadata!.name]))
    const keys = containers.flatMap(({ env }) => env!.map(({ valueFrom }) => valueFrom!.secretKeyRef!))
    const [, secret, key] = /kubectl create secret generic (\S+) --from-literal=(\w+)=/.exec(read('kubernetes.yml'))!
    expect(keys).toEqual(containers.map(() => ({ name: secret, key })))
    for (const pod of pods) {
      const mounted = pod.containers.flatMap(({ volumeMounts }) => volumeMounts!.map(({ name }) => name))
      expect(mounted).toEqual(pod.volumes!.map(({ name }) => name))
    }
  })

  test('mounts the certificate where agents and tests look for it', () => {
    for (const pod of pods) {
      const [volume] = pod.volumes!
      const [mount] = pod.containers[0]!.volumeMounts!
      expect(volume!.secret!.items!.map(({ path }) => `${mount!.mountPath}/${path}`)).toEqual([
        configMap.data!['NATS_CA'],
      ])
    }
  })

  test('has as many agents of the group as the tests ask for', () => {
    expect(deployment.spec!.replicas).toBe(Number(configMap.data!['AGENTS']))
    expect(deployment.spec!.template.spec!.containers[0]!.args).toEqual(['--group', '$(AGENTS_GROUP)'])
    expect(configMap.data!['AGENTS_GROUP']).toMatch(/^[\w-]+$/)
  })

  test('runs tests once, and without rights', () => {
    expect(job.spec!.backoffLimit).toBe(0)
    expect(job.spec!.template.spec!.restartPolicy).toBe('Never')
    for (const { securityContext, automountServiceAccountToken } of pods) {
      expect({ ...securityContext, automountServiceAccountToken }).toMatchObject({
        runAsNonRoot: true,
        automountServiceAccountToken: false,
      })
    }
  })

  test('meets at the NATS server of nats-values.yml, with its user, password and certificate', () => {
    const values = parse(read('nats-values.yml')) as {
      readonly config: {
        readonly nats: { readonly tls: { readonly enabled: boolean; readonly secretName: string } }
        readonly merge: { readonly authorization: { readonly users: readonly NatsUser[] } }
      }
      readonly container: { readonly env: Readonly<Record<string, unknown>> }
    }
    const { nats, merge } = values.config
    const [user] = merge.authorization.users
    expect(URL.parse(configMap.data!['NATS_URL']!)).toMatchObject({ protocol: 'tls:', hostname: 'nats', port: '4222' })
    expect(nats.tls).toEqual({ enabled: true, secretName: pods[0]!.volumes![0]!.secret!.secretName })
    expect(user).toMatchObject({ user: configMap.data!['NATS_USER'], password: '<< $NATS_PASSWORD >>' })
    expect(values.container.env).toEqual({ NATS_PASSWORD: { valueFrom: pods[0]!.containers[0]!.env![0]!.valueFrom } })
  })
})

describe('github-actions.yml', () => {
  test("has no mistake in the eyes of GitHub's own parser", async () => {
    expect(await mistakesOfWorkflow(read('github-actions.yml'))).toEqual([])
  })

  test('would have, were a key or a context misspelt', async () => {
    const text = read('github-actions.yml')
    for (const [right, wrong] of [
      ['timeout-minutes', 'timeout-minute'],
      ['matrix.agent', 'matix.agent'],
      ['actions: read', 'actions: reed'],
    ] as const) {
      expect(text).toContain(right)
      expect(await mistakesOfWorkflow(text.replace(right, wrong))).not.toEqual([])
    }
  })

  test('has as many agents of the group as the tests ask for', () => {
    const { agents, slo } = workflow.jobs
    const tests = slo!.steps.find(({ run: line }) => line?.includes('vitest run'))!
    expect(agents!.strategy!.matrix.agent).toHaveLength(Number(tests.env!['AGENTS']))
    expect(agents!.steps.at(-1)!.run).toContain('agent --group "$AGENTS_GROUP"')
    expect(workflow.env['AGENTS_GROUP']!.replaceAll(/\$\{\{[^}]*\}\}/g, '1')).toMatch(/^[\w-]{1,64}$/)
  })

  test('ends agents when the job of the tests has ended, and may ask whether it has', () => {
    const { agents } = workflow.jobs
    const [, asked] = /select\(\.name == "(\w+)"\)/.exec(agents!.steps.at(-1)!.run!)!
    expect(Object.keys(workflow.jobs)).toContain(asked)
    expect(agents!.permissions).toMatchObject({ actions: 'read' })
  })

  test('runs no code of a fork beside its secrets', () => {
    expect(Object.keys(workflow.on).filter((event) => event.startsWith('pull_request'))).toEqual([])
  })
})

test('every ws-load in the manifests has only flags that its help tells', async () => {
  const lines = [
    ...Object.values(services)
      .filter(({ build }) => build !== undefined && build.dockerfile_inline === undefined)
      .map(({ command }) => [...entryPoint(), ...command]),
    ...containersOf(kubernetes).map(({ command = [], args = [] }) => [...command, ...args]),
    ...Object.values(workflow.jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run: script = '' }) => script.split('\n').map((line) => line.trim().split(/\s+/))),
    ),
    ...['compose.yml', 'kubernetes.yml', 'github-actions.yml', 'Dockerfile', '../../docs/machines.md']
      .flatMap((file) => [...read(file).matchAll(/(?:npx |`)(ws-load [^`\n]*)/g)])
      .map(([, line]) => line!.split(/\s+/)),
  ].flatMap((words) => {
    const first = words.findIndex((word) => /(?:^|\/)ws-load$/.test(word))
    return first < 0 ? [] : [words.slice(first + 1)]
  })
  const ofAgents = lines.filter(([command]) => command === 'agent')
  const ofFloods = lines.filter(([command]) => command?.startsWith('ws://'))
  expect([ofAgents.length >= 5, ofFloods.length >= 1]).toEqual([true, true])
  expect(unknownFlags(ofAgents, await help('agent'))).toEqual([])
  expect(unknownFlags(ofFloods, await help())).toEqual([])
})

test('no manifest has a secret in it', () => {
  const names = ['compose.yml', 'kubernetes.yml', 'github-actions.yml', 'nats-values.yml', 'nats.conf']
  const given = names.flatMap((name) =>
    [...read(name).matchAll(/^ *(?:- )?(\w*(?:password|token|nkey|creds|secret)\w*): (?!\{)(.+)$/gim)].map(
      ([, key, value]) => ({ name, key: key!, value: value! }),
    ),
  )
  expect(given.length).toBeGreaterThan(4)
  const isReference = /\$NATS_PASSWORD\b|^\$\{NATS_PASSWORD:\?|^\$\{\{ (?:secrets\.NATS_PASSWORD|github\.token) \}\}$/
  const isName = /^(?:secretName|automountServiceAccountToken)$/
  expect(given.filter(({ key, value }) => !isReference.test(value) && !isName.test(key))).toEqual([])
  expect(kubernetes.map(({ kind }) => kind)).not.toContain('Secret')
})

test('every user of NATS may do what agents need, and nothing else', () => {
  const needed = ['ws-load.>', '_INBOX.>']
  const { config } = parse(read('nats-values.yml')) as {
    readonly config: { readonly merge: { readonly authorization: { readonly users: readonly NatsUser[] } } }
  }
  expect(config.merge.authorization.users.map(({ permissions }) => permissions)).toEqual([
    { publish: needed, subscribe: needed },
  ])
  const [, permissions] = /^ *permissions: (\{.*\})$/m.exec(read('nats.conf'))!
  expect(parse(permissions!)).toEqual({ publish: needed, subscribe: needed })
  expect(read('nats.conf')).toContain(`user: ${services['agent']!.environment['NATS_USER']}\n`)
})

interface NatsUser {
  readonly user: string
  readonly password: string
  readonly permissions: { readonly publish: readonly string[]; readonly subscribe: readonly string[] }
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

function entryPoint(): string[] {
  return JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(read('Dockerfile'))![1]!) as string[]
}

function unknown(object: object, known: readonly string[]): string[] {
  return Object.keys(object).filter((name) => !known.includes(name))
}

function the<Kind extends Manifest['kind']>(kind: Kind): Extract<Manifest, { readonly kind: Kind }> {
  const found = kubernetes.filter((one) => one.kind === kind)
  if (found.length !== 1) throw new Error(`kubernetes.yml: expected one ${kind}, got ${found.length}`)
  return found[0] as Extract<Manifest, { readonly kind: Kind }>
}

function containersOf(manifests: readonly Manifest[]): Container[] {
  return manifests.flatMap((one) => (one.kind === 'ConfigMap' ? [] : (one.spec!.template.spec as PodSpec).containers))
}

/** What TypeScript says of manifests as values of their kinds: no field that the API does not know, none missing. */
async function mistypes(manifests: readonly { readonly kind: Manifest['kind'] }[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  try {
    const types = join(repository, 'node_modules/kubernetes-types/*')
    const compilerOptions = { module: 'nodenext', strict: true, noEmit: true, types: [], paths: { '*': [types] } }
    const lines = manifests.map(
      (one, nth) => `export const manifest${nth}: import('${kinds[one.kind]}').${one.kind} = ${JSON.stringify(one)}`,
    )
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['manifests.ts'] }))
    await writeFile(join(directory, 'manifests.ts'), lines.join('\n'))
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '--pretty', 'false'], { cwd: directory }).catch(
      (error: unknown) => error as { readonly stdout: string },
    )
    return stdout.split('\n').filter((line) => line.includes('error TS'))
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function mistakesOfWorkflow(content: string): Promise<string[]> {
  // It imports JSON as a bundler would have it.
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  })
  try {
    const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser')
    const { context, value } = parseWorkflow({ name: 'load.yml', content }, new NoOperationTraceWriter())
    if (value === undefined) return ['expected a workflow']
    const { errors = [] } = await convertWorkflowTemplate(context, value)
    return errors.map(({ Message }) => Message)
  } finally {
    hooks.deregister()
  }
}

/** Flags of a command, as its help tells them. */
async function help(...command: readonly string[]): Promise<ReadonlySet<string>> {
  const program = join(repository, 'src/cli/main.ts')
  const { stdout } = await run(process.execPath, [program, ...command, '--help'])
  return new Set([...stdout.matchAll(/^ +(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, short, long]) => [short ?? '', long!]))
}

function unknownFlags(lines: readonly (readonly string[])[], known: ReadonlySet<string>): string[] {
  const flags = lines.flatMap((words) => words.filter((word) => /^--?[a-z]/.test(word)))
  return flags.filter((flag) => !known.has(flag))
}
