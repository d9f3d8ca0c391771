import { WsLoadError } from '../errors.ts'

/**
 * Starts a process or a thread.
 * @throws {WsLoadError} `WSLOAD_ERR_NOT_PERMITTED` where Node's permission model does not allow it
 */
export function withPermission<Started>(start: () => Started): Started {
  try {
    return start()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
    throw notPermitted()
  }
}

/** The message says what to change; the stack would only show how a thread is started. */
function notPermitted(): WsLoadError {
  const error = new WsLoadError(
    'WSLOAD_ERR_NOT_PERMITTED',
    'wsLoad: expected to be allowed to start load threads and server processes, which --permission forbids: ' +
      'add --allow-worker and --allow-child-process',
  )
  error.stack = String(error)
  return error
}
