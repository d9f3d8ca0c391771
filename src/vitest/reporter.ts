/** The reporter that the plugin adds: all floods of a run in one table, in the terminal and in a job's summary. */
import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { TestArtifact } from 'vitest'
import type { Reporter, TestCase, TestModule, TestSpecification, Vitest } from 'vitest/node'
import { toBMF } from '../export/bmf.ts'
import { toGithubBenchmark } from '../export/github-benchmark.ts'
import type { NamedRun } from '../export/named-run.ts'
import { toOpenMetrics } from '../export/open-metrics.ts'
import { type OTLPTarget, pushOTLP } from '../export/otlp.ts'
import { pushMetrics } from '../export/push-gateway.ts'
import { formatPage } from '../page/page.ts'
import { printable, printableLine } from '../printable.ts'
import { hasFailedAt } from './attempts.ts'
import { commitOf } from './commit.ts'
import { exportedRunsOf } from './exported-runs.ts'
import { fileNameOf } from './file-name.ts'
import { progressArtifact } from './flood-artifact.ts'
import { KeptFloods } from './kept-floods.ts'
import { namesFloods } from './names-floods.ts'
import { removeOutput, writeOutput } from './output-file.ts'
import { sectionsOf } from './page-sections.ts'
import { type FileFloods, floodTableToMarkdown, formatFloodTable } from '../report/flood-table.ts'
import { paintWith } from '../report/paint.ts'
import { floodingFilesOf } from './shared-run.ts'
import { SideWatch } from './side-watch.ts'
import { tell } from './tell.ts'

/** Vitest's own reporters that people read, on the standard output. */
const forPeople = new Set<unknown>(['default', 'agent', 'minimal', 'verbose', 'dot', 'tree'])
/** The formats of other tools, by the name that the plugin has for them. */
const formats = { bmf: toBMF, githubBenchmark: toGithubBenchmark, openMetrics: toOpenMetrics } as const
const columnsOfLogs = 120
const maxColumns = 160

/** Options of the reporter. */
export interface WsLoadReporterOptions {
  /** Where to write a page of all floods, relative to the root; nowhere by default. */
  readonly html?: string | undefined
  /** Whether to print the table, and the progress of floods that last. Default: `true`. */
  readonly table?: boolean | undefined
  /** Where to write figures for other tools, relative to the root. */
  readonly files?: { readonly [format in keyof typeof formats]?: string | undefined } | undefined
  /** URL of a Pushgateway. */
  readonly pushGateway?: string | undefined
  /** An OpenTelemetry collector. */
  readonly otlp?: OTLPTarget | undefined
}

export default class WsLoadReporter implements Reporter {
  readonly #html: string | undefined
  readonly #table: boolean
  readonly #files: NonNullable<WsLoadReporterOptions['files']>
  readonly #pushGateway: string | undefined
  readonly #otlp: OTLPTarget | undefined
  #vitest: Vitest | undefined
  #sides: SideWatch | undefined

  constructor({ html, table = true, files = {}, pushGateway, otlp }: WsLoadReporterOptions = {}) {
    this.#html = html
    this.#table = table
    this.#files = files
    this.#pushGateway = pushGateway
    this.#otlp = otlp
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
    if (vitest.config.watch) this.#sides = new SideWatch(vitest)
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#sides?.beginRun()
    const isWatching = this.#vitest?.config.watch === true
    if (!isWatching && specifications.some(({ moduleId }) => namesFloods(moduleId))) this.#removeOutputs()
  }

  onTestCaseArtifactRecord(test: TestCase, artifact: TestArtifact): void {
    if (artifact.type === progressArtifact && this.#table) this.#log(` ${printable(test.fullName)}: ${artifact.line}`)
  }

  /** Before any reporter reads them at the end of the run, or writes them into a blob. */
  onTestModuleEnd(module: TestModule): void {
    const { wsLoadJudgedLater = {} } = module.meta()
    for (const test of module.children.allTests()) {
      const floods = wsLoadJudgedLater[test.id]
      if (floods !== undefined) test.meta().wsLoad = floods
    }
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    if (this.#vitest !== undefined) floodingFilesOf(this.#vitest).note(modules)
    this.#sides?.endRun(modules)
    const files = modules.map(floodsOf).filter(({ floods }) => floods.length > 0)
    if (files.length === 0) return
    if (this.#table) this.#printTable(files)
    appendToJobSummary(files)
    const kept = new KeptFloods()
    this.#writePage(modules, kept)
    try {
      await this.#export(modules, kept)
    } catch (error) {
      tell(`warning: the floods were not written for other tools: ${printableLine((error as Error).message)}`)
    }
  }

  /** Should a run of files that flood come to no flood, nobody is to take those of the run before for its own. */
  #removeOutputs(): void {
    if (this.#vitest === undefined) return
    for (const given of [this.#html, ...Object.values(this.#files)]) {
      if (given === undefined) continue
      const file = resolve(this.#vitest.config.root, given)
      try {
        removeOutput(file)
      } catch (error) {
        const why = printable((error as Error).message)
        tell(`warning: ${printable(file)} of the run before was not removed: ${why}`)
      }
    }
  }

  #writePage(modules: readonly TestModule[], kept: KeptFloods): void {
    if (this.#html === undefined || this.#vitest === undefined) return
    const { root } = this.#vitest.config
    const file = resolve(root, this.#html)
    const isWritten = writeBesides('the page', 'report.html', file, () => {
      const sections = modules.flatMap((module) => sectionsOf(module, kept))
      writeOutput(file, formatPage('WebSocket latency', sections, commitOf(root)))
    })
    if (isWritten) this.#log(` Page written to ${file}\n`)
  }

  async #export(modules: readonly TestModule[], kept: KeptFloods): Promise<void> {
    const wanted = Object.entries(this.#files).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const [gateway, collector] = [this.#pushGateway, this.#otlp]
    const isWanted = wanted.length > 0 || gateway !== undefined || collector !== undefined
    if (!isWanted || this.#vitest === undefined) return
    const runs = exportedRunsOf(modules, kept)
    for (const [name, given] of wanted) {
      const format: (runs: readonly NamedRun[]) => string = formats[name as keyof typeof formats]
      const file = resolve(this.#vitest.config.root, given)
      writeBesides('a file for other tools', `export.${name}`, file, () => writeOutput(file, format(runs)))
    }
    await Promise.all([
      gateway === undefined ? undefined : pushToGateway(gateway, runs),
      collector === undefined ? undefined : pushToCollector(collector, runs),
    ])
  }

  #printTable(files: readonly FileFloods[]): void {
    const stream = this.#isReadByPeople() ? process.stdout : process.stderr
    const columns = stream.isTTY ? Math.min(stream.columns || columnsOfLogs, maxColumns) : columnsOfLogs
    const paint = paintWith((format, text) => styleText(format, text, { stream }))
    const table = formatFloodTable(files, columns, paint)
    this.#log(`\n ${paint.bold('WebSocket latency')}\n${table}\n`)
  }

  #log(text: string): void {
    if (this.#isReadByPeople()) this.#vitest?.logger.log(text)
    else this.#vitest?.logger.error(text)
  }

  /** A table in the middle of JSON or XML would make it unreadable, and of someone's own reporter nobody knows. */
  #isReadByPeople(): boolean {
    return (this.#vitest?.config.reporters ?? []).some((one) => forPeople.has(Array.isArray(one) ? one[0] : one))
  }
}

async function pushToGateway(gateway: string, runs: readonly NamedRun[]): Promise<void> {
  for (const [nth, run] of runs.entries()) {
    try {
      await pushMetrics(gateway, run)
    } catch (error) {
      const missing = `${runs.length - nth} of ${runs.length} floods were not pushed`
      tell(`warning: export.pushGateway: ${printableLine((error as Error).message)}; ${missing}`)
      return
    }
  }
}

async function pushToCollector(collector: OTLPTarget, runs: readonly NamedRun[]): Promise<void> {
  if (runs.length === 0) return
  try {
    await pushOTLP(collector, runs)
  } catch (error) {
    tell(`warning: export.otlp: ${printableLine((error as Error).message)}`)
  }
}

function floodsOf(module: TestModule): FileFloods {
  const floods = [...module.children.allTests()].flatMap((test) =>
    (test.meta().wsLoad ?? []).map((flood) => ({
      test: test.fullName,
      failed: hasFailedAt(test, flood.attempt),
      flood,
    })),
  )
  return { file: fileNameOf(module), floods }
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary */
function appendToJobSummary(files: readonly FileFloods[]): void {
  const { GITHUB_STEP_SUMMARY: file } = process.env
  if (file === undefined || file === '') return
  writeBesides('the job summary', 'GITHUB_STEP_SUMMARY', file, () => {
    appendFileSync(file, `\n${floodTableToMarkdown(files)}\n\n`)
  })
}

/** Writes a report beside Vitest's own: one that cannot be written fails neither the run nor the others. Says whether it could. */
function writeBesides(what: string, setting: string, file: string, write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    const why = printable((error as Error).message)
    tell(`warning: ${what} was not written to ${printable(file)}: ${why}; set ${setting} to a file that can be written`)
    return false
  }
}
