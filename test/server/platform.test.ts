import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkPlatform } from '../../src/server/platform.ts'

const unsupported = { name: 'WsLoadError', code: 'WSLOAD_ERR_UNSUPPORTED_PLATFORM' }

test.each(['linux', 'darwin'] as const)('accepts %s', (platform) => {
  expect(() => checkPlatform(platform)).not.toThrow()
})

test('refuses Windows and says what to do instead', () => {
  expect(() => checkPlatform('win32')).toThrow(
    expect.objectContaining({ ...unsupported, message: expect.stringContaining('run it in') }),
  )
})

/** Runs `ws-load` in a process that takes itself for one on Windows. */
function onWindows(...args: string[]): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  const windows = `data:text/javascript,Object.defineProperty(process, 'platform', { value: 'win32' })`
  const program = join(import.meta.dirname, '../../src/cli/main.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', windows, program, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: error?.code ?? 0, stdout, stderr })
    })
  })
}

test.each([[[]], [['ws://127.0.0.1:1']], [['compare', 'ws://127.0.0.1:1', 'ws://127.0.0.1:2']], [['echo']]])(
  'ws-load %j says on Windows that it does not run there',
  async (args) => {
    const { exitCode, stdout, stderr } = await onWindows(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' })
    expect(stderr).toMatch(/^error: vitest-ws-load .* on Linux and macOS only/)
  },
)

test('ws-load says on Windows how it is used', async () => {
  expect(await onWindows('--help')).toMatchObject({ exitCode: 0, stderr: '' })
})
