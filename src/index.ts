export { errorCodes, WsLoadError, type WsLoadErrorCode } from './errors.ts'
export type { Change, ChangeVerdict, ComparisonVerdict, MeasuredChange, Noise } from './gate/comparison.ts'
export type { Tolerance } from './gate/tolerance.ts'
export type { CompareOptions, Side } from './load/compare.ts'
export type { Duration, Rate, Stage, TlsOptions, WsLoadOptions } from './load/options.ts'
export { type ComparisonJSON, LoadComparison } from './report/load-comparison.ts'
export { LoadSummary } from './report/load-summary.ts'
export type { SummaryJSON } from './report/json.ts'
export type { Paint } from './report/paint.ts'
export { formatSummary, type SummaryFormat } from './report/text.ts'
export { evaluateSLO, type Judgement, type ObjectiveVerdict, type SLOVerdict, type Verdict } from './slo/evaluate.ts'
export type { Indicator } from './slo/indicator.ts'
export type { Evidence } from './slo/evidence.ts'
export type { Bound, Level, SLO } from './slo/objective.ts'
export type { Bounds, Interval, LatencySummary } from './stats/latency.ts'
export type { Slices } from './stats/slices.ts'
export type {
  ConnectionTotals,
  Ending,
  Environment,
  Fault,
  GcPauses,
  GeneratorReport,
  LoadInterval,
  LoadResult,
  PingTotals,
  RecordedOptions,
} from './stats/result.ts'
export type { BenchFlood } from './vitest/bench-flood.ts'
export { test, type WsLoadFixtures, withWsLoad } from './vitest/fixture.ts'
export { expect, type Leniency, type MatcherJudgement } from './vitest/matchers.ts'
export { type WsLoad, wsLoad } from './vitest/ws-load.ts'
export type { ProbeFunctions, ProbeMessage, ProbeOption } from './wire/probe-option.ts'
