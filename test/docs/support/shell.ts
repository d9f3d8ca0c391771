/** The commands of the documents: those of `ws-load` are run, the others are known. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Block, placeOf } from './documents.ts'
import { localized, nodeFile, type Ports } from './projects.ts'

export interface Command {
  readonly place: string
  readonly text: string
}

export interface Outcome extends Command {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** An embedded server, started by the command line. */
export interface EchoServer {
  readonly port: number
  stop(): Promise<void>
}

/** Commands that are not run here, and why. */
const notRun: Readonly<Record<string, string>> = {
  'npm i -D vitest vitest-ws-load': 'asks a registry; test/e2e/package.test.ts installs the packed tarball',
  'npm i -D mqtt-packet': 'asks a registry; the package is one of this repository',
  'npm i -D @opentelemetry/api @opentelemetry/exporter-metrics-otlp-proto @opentelemetry/resources @opentelemetry/sdk-metrics':
    'asks a registry; the packages are among those of this repository',
  'npx ws-load ws://127.0.0.1:3001 --name gateway --otlp http://127.0.0.1:4318':
    'needs a collector: test/cli/main.test.ts has one',
  'npm install': 'asks a registry; test/e2e/package.test.ts does it in the same example',
  'npm test': 'run by test/e2e/package.test.ts in the same example',
  'DELAY=400 npm test': 'run by test/e2e/package.test.ts in the same example',
  'WORK=20 npm test': 'run by test/e2e/capacity.test.ts in the same example',
  'TOKEN=guess npm test': 'run by test/e2e/package.test.ts in the same example',
  'npm ci && npm test': 'would run this test',
  "npx ws-load compare ws://127.0.0.1:3001 ws://127.0.0.1:3002 --base-command 'PORT=3001 node server.js' --base-cwd ../main --head-command 'PORT=3002 node server.js' -t cpuPerPing=20% -t fallback=cpuPerPing":
    'starts servers of a project: test/e2e/action.test.ts does it with those of an example',
  'nats-server --addr 127.0.0.1': 'a server of its own: test/machines starts it',
  'npx ws-load agent --nats nats://127.0.0.1:4222 --name a': 'waits for runs: test/machines starts agents',
  'npx ws-load agent --nats nats://127.0.0.1:4222 --name b': 'waits for runs: test/machines starts agents',
  'npx ws-load ws://127.0.0.1:3001 --nats nats://127.0.0.1:4222 --agents 2 -c 100 -r 1k/s':
    'needs agents: test/e2e/machines.test.ts runs it',
  'echo "NATS_PASSWORD=n$(openssl rand -hex 24)" > .env':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'docker compose up --build --exit-code-from tests':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'helm repo add nats https://nats-io.github.io/k8s/helm/charts/':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'kubectl create secret generic ws-load-nats --from-literal=password="n$(openssl rand -hex 24)"':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'helm install nats nats/nats --values nats-values.yml --wait':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'kubectl apply --filename kubernetes.yml': 'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'kubectl delete job slo --ignore-not-found':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'kubectl logs --follow --pod-running-timeout=5m job/slo':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'kubectl wait --for=condition=Complete job/slo --timeout=1m':
    'needs Docker or Kubernetes; test/docs/manifests.test.ts reads the files',
  'npx vitest run': 'run in the project of its page',
  'npx vitest bench --run': 'run in the project of its page, where benchmarks are enabled',
  'DELAY=150 npx vitest run': "the README's first test is seen red against a slow server",
}

/** What makes a command of that kind short: the last of two flags counts. */
const shortened: Readonly<Record<string, string>> = {
  flood: '--warmup 0 --duration 200ms',
  decide: '--warmup 0 --max-duration 1s',
  compare: '--warmup 0 --max-duration 1s',
  doctor: '--seconds 2',
}

/** Lines of a block without their comments. */
export function commandsOf(block: Block): Command[] {
  return block.code
    .split('\n')
    .map((line) => line.replace(/\s+# .*$|^#.*$/, '').trim())
    .filter((text) => text !== '')
    .map((text) => ({ place: placeOf(block), text }))
}

/** Runs commands one after the other in a directory. */
export async function runCommands(
  commands: readonly Command[],
  { consumer, directory, ports }: { readonly consumer: string; readonly directory: string; readonly ports: Ports },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const command of commands) {
    if (command.text in notRun || isEcho(command.text)) continue
    if (nodeFile.test(command.text)) {
      const text = command.text.replace(/^node/, `"${process.execPath}"`)
      outcomes.push({ ...command, ...(await shell(text, directory)) })
      continue
    }
    if (!command.text.startsWith('npx ws-load ')) {
      outcomes.push({ ...command, exitCode: 127, stdout: '', stderr: 'expected a command that is run or listed' })
      continue
    }
    const program = `"${process.execPath}" "${programIn(consumer)}"`
    const text = `${localized(command.text.replace('npx ws-load', program), ports)} ${flagsFor(command.text)}`
    outcomes.push({ ...command, ...(await (usesFiles(text) ? shell(text, directory) : shellOnce(text, directory))) })
  }
  return outcomes
}

/** Runs `ws-load echo`, as the documents do, on a port that is free. */
export async function startEcho(consumer: string, delay: number): Promise<EchoServer> {
  const args = [programIn(consumer), 'echo', '--port', '0', '--delay', String(delay)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const ended = once(child, 'exit')
  return {
    port: Number(new URL(line.trim()).port),
    async stop() {
      child.kill('SIGINT')
      await ended
    },
  }
}

function programIn(consumer: string): string {
  return join(consumer, 'node_modules/vitest-ws-load/dist/cli/main.js')
}

/** Every server of these tests is one. */
function isEcho(text: string): boolean {
  return /^npx ws-load echo(?: --(?:port|delay) \d+)*$/.test(text)
}

function flagsFor(text: string): string {
  if (/ (?:--help|report) ?/.test(text) || /compare \S+\.json/.test(text)) return ''
  if (/ (?:compare|capacity) /.test(text)) return shortened['compare']!
  if (text.includes(' doctor')) return shortened['doctor']!
  return text.includes('--decide') ? shortened['decide']! : shortened['flood']!
}

function usesFiles(text: string): boolean {
  return /\.(?:json|html|hgrm)\b/.test(text)
}

const shared = new Map<string, ReturnType<typeof shell>>()

/** What several documents show alike and no directory matters to is run once. */
function shellOnce(text: string, cwd: string): ReturnType<typeof shell> {
  const outcome = shared.get(text) ?? shell(text, cwd)
  shared.set(text, outcome)
  return outcome
}

function shell(text: string, cwd: string): Promise<Omit<Outcome, keyof Command>> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', text], { cwd }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : NaN, stdout, stderr })
    })
  })
}
