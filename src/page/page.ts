import { formatDocument } from './document.ts'
import { h, type Markup } from './element.ts'
import type { RecordedVerdict } from '../report/flood-record.ts'
import { describeMachineFaults } from '../slo/machine-fault.ts'
import { describeOtherFloods } from '../report/other-floods.ts'
import { outcomes, reference, unjudged } from '../report/outcome.ts'
import { describeEnd } from '../report/text.ts'
import { formatPercentile, percentiles, percentileName } from '../report/percentiles.ts'
import { intervalOf } from '../report/verdict.ts'
import { countUncertain } from '../slo/evaluate.ts'
import { observeRun } from '../slo/observation.ts'
import { type Judged, percentileIntervals } from '../slo/percentile-intervals.ts'
import { isTold } from '../slo/reading.ts'
import { describeFaults } from '../slo/fault.ts'
import { describeSurplus } from '../slo/surplus.ts'
import { printable, printableLine } from '../printable.ts'
import { reachOf } from '../result/error-rate.ts'
import type { LoadResult } from '../result/load-result.ts'
import { formatCount, formatDuration, formatRate, formatRatio } from '../units.ts'
import { detailsOf } from './details.ts'
import { distributionChart } from './distribution-chart.ts'
import { badge, figure, table, unfold } from './markup.ts'
import { overviewOf } from './overview.ts'
import { percentileChart } from './percentile-chart.ts'
import { messages, type Samples, samplesOf } from './samples.ts'
import { outcomeOf, type PageSection, type ShownRun } from './section.ts'
import { lengthOf, timelineChart } from './timeline-chart.ts'

/**
 * One self-contained HTML file without scripts. What servers and names say in it is text, never markup.
 * @param commit of what was flooded, if it is known
 */
export function formatPage(title: string, sections: readonly PageSection[], commit: string | null = null): string {
  const introduction = [overviewOf(sections, commit), sections.length > 1 ? contents(sections) : null]
  return formatDocument(title, introduction, sections.map(sectionOf))
}

function contents(sections: readonly PageSection[]): Markup {
  return h(
    'nav',
    { 'aria-label': 'Floods' },
    h(
      'ul',
      null,
      sections.map((section, nth) =>
        h('li', null, [
          h('a', { href: `#flood-${nth + 1}` }, printableLine(section.title)),
          ' ',
          verdictBadge(section),
        ]),
      ),
    ),
  )
}

function sectionOf(section: PageSection, nth: number): Markup {
  const { title, runs, verdicts } = section
  const slos = verdicts.filter((verdict) => verdict.type === 'slo')
  const objectives = slos.flatMap((slo) => slo.objectives)
  const last = slos.at(-1)
  const judged = last && { objectives: countUncertain(last.objectives), confidence: last.confidence }
  const samples = samplesOf(runs.at(-1)!.result)
  return h('section', { id: `flood-${nth + 1}` }, [
    h('h2', null, [printableLine(title), ' ', verdictBadge(section)]),
    runs.map((run) => h('p', { class: 'muted' }, describeRun(run, runs.length))),
    runs.map((run) => saturationOf(run, runs.length)),
    runs.map((run) => otherFloodsOf(run, runs.length)),
    runs.map((run) => machineFaultsOf(run, runs.length)),
    runs.map((run) => doubtOf(run, runs.length)),
    keyFigures(runs),
    verdicts.map(tableOfVerdict),
    figure(`${samples.latency} by percentile`, percentileChart(runs, objectives), percentileTable(runs, judged)),
    overTime(runs, samples),
    overTime(runs, messages),
    runs.map((run) => figure(`Histogram${suffix(run, runs.length)}`, distributionChart(run.result))),
    runs.map((run) => h('div', null, [errorsOf(run, runs.length), detailsOf(run.result, suffix(run, runs.length))])),
  ])
}

function verdictBadge(section: PageSection): Markup {
  const known = outcomeOf(section)
  if (known !== undefined) return badge(outcomes[known], known)
  return section.isBase === true ? badge(reference, 'base') : badge(unjudged, unjudged.title)
}

function describeRun({ name, result }: ShownRun, runs: number): string {
  const { options, duration, startedAt, ended } = result
  const label = runs > 1 ? `${name}: ` : ''
  const measured = `${printable(String(options.url))}, ${formatDuration(duration)} from ${startedAt}`
  return label + [measured, ...describeEnd(ended)].join(', ')
}

type Figures = Readonly<Record<string, (result: LoadResult) => string>>

function keyFigures(runs: readonly ShownRun[]): Markup {
  const isOfFanOuts = runs.every(({ result }) => result.fanOut !== undefined)
  const figures: Figures = {
    ...(isOfFanOuts ? figuresOfFanOut : figuresOfPings),
    ...(runs.some(({ result }) => result.connections.failed > 0) && {
      'connect errors': ({ connectErrorRate }: LoadResult) => formatRatio(connectErrorRate),
    }),
    connections: ({ connections }: LoadResult) =>
      `${formatCount(connections.opened)} of ${formatCount(connections.requested)}`,
  }
  return h(
    'dl',
    { class: 'figures' },
    Object.entries(figures).map(([name, read]) =>
      h('div', null, [h('dt', null, name), runs.map(({ result }) => h('dd', null, read(result)))]),
    ),
  )
}

const figuresOfPings: Figures = {
  p50: (result) => formatPercentile(observeRun(result), 50),
  p99: (result) => formatPercentile(observeRun(result), 99),
  max: (result) => formatPercentile(observeRun(result), 100),
  answered: ({ throughput }) => formatRate(throughput),
  errors: ({ errorRate }) => formatRatio(errorRate),
}

const figuresOfFanOut: Figures = {
  'delivery p50': (result) => formatPercentile(observeRun(result), 50),
  'delivery p99': (result) => formatPercentile(observeRun(result), 99),
  'completion p50': (result) => formatPercentile(observeRun(result).fanOut!.completion, 50),
  'completion p99': (result) => formatPercentile(observeRun(result).fanOut!.completion, 99),
  reach: ({ pings }) => formatRatio(reachOf(pings)),
  delivered: ({ throughput }) => formatRate(throughput),
  duplicates: ({ fanOut }) => formatCount(fanOut!.duplicates),
  'out of order': ({ fanOut }) => formatCount(fanOut!.outOfOrder),
  misrouted: ({ fanOut }) => formatCount(fanOut!.misrouted),
  refused: ({ fanOut }) => formatCount(fanOut!.refused),
}

function tableOfVerdict({ type, report, bottlenecks }: RecordedVerdict): Markup {
  const { title, reasons, head, rows, remarks } = report
  const paragraphs = (texts: readonly string[], style?: string): Markup[] =>
    texts.map((text) => h('p', style === undefined ? null : { class: style }, printableLine(text)))
  return h('div', null, [
    h('h3', null, printableLine(title)),
    paragraphs(reasons),
    paragraphs(bottlenecks, 'caution'),
    rows.length === 0 ? null : table({ caption: type === 'slo' ? 'Objectives' : 'Changes', head, rows }),
    paragraphs(remarks, 'muted'),
  ])
}

function overTime(runs: readonly ShownRun[], samples: Samples): Markup | null {
  const tables = runs.map((run) => intervalsOf(run, runs.length, samples))
  return figure(`${samples.latency} over time`, timelineChart(runs, samples), ...tables)
}

function percentileTable(runs: readonly ShownRun[], judged: Partial<Judged> = {}): Markup {
  const samples = samplesOf(runs.at(-1)!.result)
  const answered = runs.filter(({ result }) => result.latency.count > 0)
  const told = percentiles.filter((percentile) => answered.some(({ result }) => isTold(result, percentile)))
  const columns = answered.map((run) => columnsOf(run, runs.length, { told, judged }))
  return unfold(
    'As a table',
    table({
      caption: `${samples.latency} by percentile`,
      head: ['percentile', ...columns.flatMap(({ head }) => head)],
      rows: [0, ...told, 100].map((percentile, nth) => [
        percentileName(percentile),
        ...columns.flatMap(({ rows }) => rows[nth]!),
      ]),
    }),
  )
}

/** Percentiles as measured, and where a verdict would take the true ones to be. */
function columnsOf(
  run: ShownRun,
  runs: number,
  { told, judged }: { readonly told: readonly number[]; readonly judged: Partial<Judged> },
): { head: string[]; rows: string[][] } {
  const { result } = run
  const { confidence = result.options.confidence } = judged
  const intervals = percentileIntervals(result, told, judged)
  const observed = observeRun(result)
  const measured = (percentile: number): string => formatPercentile(observed, percentile)
  return {
    head: [`${samplesOf(result).latency.toLowerCase()}${suffix(run, runs)}`, `${formatRatio(confidence)} sure`],
    rows: [
      [measured(0), ''],
      ...told.map((percentile, nth) =>
        isTold(result, percentile)
          ? [measured(percentile), intervalOf({ kind: 'duration', ...intervals[nth]! })]
          : ['-', ''],
      ),
      [measured(100), ''],
    ],
  }
}

function intervalsOf(run: ShownRun, runs: number, samples: Samples): Markup {
  const intervals = samples.intervalsOf(run.result)
  return unfold(
    `As a table${suffix(run, runs)}`,
    table({
      caption: `${samples.latency} in each ${lengthOf(intervals)}${suffix(run, runs)}`,
      head: ['from', 'p50', 'p99', 'max', samples.sent, samples.answered, 'timed out', 'lost', 'dropped'],
      rows: intervals.map(({ start, p50, p99, max, sent, answered, timedOut, lost, dropped }) => [
        formatDuration(start),
        ...[p50, p99, max].map(formatDuration),
        ...[sent, answered, timedOut, lost, dropped].map(formatCount),
      ]),
    }),
  )
}

/** First of all: what follows may be the generator's doing, and not the server's. */
function saturationOf(run: ShownRun, runs: number): Markup | null {
  const { saturated, reasons } = run.result.generator
  if (!saturated) return null
  return h(
    'p',
    { class: 'caution' },
    `Load generator saturated${suffix(run, runs)}: ${printableLine(reasons.join('; '))}`,
  )
}

function otherFloodsOf(run: ShownRun, runs: number): Markup | null {
  const [sentence] = describeOtherFloods(run.result.environment)
  return sentence === undefined ? null : h('p', { class: 'caution' }, `${sentence}${suffix(run, runs)}`)
}

/** That connections failed for a limit of the generator's machine. */
function machineFaultsOf(run: ShownRun, runs: number): Markup | null {
  const faults = describeMachineFaults(run.result)
  return faults.length === 0 ? null : h('p', { class: 'caution' }, `${faults.join('; ')}${suffix(run, runs)}`)
}

/** Likewise: figures may be of other messages than answers. */
function doubtOf(run: ShownRun, runs: number): Markup | null {
  const surplus = describeSurplus(run.result)
  return surplus === undefined ? null : h('p', { class: 'caution' }, `${surplus}${suffix(run, runs)}`)
}

function errorsOf(run: ShownRun, runs: number): Markup | null {
  const faults = describeFaults(run.result.errors)
  if (faults.length === 0) return null
  return h('div', null, [
    h('h3', null, `Errors${suffix(run, runs)}`),
    h(
      'ul',
      null,
      faults.map((fault) => h('li', null, fault)),
    ),
  ])
}

function suffix({ name }: ShownRun, runs: number): string {
  return runs > 1 ? ` (${name})` : ''
}
