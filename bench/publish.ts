/**
 * Runs the programs that the documents name and puts what they print below their names:
 *
 *     <!-- node bench/memory.ts --connections 10000 -->
 *     … what that command printed …
 *     <!-- end -->
 *
 * Benchmarks print Markdown, which stands as it is; what another program prints stands in a fence. A command that stands in
 * several places runs once. The machine must have nothing else to do. What takes an hour runs only where its name is given.
 *
 * Run: npm run bench:publish [-- <part of a command>]
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const documents = [
  'docs/capacity.md',
  'docs/comparing.md',
  'docs/performance.md',
  'docs/server.md',
  'docs/slos.md',
  'docs/summary.md',
  'docs/verdicts.md',
]
const blocks = /<!-- node (\S+\.[jt]s)(.*?) -->\n[\s\S]*?<!-- end -->/g
const only = process.argv[2] ?? ''
/** Programs that run only where they are named. */
const takingLong: ReadonlySet<string> = new Set([
  'bench/capacity.ts',
  'bench/gate.bench.ts',
  'bench/long-life.ts',
  'bench/restarts.ts',
])
const printed = new Map<string, string>()

for (const document of documents) {
  const path = join(root, document)
  const text = readFileSync(path, 'utf8').replaceAll(blocks, (block, program: string, args: string) => {
    const command = `node ${program}${args}`
    if (!command.includes(only) || (only === '' && takingLong.has(program))) return block
    return `<!-- ${command} -->\n\n${output(command, program, args)}\n<!-- end -->`
  })
  writeFileSync(path, text)
}

function output(command: string, program: string, args: string): string {
  const known = printed.get(command)
  if (known !== undefined) return known
  console.error(command)
  const stdout = execFileSync(process.execPath, [join(root, program), ...args.split(' ').filter(Boolean)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`
  const isMarkdown = program.startsWith('bench/')
  const text = isMarkdown ? `\`${command}\` (${machine}):\n\n${stdout}` : `\`\`\`\n${stdout.trimEnd()}\n\`\`\`\n`
  printed.set(command, text)
  return text
}
