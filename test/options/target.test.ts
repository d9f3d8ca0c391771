import { expect, test } from 'vitest'
import { checkTarget } from '../../src/options/target.ts'

test('options of a target are checked all at once', () => {
  const options = {
    url: 'http://127.0.0.1',
    cwd: 5,
    env: { PORT: 3001 },
    timeout: 'soon',
    reuseExistingServer: 'yes',
    comand: 'node server.js',
  }
  expect(checkTarget(options)).toMatchInlineSnapshot(`
    [
      "target.command: expected a command that starts the server, got undefined",
      "target.url: expected a ws:// or wss:// URL, got "http://127.0.0.1"",
      "target.cwd: expected a directory, got 5",
      "target.env: expected an object with texts for values, got an object (PORT)",
      "target.timeout: expected milliseconds or a text like '250us', '20ms', '5s', '2m', above 0, got "soon"",
      "target.reuseExistingServer: expected true or false, got "yes"",
      "target.comand: no such option, did you mean "command"?",
    ]
  `)
})

test('options of a target are an object', () => {
  expect(checkTarget('node server.js')).toEqual([
    'target: expected an object with a command and a url, got "node server.js"',
  ])
})

test('options of a target may leave out what has a default', () => {
  expect(checkTarget({ command: 'node server.js', url: 'wss://127.0.0.1/socket?v=2', cwd: undefined })).toEqual([])
})

test.each([0, -1, NaN, Infinity, '0s'])('options of a target exclude a timeout of %s', (timeout) => {
  expect(checkTarget({ command: 'node server.js', url: 'ws://127.0.0.1', timeout })).toHaveLength(1)
})
