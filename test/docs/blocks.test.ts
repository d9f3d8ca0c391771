import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Files, linkedConsumer, repository } from '../e2e/support/consumer.ts'
import { startCommand, startVitest } from '../e2e/support/vitest-run.ts'
import { certificates } from '../support/certificates.ts'
import { agents, nats, natsMissing } from '../support/nats.ts'
import { freePort } from '../support/processes.ts'
import { rabbitmq, rabbitmqMissing } from '../support/rabbitmq.ts'
import { echoing } from '../support/servers.ts'
import { chatRooms } from './support/chat-rooms.ts'
import { documents, pages, placeOf } from './support/documents.ts'
import { type Ports, projectOf, serverOn } from './support/projects.ts'
import { type EchoServer, startEcho } from './support/shell.ts'

const languages = new Set(['', 'js', 'sh', 'ts', 'yaml'])

/** What an assertion says of a machine that is too busy for what a page promises of a server: the block did run, and was answered. */
const isVerdict =
  /^(?:Error: )?(?:SLO missed|SLO inconclusive(?!: nothing was measured)|Slower|Unclear|Not sustained|Inconclusive|The load generator was saturated)/
/** What one of a page says whose server is not here. */
const isOfNobody = /^(?:Error: )?SLO inconclusive: nothing was measured/

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())
const secure = await echoing({ tls: true })
afterAll(() => secure[Symbol.asyncDispose]())
const rooms = await chatRooms()
afterAll(() => rooms[Symbol.asyncDispose]())
const broker = rabbitmqMissing() === undefined ? await rabbitmq() : undefined
afterAll(() => broker?.[Symbol.asyncDispose]())
const meeting = natsMissing() === undefined ? await nats() : undefined
afterAll(() => meeting?.[Symbol.asyncDispose]())
const load = meeting && (await agents(meeting, ['a', 'b']))
afterAll(() => load?.[Symbol.asyncDispose]())
/** Agents need a server to meet at. */
const runnable = pages.filter(({ name }) => name !== 'machines' || meeting !== undefined)
const echoes: EchoServer[] = []
afterAll(() => Promise.all(echoes.map((echo) => echo.stop())))

const vitest = join(consumer.directory, 'node_modules/vitest/vitest.mjs')

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly title: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** Its answers take a moment: without a pause, closed floods would do nothing else on this machine. */
async function echo(): Promise<EchoServer> {
  const server = await startEcho(consumer.directory, 2)
  echoes.push(server)
  return server
}

function reported(file: string): string[] {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
}

async function results(directory: string, file: string): Promise<Report['testResults']> {
  const report = JSON.parse(await readFile(join(directory, file), 'utf8')) as Report
  return report.testResults
}

test('every block is in a language that is run, parsed or compared', () => {
  const others = documents.flatMap(({ blocks }) => blocks).filter(({ language }) => !languages.has(language))
  expect(others.map(placeOf)).toEqual([])
})

test('every block of YAML can be parsed', () => {
  const blocks = documents.flatMap(({ blocks }) => blocks).filter(({ language }) => language === 'yaml')
  expect(blocks.length).toBeGreaterThan(0)
  for (const { code } of blocks) expect(parse(code)).toBeTypeOf('object')
})

function isExpected(file: string, message: string): boolean {
  const hasNoServer = broker === undefined && file.includes('stomp')
  return isVerdict.test(message) || (hasNoServer && isOfNobody.test(message))
}

describe('programs of the pages', () => {
  let root: string
  let report: Report
  let output: string

  beforeAll(async () => {
    const [quick, alsoQuick] = [await echo(), await echo()]
    // Paths are relative to Vitest's current directory.
    const files: Record<string, string> = { 'ca.pem': (await certificates()).ca }
    const securePort = new URL(secure.url).port
    // Without a broker nothing answers, which the page's tests say.
    const brokerUrl = broker?.url ?? `ws://127.0.0.1:${await freePort()}/ws`
    const names: string[] = []
    for (const page of runnable) {
      const startsServers = page.text.includes(`command: 'node server.js'`)
      const ports: Ports = startsServers ? [await freePort(), await freePort()] : [quick.port, alsoQuick.port]
      const name = page.path === 'README.md' ? 'readme' : page.name
      const project = Object.entries(projectOf(page, name === 'fan-out' ? [rooms.port, rooms.port] : ports))
      if (project.length === 0) continue
      names.push(name)
      for (const [path, text] of project) {
        files[`${name}/${path}`] = text
          .replaceAll('3443', securePort)
          .replace('ws://127.0.0.1:15674/ws', brokerUrl)
          .replace('nats://127.0.0.1:4222', String(meeting?.url))
      }
      // Commands of a comparison run in Vitest's current directory.
      if (name === 'comparing') {
        files['../main/server.js'] = serverOn(ports[0])
        files['server.js'] = serverOn(ports[1])
      }
    }
    files['vitest.config.js'] = `export default { test: { projects: ${JSON.stringify(names)} } }`
    root = await consumer.project(files)
    const [run] = await Promise.all([
      // Floods wait for each other; what comes before and after them need not.
      startVitest(consumer.directory, root, [...reported('run.json'), '--max-workers=2'], { WS_LOAD_UPDATE: '1' })
        .finished,
      startCommand([process.execPath, vitest, 'bench', '--run', ...reported('bench.json')], root).finished,
    ])
    output = run.output
    report = { testResults: [...(await results(root, 'run.json')), ...(await results(root, 'bench.json'))] }
  }, 240_000)

  test('have types that a strict project accepts', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    }
    const all: Files = Object.assign({}, ...pages.map((page) => prefixed(page.name, projectOf(page, [3001, 3002]))))
    const project = await consumer.project(all)
    const include = ['**/*.ts']
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)(process.execPath, [tsc], { cwd: project }).catch((error: unknown) => ({
      stdout: (error as { stdout: string }).stdout || String(error),
    }))
    expect(stdout).toBe('')
  })

  test('run to their end', () => {
    const failures = report.testResults.flatMap(({ name, message, assertionResults }) => [
      ...(assertionResults.length === 0 ? [{ where: name, messages: [message] }] : []),
      ...assertionResults
        .filter(({ failureMessages }) => failureMessages.some((text) => !isExpected(name, text)))
        .map(({ title, failureMessages }) => ({ where: `${name}: ${title}`, messages: failureMessages })),
    ])
    expect(failures).toEqual([])
    const ran = new Set(report.testResults.map(({ name }) => name.slice(root.length + 1)))
    const wanted = runnable
      .flatMap((page) =>
        Object.keys(prefixed(page.path === 'README.md' ? 'readme' : page.name, projectOf(page, [1, 2]))),
      )
      .filter((path) => /\.(?:test|bench)\.ts$/.test(path))
    expect(wanted.filter((path) => !ran.has(path))).toEqual([])
    expect(wanted.length).toBeGreaterThan(15)
  })

  test('print the table that docs/reports.md shows', () => {
    const { blocks } = pages.find(({ name }) => name === 'reports')!
    const shown = blocks.find(({ language }) => language === '')!.code
    const words = (line: string): string =>
      line
        .replaceAll(
          /[\d.]+ ?(?:[nµm]?s|k\/s|\/s|%|k)(?=\s|$)|pass|fail|\?|✓|✗|∞|≥|inconclusive|\(saturated\)|reports(?:\/|: )/g,
          '',
        )
        .replaceAll(/\s+/g, ' ')
    const printed = output.split('\n').map(words)
    const wanted = shown.split('\n').map((line) => words(line).trim())
    expect(wanted.filter((line) => !printed.some((other) => isLine(other, line)))).toEqual([])
    // Nothing is as quick as its limit.
    expect(output).toMatch(/[✗?] is as quick as .* (?:fail|inconclusive)/)
    expect(output).not.toMatch(/✓ is as quick as /)
  })
})

/** Whether a line was printed, its name cut to what other limits left of the width, if that had to be. */
function isLine(printed: string, line: string): boolean {
  const [beginning = '', end] = printed.split('…').map((part) => part.trim())
  return (
    printed.includes(line) ||
    (end !== undefined && beginning !== '' && line.startsWith(beginning) && line.endsWith(end))
  )
}

function prefixed(name: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]))
}
