/** Does something whose errors then point at whoever called `caller`, rather than into this package. */
export function pointingAt<Result>(caller: (...args: never[]) => unknown, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    Error.captureStackTrace(error as Error, caller)
    throw error
  }
}
