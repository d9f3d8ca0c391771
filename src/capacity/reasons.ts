import { describeCutShort } from '../slo/fault.ts'
import { formatRatio } from '../units.ts'
import { isCutShort, rateOf, type SearchFindings } from './findings.ts'
import { type CapacityLimit, lowestOutOfReach } from './limit.ts'
import { formatLoad, formatLoads } from './load.ts'
import { isInColumns, isOfConnections } from './miss.ts'
import { type CapacityInterval, contradictionOf, mostLoads } from './search.ts'
import { type CapacityStep, isBroughtAbout, isStepCutShort, triedLoad } from './step.ts'

/** A width that differs by less from the precision is as precise. */
const roundingError = 1e-9
/** Of a load that nothing became of, so many reasons are told. */
const mostReasonsOfStep = 3

/** What there is to say of a search: what ended its interval, that the server was not always the same, what is left unknown. */
export function explainCapacity(
  search: SearchFindings,
  found: CapacityInterval & { limitedBy: CapacityLimit },
): string[] {
  return [
    ...whyCutShort(search),
    ...relapses(search),
    ...whyMissed(search, found.high),
    ...tooLow(search, found.high),
    ...limitReasons(search, found),
    ...contradictions(search),
    ...imprecision(search, found),
  ]
}

/** That a run failed, lost an agent, or was aborted, which ended the search. */
function whyCutShort({ steps, over, aborted }: SearchFindings): string[] {
  const broken = steps.filter((step) => isStepCutShort(step) && step.summary?.ended !== 'aborted')
  const isAborted = aborted === true || steps.some(({ summary }) => summary?.ended === 'aborted')
  return [
    ...broken.map(({ load, reasons, summary }) => {
      const why = summary === undefined ? reasons : describeCutShort(summary)
      return `the search broke off at ${formatLoad(over, load)}: ${why.join('; ')}`
    }),
    ...(isAborted ? ['the search was interrupted'] : []),
  ]
}

/** Steps after which the server did not become itself again. */
function relapses({ steps, over }: SearchFindings): string[] {
  return steps
    .filter(({ recovery }) => recovery === Infinity)
    .map(({ load }) => `the server did not recover from ${formatLoad(over, load)}, which ended the search`)
}

/** Why the lowest load that was too much was missed, where the columns do not show it. */
function whyMissed({ steps, over, objectives }: SearchFindings, high: number): string[] {
  const reason = steps.findLast(({ load, verdict }) => load === high && verdict === 'fail')?.reasons[0]
  if (reason === undefined || isInColumns(reason, objectives)) return []
  return [`missed at ${formatLoad(over, high)}: ${reason}`]
}

/** Bounds on a rate that a load has too few pings for, whatever the server does. */
function tooLow(search: SearchFindings, load: number): string[] {
  return search.objectives
    .filter(({ kind, level, limit, bound }) => {
      const rate = rateOf(search, load)
      return kind === 'rate' && level === 'fail' && (bound.startsWith('> ') ? limit >= rate : limit > rate)
    })
    .map(
      ({ indicator, bound }) =>
        `no load up to ${formatLoad(search.over, load)} can meet ${indicator} ${bound}: begin the search higher (from)`,
    )
}

/** What ended the interval above. */
function limitReasons(
  search: SearchFindings,
  { limitedBy, low, high }: CapacityInterval & { limitedBy: CapacityLimit },
): string[] {
  const { steps, from, to, over } = search
  const format = (load: number): string => formatLoad(over, load)
  const isHelpless = isLost(search) || tooLow(search, high).length > 0
  const unless = (cure: string): string => (isHelpless ? '' : `: ${cure}`)
  if (limitedBy === 'range') {
    return low === 0
      ? [`the lowest load of the range, ${format(from)}, was missed${unless('begin the search lower')}`]
      : [`the highest load of the range, ${format(to)}, was kept: the server may take more`]
  }
  if (limitedBy === 'slo') {
    return steps.some(({ verdict }) => verdict === 'pass')
      ? []
      : [`no load was surely kept${unless(`${cureOf(search)}, or end the range lower (to)`)}`]
  }
  const last = steps.at(-1)
  if (limitedBy === 'unknown') {
    if (isCutShort(search)) return []
    return [
      ...(last === undefined ? describeNoBeginning(search) : isLost(search) ? [] : describeEnd(search, last)),
      ...(last?.reasons.slice(0, mostReasonsOfStep) ?? []),
    ]
  }
  const step = lowestOutOfReach(steps, low)!
  return [`${describeLimit(search, step)}: the server may take more`, ...step.reasons.slice(0, 1)]
}

/**
 * Whether neither more time nor a lower range can help: the search was cut short, the server did not recover, or does not take all connections at
 * the lowest rate either.
 */
function isLost(search: SearchFindings): boolean {
  const { steps, over, from } = search
  if (isCutShort(search) || steps.some(({ recovery }) => recovery === Infinity)) return true
  const [lowest] = steps.toSorted((one, other) => one.load - other.load)
  if (over === 'connections' || lowest?.verdict !== 'fail' || lowest.summary === undefined) return false
  const { opened, requested } = lowest.summary.connections
  return (lowest.load <= from || opened < requested) && isOfConnections(lowest.reasons[0] ?? '', lowest.summary)
}

/** Why a search ended that has tried no load. */
function describeNoBeginning({ firstFlood }: SearchFindings): string[] {
  const ended = 'the search ended before its first load'
  if (firstFlood === undefined) return [ended]
  const [first = 'give it more time (maxDuration)', ...more] = firstFlood
  return [`${ended}: ${first}`, ...more]
}

/** Why a search ended that found no limit. */
function describeEnd(search: SearchFindings, last: CapacityStep): string[] {
  if (last.summary?.pings.answered === 0) return []
  return [`the search ended before it found a load that is surely too much: ${cureOf(search)}`]
}

/** What a search that was not cut short would have found more with. */
function cureOf({ steps }: SearchFindings): string {
  return steps.length < mostLoads - 1
    ? 'give it more time (maxDuration)'
    : `take a narrower range (from, to), for it tries ${mostLoads} loads at most`
}

/** Who did not bring a load about, or did, but cannot tell what of it was the server's doing. */
function describeLimit(search: SearchFindings, { load, limitedBy, summary }: CapacityStep): string {
  const named = formatLoad(search.over, load)
  const machine = summary?.machines === undefined ? 'this machine' : 'the machine of an agent'
  if (limitedBy === 'machine') return `${machine} did not bring about ${named}`
  const isThere = summary !== undefined && isBroughtAbout(summary, rateOf(search, load))
  return `the load generator ${isThere ? `cannot tell whether ${named} was kept` : `did not bring about ${named}`}`
}

/** That the verdicts on its steps cannot all be of one server. */
function contradictions({ over, steps }: SearchFindings): string[] {
  const found = contradictionOf(steps.map((step) => triedLoad(step, over)))
  if (found === undefined) return []
  const [kept, missed] = formatLoads(over, [found.kept, found.missed])
  return [
    `the server is not always the same: it surely kept ${kept} at one time and surely missed ${missed} at another`,
  ]
}

/** That the interval is wider than it was to be, and why it did not become any narrower. */
function imprecision(search: SearchFindings, { low, high }: CapacityInterval): string[] {
  const { over, precision, steps } = search
  const isWhole = over === 'connections' && high - low <= 1
  const width = high / low - 1
  if (low === 0 || high === Infinity || isWhole || width <= precision * (1 + roundingError)) return []
  const limited = steps.find(({ load, limitedBy }) => load > low && load < high && limitedBy !== undefined)
  const cure = limited === undefined ? cureOf(search) : describeLimit(search, limited)
  const helps = limited !== undefined || !isLost(search)
  const found = `the interval is ${formatRatio(width)} wide, ${formatRatio(precision)} was asked for`
  return [helps ? `${found}: ${cure}` : found]
}
