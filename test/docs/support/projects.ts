/**
 * The code blocks of each page as a project of a user: a block that names its file is that file, another one stands in a test.
 * What is changed in them is what the machine decides, not the reader: ports, and how long floods last.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Files, repository } from '../../e2e/support/consumer.ts'
import { type Block, type Document, page, placeOf } from './documents.ts'

/** What stands for the ports 3001 and 3002 of a page. */
export type Ports = readonly [number, number]

/** Files of the examples: they are run where they belong, and shown as they are. */
const examples = new Set(
  ['latency.gate.ts', 'vitest.gate.config.mts', 'gate.sh'].map((name) =>
    readFileSync(join(repository, 'examples/gate', name), 'utf8'),
  ),
)

/** Of floods that say nothing else. */
const usualConfig = `
import wsLoad from 'vitest-ws-load/plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [wsLoad({ defaults: { connections: 4, duration: 200, warmup: 0 } })],
})
`

/** Whether a block is a file of an example. */
export function isOfExample({ code }: Block): boolean {
  return examples.has(code.replace(/^\/\/ \S+\n/, ''))
}

function isProgram({ language }: Block): boolean {
  return language === 'ts' || language === 'js'
}

/** The files of a page's project, by path within it; a page has none if it shows no code of its own. */
export function projectOf({ blocks }: Document, ports: Ports): Files {
  const programs = blocks.filter((block) => isProgram(block) && !isOfExample(block))
  if (programs.length === 0) return {}
  const files = Object.fromEntries(
    programs.flatMap(({ file, code }) => (file === undefined ? [] : [[file, localized(shortened(code), ports)]])),
  )
  const lines = programs.filter(({ file }) => file === undefined)
  const tests = [imports, ...lines.map((block) => localized(shortened(inTest(block)), ports))].join('\n')
  return {
    'vitest.config.ts': usualConfig,
    ...(lines.length > 0 && { 'lines.test.ts': tests }),
    ...files,
  }
}

/** The programs of a page that one of its commands runs with Node, by name. */
export function commandFilesOf({ blocks }: Document, ports: Ports): Files {
  const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code)
  const isRun = (file: string): boolean => commands.some((code) => nodeFile.exec(code)?.[1] === file)
  return Object.fromEntries(
    blocks
      .filter((block) => isProgram(block) && block.file !== undefined && isRun(block.file))
      .map(({ file, code }) => [file!, localized(shortened(code), ports)]),
  )
}

/** A command that runs a program with Node. */
export const nodeFile = /^node (?:--test )?(\S+\.ts)$/m

/** A server like that of {@link page getting-started}, on another port. */
export function serverOn(port: number): string {
  const { blocks } = page('docs/getting-started.md')
  return blocks.find(({ file }) => file === 'server.js')!.code.replace('3001', String(port))
}

/** On these ports. */
export function localized(text: string, [first, second]: Ports): string {
  return text.replaceAll(/3001|3002/g, (port) => String(port === '3001' ? first : second))
}

function shortened(code: string): string {
  return code
    .replaceAll(
      /\b(duration|maxDuration): '\d+s'/g,
      (_, name: string) => `${name}: '${name === 'duration' ? '0.5s' : '1s'}'`,
    )
    .replaceAll(/until: slo(?! *,? *maxDuration)/g, `until: slo, maxDuration: '1s'`)
    .replaceAll(/\brestarts: \d+/g, `restarts: 7, maxDuration: '8s'`)
    .replaceAll(/compare\(\{(?=(?:(?!maxDuration)[^])*?\n {2}\}\))/g, `compare({ maxDuration: '2s', `)
}

const imports = `import { evaluateSLO, expect, formatSummary, test } from 'vitest-ws-load'
void [evaluateSLO, expect, formatSummary]`

/** Lines that are no file of their own stand in a test, in which a summary is at hand. */
function inTest(block: Block): string {
  const { code } = block
  const needsSummary = code.includes('summary') && !code.includes('const summary')
  return [
    `test('${placeOf(block)}', async ({ wsLoad }) => {`,
    needsSummary ? 'const summary = await wsLoad()' : 'void wsLoad',
    code,
    '})',
  ].join('\n')
}
