/**
 * Which room of `src/` may import which: the linter's rules are made from this table (`oxlint.config.ts`), and
 * ARCHITECTURE.md shows it.
 */
interface Room {
  /** What it holds. */
  readonly holds: string
  /** Rooms that it may import, besides itself and the {@link sharedFiles}. */
  readonly imports: readonly string[]
  /** Whether it may import Node's own modules. */
  readonly needsNode: boolean
}

/** Single files that every room may import, and that import nothing but each other. They run without Node. */
export const sharedFiles: Readonly<Record<string, string>> = {
  defaults: 'defaults of options that several rooms know',
  errors: 'the error class and its codes',
  parsed: 'a value, or all that is wrong with an input',
  printable: 'making texts of somebody else safe to print',
  secrets: 'masking what nobody else may read',
  units: 'reading and printing quantities',
  wording: 'how an error shows what it saw',
}

const verdicts = ['gate', 'slo', 'result', 'statistics']
const texts = ['report', 'capacity', ...verdicts]
const everythingBelow = ['export', 'options', 'page', 'run', 'server', 'summary', 'system', ...texts]

export const rooms: Readonly<Record<string, Room>> = {
  statistics: { holds: 'arrays in, numbers out', imports: [], needsNode: false },
  result: {
    holds: 'what a run found, as data and as JSON: totals, latencies, histograms, slices of time',
    imports: ['statistics'],
    needsNode: false,
  },
  slo: { holds: '(result, SLO) → verdict', imports: ['result', 'statistics'], needsNode: false },
  gate: { holds: '(base, head, tolerance) → verdict', imports: ['slo', 'result', 'statistics'], needsNode: false },
  capacity: {
    holds: '(loads, verdicts) → which load to try next, and the capacity',
    imports: ['gate', 'slo', 'result', 'statistics'],
    needsNode: false,
  },
  report: { holds: 'results and verdicts as text', imports: ['capacity', ...verdicts], needsNode: false },
  page: { holds: 'results and verdicts as HTML and SVG', imports: texts, needsNode: false },
  export: {
    holds: 'results in the formats of other tools',
    imports: ['slo', 'result', 'statistics'],
    needsNode: true,
  },
  summary: { holds: 'the classes that a user holds: results that print themselves', imports: texts, needsNode: false },
  system: {
    holds: 'what the operating system tells: of processes, threads, control groups and the machine',
    imports: [],
    needsNode: true,
  },
  wire: { holds: 'what goes over the wire: frames, their reader, one file a probe', imports: [], needsNode: true },
  options: { holds: 'what a user asked for, parsed once', imports: ['wire', 'capacity', ...verdicts], needsNode: true },
  protocols: {
    holds: 'ready-made protocols: their options in a test, what they say in a load thread',
    imports: ['options', 'wire'],
    needsNode: true,
  },
  generator: { holds: 'inside a load thread', imports: ['wire', 'result', 'system'], needsNode: true },
  machines: {
    holds: 'several machines: agents that generate load, and their coordinator',
    imports: ['generator', 'options', 'wire', 'system', 'result', 'statistics'],
    needsNode: true,
  },
  server: { holds: 'starting, awaiting, watching and ending servers', imports: ['options', 'system'], needsNode: true },
  run: {
    holds: 'the main thread: planning, starting and ending load threads, adding up what they report',
    imports: ['machines', 'generator', 'options', 'server', 'system', 'capacity', ...verdicts],
    needsNode: true,
  },
  cli: {
    holds: 'the program `ws-load`, one file a sub-command',
    imports: ['machines', ...everythingBelow],
    needsNode: true,
  },
  vitest: {
    holds: 'all that knows Vitest: fixture, matchers, plugin, benchmark provider, reporter',
    imports: everythingBelow,
    needsNode: true,
  },
}
