/**
 * Every code a {@link WsLoadError} can carry. What to do about each stands in docs/errors.md.
 * What happens to a single ping or connection is never thrown: it is counted in the summary.
 */
export const errorCodes = [
  'WSLOAD_ERR_ABORTED',
  'WSLOAD_ERR_AGENTS',
  'WSLOAD_ERR_BASELINE_TAKEN',
  'WSLOAD_ERR_INVALID_OPTIONS',
  'WSLOAD_ERR_INVALID_SLO',
  'WSLOAD_ERR_MACHINE_LIMIT',
  'WSLOAD_ERR_NATS',
  'WSLOAD_ERR_NO_BENCH_PROVIDER',
  'WSLOAD_ERR_NOT_PERMITTED',
  'WSLOAD_ERR_NOT_A_SUMMARY',
  'WSLOAD_ERR_NOT_AWAITED',
  'WSLOAD_ERR_NOTHING_MEASURED',
  'WSLOAD_ERR_TARGET_EXITED',
  'WSLOAD_ERR_TARGET_IN_USE',
  'WSLOAD_ERR_TARGET_TIMEOUT',
  'WSLOAD_ERR_TEST_TIMEOUT',
  'WSLOAD_ERR_THREAD_CRASHED',
  'WSLOAD_ERR_UNREADABLE_SUMMARY',
  'WSLOAD_ERR_UNSUPPORTED_PLATFORM',
] as const

export type WsLoadErrorCode = (typeof errorCodes)[number]

/**
 * The one error class of the package. Match on `code` rather than with `instanceof`: two copies of the package may be
 * loaded in one process.
 */
export class WsLoadError extends Error {
  override readonly name = 'WsLoadError'
  readonly code: WsLoadErrorCode

  constructor(code: WsLoadErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Of a run that has not begun.
 * @throws {WsLoadError} `WSLOAD_ERR_ABORTED`
 */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new WsLoadError('WSLOAD_ERR_ABORTED', 'wsLoad: the signal was aborted before the run started', {
    cause: signal.reason,
  })
}
