/** What is the same with Vitest and without: options, results, verdicts, errors. */
export { errorCodes, WsLoadError, type WsLoadErrorCode } from './errors.ts'
export type { CapacityResult } from './capacity/capacity.ts'
export type { SearchedObjective } from './capacity/findings.ts'
export type { CapacityLimit } from './capacity/limit.ts'
export type { CapacityOver } from './capacity/load.ts'
export type { CapacityStep } from './capacity/step.ts'
export type { CapacityVerdict } from './capacity/compare.ts'
export type { SustainVerdict } from './capacity/sustain.ts'
export type { Change, ChangeVerdict, ComparisonVerdict, MeasuredChange, Noise } from './gate/comparison.ts'
export type { Tolerance } from './gate/tolerance.ts'
export type { CompareOptions, FanOutCompareOptions, Side } from './options/compare.ts'
export type { CapacityCompareOptions, CapacityOptions, CapacityTolerance } from './options/capacity.ts'
export type { FanOutOptions, FanOutProtocolOption } from './options/fan-out.ts'
export type { MachinesOptions, NatsCredentials } from './options/machines.ts'
export type { Duration, Rate, ReconnectOptions, Stage, WsLoadOptions } from './options/options.ts'
export type { ServerOption } from './options/server.ts'
export type { StopSignal, TargetOptions } from './options/target.ts'
export type { Pem, TlsOptions } from './options/tls.ts'
export { CapacityComparison, type CapacityComparisonJSON } from './summary/capacity-comparison.ts'
export { type CapacityJSON, LoadCapacity } from './summary/load-capacity.ts'
export { type ComparisonJSON, LoadComparison } from './summary/load-comparison.ts'
export { FanOutSummary } from './summary/fan-out-summary.ts'
export { LoadSummary } from './summary/load-summary.ts'
export type { SummaryJSON } from './result/json.ts'
export type { Paint } from './report/paint.ts'
export { formatSummary, type SummaryFormat } from './report/text.ts'
export { evaluateSLO } from './slo/evaluate.ts'
export type { Judgement } from './slo/judgement.ts'
export type { ObjectiveVerdict, SLOVerdict, Verdict } from './slo/verdict.ts'
export type { Indicator, IndicatorKind } from './slo/indicator.ts'
export type { Evidence } from './slo/evidence.ts'
export type { Bound, Level, Objective, Operator, SLO } from './slo/objective.ts'
export type { Bounds, Interval, LatencySummary } from './result/latency-summary.ts'
export type { RecordedOptions } from './result/recorded-options.ts'
export type { Slices } from './result/slices.ts'
export type {
  AfterSilence,
  AgentReport,
  ConnectionTotals,
  Ending,
  Environment,
  FanOutResult,
  Fault,
  GcPauses,
  GeneratorReport,
  LoadInterval,
  LoadResult,
  MachineReport,
  MachineUse,
  MessageTimes,
  MessageTotals,
  PingTotals,
  PongTotals,
  ServerBlock,
  ServerReport,
  ServerUse,
  Starvation,
} from './result/load-result.ts'
export type { AnswerOption } from './options/answer.ts'
export type { ProbeOption } from './options/probe.ts'
export type { ProbeMessage } from './wire/probe-message.ts'
export type { AnswerFunction, ProbeFunctions } from './wire/probe-spec.ts'
