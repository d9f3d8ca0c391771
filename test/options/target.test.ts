import { expect, test } from 'vitest'
import { safeParseTarget } from '../../src/options/target.ts'
import { mistakesOf } from '../../src/parsed.ts'

function mistakesIn(options: unknown): string[] {
  return mistakesOf(safeParseTarget(options))
}

test('options of a target are checked all at once', () => {
  const options = {
    url: 'http://127.0.0.1',
    cwd: 5,
    env: { PORT: 3001 },
    timeout: 'soon',
    stdin: 'pipe',
    stopSignal: 'SIGSTOP',
    stopTimeout: -1,
    reuseExistingServer: 'yes',
    comand: 'node server.js',
  }
  expect(mistakesIn(options)).toMatchInlineSnapshot(`
    [
      "target.command: missing",
      "target.url: expected a ws:// or wss:// URL, got "http://127.0.0.1"",
      "target.cwd: expected a directory, got 5",
      "target.env.PORT: expected a text, got 3001",
      "target.timeout: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "soon"",
      "target.stdin: expected 'open' or 'closed', got "pipe"",
      "target.stopSignal: expected one of "SIGHUP", "SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", got "SIGSTOP"",
      "target.stopTimeout: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got -1",
      "target.reuseExistingServer: expected true or false, got "yes"",
      "target.comand: no such option, did you mean "command"?",
    ]
  `)
})

test('options of a target are an object', () => {
  expect(mistakesIn('node server.js')).toEqual([
    'target: expected an object with a command and a url, got "node server.js"',
  ])
})

test('options of a target may leave out what has a default', () => {
  expect(mistakesIn({ command: 'node server.js', url: 'wss://127.0.0.1/socket?v=2', cwd: undefined })).toEqual([])
})

test.each([
  ['all', 'target.cpuAffinity: expected the number of a processor, or a list of them, got "all"'],
  [-1, 'target.cpuAffinity: expected the number of a processor, or a list of them, got -1'],
  [[], 'target.cpuAffinity: expected the number of a processor, or a list of them, got an empty list'],
  [[0, 1.5], 'target.cpuAffinity.1: expected a whole number from 0 to 8,191, got 1.5'],
])('a target runs on processors that have numbers, not on %j', (cpuAffinity, mistake) => {
  expect(mistakesIn({ command: 'node server.js', url: 'ws://127.0.0.1', cpuAffinity })).toEqual([mistake])
})

test('the number of a processor is a list of one', () => {
  const parsed = safeParseTarget({ command: 'node server.js', url: 'ws://127.0.0.1', cpuAffinity: 1 })
  expect('value' in parsed && parsed.value.cpuAffinity).toEqual([1])
})

test.each([0, -1, NaN, Infinity, '0s'])('options of a target exclude a timeout of %s', (timeout) => {
  expect(mistakesIn({ command: 'node server.js', url: 'ws://127.0.0.1', timeout })).toHaveLength(1)
})

test('options of a target name the variables that its environment would not get', () => {
  const env: unknown = JSON.parse('{ "__proto__": "a", "PORT": "3001" }')
  expect(mistakesIn({ command: 'node server.js', url: 'ws://127.0.0.1', env })).toEqual([
    'target.env.__proto__: expected another name, this one is not passed on',
  ])
})

test('a target may be called by another name', () => {
  expect(mistakesOf(safeParseTarget({ command: ' ', url: 'ws://127.0.0.1/#top' }, 'base'))).toEqual([
    'base.command: expected a command that starts the server, got " "',
    'base.url: expected a URL without a fragment (#…), got "ws://127.0.0.1/#masked"',
  ])
})

test('a target has all that its options leave out', () => {
  expect(safeParseTarget({ command: 'node server.js', url: 'ws://127.0.0.1:3001', timeout: '2s' })).toEqual({
    value: {
      name: 'target',
      command: 'node server.js',
      url: 'ws://127.0.0.1:3001',
      env: {},
      timeout: 2_000,
      stdin: 'closed',
      stopSignal: 'SIGTERM',
      stopTimeout: 5_000,
      reuseExistingServer: false,
    },
  })
})
