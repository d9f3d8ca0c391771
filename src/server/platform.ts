import { WsLoadError } from '../errors.ts'

/**
 * Refuses to flood, or to start a server, where that is not known to work: on Windows a server's processes cannot be
 * ended as a group, and no figure measured there was ever held against a control.
 * @param platform as `process.platform` has it
 * @throws {WsLoadError} `WSLOAD_ERR_UNSUPPORTED_PLATFORM`
 */
export function checkPlatform(platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return
  throw new WsLoadError(
    'WSLOAD_ERR_UNSUPPORTED_PLATFORM',
    'vitest-ws-load floods and starts servers on Linux and macOS only, and this is Windows: ' +
      'run it in the Windows Subsystem for Linux (wsl.exe), or in a container.',
  )
}
