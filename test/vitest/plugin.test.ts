import { describe, expect, test } from 'vitest'
import wsLoad, { type WsLoadPluginOptions } from '../../src/vitest/plugin.ts'

describe('the plugin', () => {
  test('needs no options', () => {
    expect(wsLoad()).toMatchObject({ name: 'vitest-ws-load' })
  })

  test('lists every mistake in its options at once', () => {
    const options = {
      taget: {},
      target: { command: ' ', url: 'http://127.0.0.1', timout: '5s' },
      defaults: { conections: 3, duration: 'long', rate: '1k/s', inFlight: 2, signal: AbortSignal.timeout(1) },
    }
    expect(() => wsLoad(options)).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: vitest-ws-load plugin: 8 options are wrong
        taget: no such option, did you mean "target"?
        defaults.signal: expected no default, a signal belongs to one call of wsLoad
        defaults.duration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "long"
        defaults.conections: no such option, did you mean "connections"?
        defaults.inFlight, rate: expected one of the two, got both; a closed model waits for answers, an open one does not
        target.command: expected a command that starts the server, got " "
        target.url: expected a ws:// or wss:// URL, got "http://127.0.0.1"
        target.timout: no such option, did you mean "timeout"?]
    `)
  })

  test('takes defaults that only some calls have a use for', () => {
    expect(() => wsLoad({ defaults: { maxDuration: '2m', arrivals: 'poisson', sessionTimeout: '20s' } })).not.toThrow()
    expect(() => wsLoad({ defaults: { maxDuration: 'long', arrivals: 'bursts' as 'poisson' } })).toThrow(
      /\n {2}defaults\.maxDuration: expected .*\n {2}defaults\.arrivals: expected /,
    )
  })

  test('refuses defaults that nobody waited for', () => {
    expect(() => wsLoad({ defaults: Promise.resolve({ connections: 5 }) as never })).toThrow(
      'defaults: expected an object with options of wsLoad, got an object ()',
    )
  })

  test('refuses a wrong way to be inconclusive', () => {
    expect(() => wsLoad({ inconclusive: 'pass' as 'warn' })).toThrow(
      "inconclusive: expected 'fail' or 'warn', got \"pass\"",
    )
  })

  test.for(['node server.js', null, ['a']])('refuses %j for its options', (options) => {
    expect(() => wsLoad(options as WsLoadPluginOptions)).toThrow(
      'expected an object with defaults, target, inconclusive, report, export, floodParallelism, got',
    )
  })

  test('refuses defaults and a target that are no objects', () => {
    const options = { defaults: '10s', target: 'node server.js' } as unknown as WsLoadPluginOptions
    expect(() => wsLoad(options)).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: vitest-ws-load plugin: 2 options are wrong
        defaults: expected an object with options of wsLoad, got "10s"
        target: expected an object with a command and a url, got "node server.js"]
    `)
  })

  test.for([
    ['yes', 'report: expected an object with html, table, got "yes"'],
    [{ html: 1 }, 'report.html: expected true, false or the name of a file, got 1'],
    [{ table: 'no' }, 'report.table: expected true or false, got "no"'],
    [{ htm: true }, 'report.htm: no such option, did you mean "html"?'],
  ] as const)('refuses the report %j', ([report, mistake]) => {
    expect(() => wsLoad({ report } as WsLoadPluginOptions)).toThrow(mistake)
  })

  test.for([
    [
      'bmf.json',
      'export: expected an object with bmf, githubBenchmark, openMetrics, pushGateway, otlp, got "bmf.json"',
    ],
    [{ bmf: true }, 'export.bmf: expected the name of a file, got true'],
    [
      { pushGateway: 'someone:hunter2@gateway' },
      'export.pushGateway: expected an http:// or https:// URL, got "masked@gateway"',
    ],
    [
      { otlp: { url: 'someone:hunter2@collector', headers: { a: 1 } } },
      'export.otlp.url: expected an http:// or https:// URL, got "masked@collector"\n  export.otlp.headers: expected',
    ],
    [
      { otlp: false },
      'export.otlp: expected true, an http:// or https:// URL or an object with url, headers, got false',
    ],
    [{ openmetrics: 'a' }, 'export.openmetrics: no such option, did you mean "openMetrics"?'],
  ] as const)('refuses the export %j', ([files, mistake]) => {
    expect(() => wsLoad({ export: files } as unknown as WsLoadPluginOptions)).toThrow(mistake)
  })

  test('refuses a URL that is undefined, beside a target too', () => {
    const defaults = { url: undefined } as object
    const target = { command: 'node server.js', url: 'ws://127.0.0.1:3001' }
    for (const options of [{ defaults }, { defaults, target }]) {
      expect(() => wsLoad(options)).toThrow('defaults.url: expected a ws:// or wss:// URL, got undefined')
    }
  })

  test('refuses one file for several outputs', () => {
    const options = {
      report: { html: 'out/floods.txt' },
      export: { openMetrics: 'out/floods.txt', bmf: 'floods.json', githubBenchmark: './floods.json' },
    }
    expect(() => wsLoad(options)).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: vitest-ws-load plugin: 2 options are wrong
        export.openMetrics: expected another file than report.html, got out/floods.txt
        export.githubBenchmark: expected another file than export.bmf, got ./floods.json]
    `)
  })

  test('refuses to write something else over the page where that usually stands', () => {
    const options = { report: { html: true }, export: { bmf: '.vitest/ws-load/report.html' } }
    expect(() => wsLoad(options)).toThrow('export.bmf: expected another file than report.html')
  })

  test('refuses a floodParallelism that is neither true nor false', () => {
    expect(() => wsLoad({ floodParallelism: 2 } as unknown as WsLoadPluginOptions)).toThrow(
      'floodParallelism: expected true or false, got 2',
    )
  })

  test('shows no stack of its own on a mistake', () => {
    expect(() => wsLoad({ defaults: { duration: 'long' } })).toThrow(
      expect.objectContaining({
        code: 'WSLOAD_ERR_INVALID_OPTIONS',
        stack: expect.not.stringContaining(' at ') as string,
      }),
    )
  })
})
