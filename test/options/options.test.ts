import { generateKeyPairSync } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WsLoadError } from '../../src/errors.ts'
import { safeParseComparison } from '../../src/options/compare.ts'
import { invalidOptions } from '../../src/options/invalid-options.ts'
import {
  mergeOptions,
  overrideDefaults,
  withoutNeedless,
  parseOptions,
  portableOptions,
  safeParseOptions,
  type WsLoadOptions,
} from '../../src/options/options.ts'
import { recordOptions } from '../../src/options/recorded.ts'
import type { RecordedOptions } from '../../src/result/recorded-options.ts'
import { mistakesOf } from '../../src/parsed.ts'

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
/** A certificate that Node itself trusts. */
const authority = rootCertificates[0]!

function findMistakes(options: unknown): string[] {
  return mistakesOf(safeParseOptions(options))
}

/** Mistakes in options that the types would not let through. */
function mistakesIn(options: unknown): string {
  return findMistakes(options).join('\n')
}

describe('defaults', () => {
  test('are all there', () => {
    expect(parseOptions({ seed: 1 })).toEqual({
      url: undefined,
      connections: 10,
      duration: 10_000,
      pings: undefined,
      until: undefined,
      confidence: 0.99,
      warmup: 1_000,
      drain: 5_000,
      inFlight: 1,
      maxPendingPongs: 60,
      stages: undefined,
      startRate: 0,
      arrivals: 'constant',
      connectRate: Infinity,
      probe: { kind: 'ping', payloadBytes: 8 },
      timeout: 5_000,
      connectTimeout: 10_000,
      sessionTimeout: undefined,
      sessionRate: Infinity,
      headers: {},
      protocols: [],
      tls: {},
      perMessageDeflate: false,
      localAddresses: [],
      threads: 'auto',
      seed: 1,
      server: 'auto',
    })
  })

  test('hold for options that are undefined, but for the URL', () => {
    const others = new Set(['startRate', 'fanOut', 'url'])
    const names = Object.keys(parseOptions({})).filter((name) => !others.has(name))
    const nothing = Object.fromEntries([...names, 'rate', 'payloadBytes', 'signal'].map((name) => [name, undefined]))
    expect(parseOptions({ ...nothing, seed: 1 })).toEqual(parseOptions({ seed: 1 }))
  })

  test('know no deliveries in an SLO', () => {
    const parse = (): unknown => parseOptions({ until: { 'delivery.p99': '< 20ms' } })
    expect(parse).toThrow('until.delivery.p99: only runs of wsLoad.fanOut() have it')
  })

  test('draw a new seed each time', () => {
    const seeds = Array.from({ length: 8 }, () => parseOptions({}).seed)
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true)
    expect(new Set(seeds).size).toBeGreaterThan(1)
  })

  test('wait for late answers as long as the timeout', () => {
    expect(parseOptions({ timeout: '2s' }).drain).toBe(2_000)
    expect(parseOptions({ timeout: '2s', drain: 0 }).drain).toBe(0)
  })
})

describe('given options', () => {
  test.for([
    [{ url: 'ws://localhost:3001/chat?a=b' }, { url: 'ws://localhost:3001/chat?a=b' }],
    [{ url: 'WSS://localhost:3001' }, { url: 'wss://localhost:3001/' }],
    [{ url: ' wss://localhost:3001' }, { url: 'wss://localhost:3001/' }],
    [{ url: new URL('wss://localhost') }, { url: 'wss://localhost/' }],
    [{ connections: 1_000_000 }, { connections: 1_000_000 }],
    [{ duration: '2m' }, { duration: 120_000, pings: undefined }],
    [{ pings: 5 }, { duration: Infinity, pings: 5 }],
    [
      { until: { p99: '< 20ms' } },
      { until: { slo: { p99: '< 20ms' }, objectives: [{ indicator: 'p99', limit: 20 }] }, duration: 60_000 },
    ],
    [
      { until: 'p99 < 20ms', maxDuration: '24h', rate: 5 },
      { until: { slo: 'p99 < 20ms' }, duration: 86_400_000, startRate: 5 },
    ],
    [{ confidence: 0.9 }, { confidence: 0.9, duration: 10_000 }],
    [{ warmup: 0 }, { warmup: 0 }],
    [{ warmup: '250us' }, { warmup: 0.25 }],
    [
      { inFlight: 65_536, maxPendingPongs: 65_536 },
      { inFlight: 65_536, maxPendingPongs: 65_536 },
    ],
    [{ inFlight: 60 }, { inFlight: 60, maxPendingPongs: 60 }],
    [{ rate: 5, maxPendingPongs: 1 }, { maxPendingPongs: 1 }],
    [
      { inFlight: 65_536, probe: { text: 'PING' } },
      { inFlight: 65_536, maxPendingPongs: undefined },
    ],
    [{ rate: '5k/s' }, { stages: [{ duration: Infinity, rate: 5_000 }], startRate: 5_000, duration: 10_000 }],
    [
      { rate: 0.5, arrivals: 'poisson' },
      { startRate: 0.5, arrivals: 'poisson' },
    ],
    [
      { rate: 9, pings: 5 },
      { stages: [{ duration: Infinity, rate: 9 }], duration: Infinity, pings: 5 },
    ],
    [{ connectRate: '60/m' }, { connectRate: 1 }],
    [
      { timeout: '1s', connectTimeout: '2s' },
      { timeout: 1_000, connectTimeout: 2_000, drain: 1_000 },
    ],
    [{ headers: { a: 'b', c: ['d', 'e'] } }, { headers: { a: 'b', c: ['d', 'e'] } }],
    [{ protocols: 'chat' }, { protocols: ['chat'] }],
    [{ protocols: ['chat', 'v2.chat'] }, { protocols: ['chat', 'v2.chat'] }],
    [{ tls: { rejectUnauthorized: false, ca: [authority] } }, { tls: { rejectUnauthorized: false, ca: [authority] } }],
    [{ perMessageDeflate: true }, { perMessageDeflate: true }],
    [{ localAddresses: ['127.0.0.2', '::1'] }, { localAddresses: ['127.0.0.2', '::1'] }],
    [{ threads: 64 }, { threads: 64 }],
    [{ seed: 4_294_967_295 }, { seed: 4_294_967_295 }],
    [{ probe: { text: 'PING' }, payloadBytes: 6 }, { probe: { kind: 'text', payloadBytes: 6 } }],
    [{ signal: new AbortController().signal }, {}],
  ] as const)('%#: %o', ([given, resolved]) => {
    expect(parseOptions(given)).toMatchObject(resolved)
  })

  test('are data that can be cloned to a thread', () => {
    const options = parseOptions({
      url: new URL('ws://localhost'),
      stages: [{ duration: '1s', rate: '5/s' }],
      headers: { a: ['b'] },
      tls: { ca: Buffer.from(authority) },
      probe: { request: (id) => `${id}`, reply: () => undefined, data: new Map([[1, 2]]) },
      signal: new AbortController().signal,
    })
    expect(structuredClone(options)).toEqual(options)
    expect(options.tls).toEqual({ ca: [authority] })
  })
})

describe('stages', () => {
  test('are as long together as the measured window', () => {
    const stages = [
      { duration: '1s', rate: '1k/s' },
      { duration: 500, rate: 0 },
    ]
    expect(parseOptions({ stages })).toMatchObject({
      duration: 1_500,
      stages: [
        { duration: 1_000, rate: 1_000 },
        { duration: 500, rate: 0 },
      ],
    })
  })

  test('start from nothing, from the rate, or from where the first one jumps', () => {
    const ramp = { duration: '1s', rate: 100 }
    expect(parseOptions({ stages: [ramp] }).startRate).toBe(0)
    expect(parseOptions({ stages: [ramp], rate: 50 }).startRate).toBe(50)
    expect(parseOptions({ stages: [{ duration: 0, rate: 70 }, ramp] }).startRate).toBe(70)
  })
})

describe('mistakes', () => {
  test('are all told at once, each with the name of its option', () => {
    const options = {
      url: 'http://localhost',
      connections: 0,
      conections: 5,
      duration: '5 parsecs',
      warmup: '-1s',
      drain: -1,
      inFlight: 65_537,
      rate: 'fast',
      arrivals: 'bursts',
      stages: [{ duration: 0, rate: -5 }, { duration: '1s' }, { duration: '1s', rate: 5, from: 1 }, 5],
      connectRate: 0,
      probe: 'pong',
      payloadBytes: 0,
      timeout: '0s',
      connectTimeout: Infinity,
      headers: { 'bad name': 'x', good: 5, split: 'a\r\nb: c' },
      protocols: ['a b'],
      tls: { ca: 5, cert: 5, key: {}, passphrase: 5, servername: 5, rejectUnauthorized: 'no', pfx: 5 },
      perMessageDeflate: 1,
      localAddresses: ['localhost'],
      threads: 'many',
      seed: -1,
      signal: {},
    }
    expect(mistakesIn(options)).toMatchInlineSnapshot(`
      "url: expected a ws:// or wss:// URL, got "http://localhost"
      duration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "5 parsecs"
      stages.0.rate: expected a number per second or a text like '500/s', '5k/s', '300k/m', from 0/s to 1000M/s, got -5
      stages.1.rate: missing
      stages.2.from: no such option
      stages.3: expected an object, got 5
      connections: expected a whole number from 1 to 1,000,000, got 0
      warmup: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 0 ms to 1 day, got "-1s"
      drain: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 0 ms to 1 day, got -1
      inFlight: expected a whole number from 1 to 65,536, got 65537
      rate: expected a number per second or a text like '500/s', '5k/s', '300k/m', from 0.001/s to 1000M/s, got "fast"
      arrivals: expected 'constant' or 'poisson', got "bursts"
      connectRate: expected a number per second or a text like '500/s', '5k/s', '300k/m', from 0.001/s to 1000M/s, got 0
      payloadBytes: expected a whole number from 1 to 16,777,216, got 0
      timeout: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "0s"
      connectTimeout: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got Infinity
      headers.bad name: expected a name that HTTP allows, got "bad name"
      headers.good: expected a text or a list of texts, got a number
      headers.split: expected characters that HTTP allows, got a text of 7 characters
      protocols: expected subprotocol names without spaces or separators, each once, got a list of 1
      tls.ca: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got a number
      tls.cert: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got a number
      tls.key: expected PEM (-----BEGIN …) as a text, a buffer or the path of a file, got an object ()
      tls.passphrase: expected a text, got a number
      tls.servername: expected a host name, got 5
      tls.rejectUnauthorized: expected true or false, got "no"
      tls.pfx: no such option
      perMessageDeflate: expected true or false, got 1
      localAddresses.0: expected an IP address, got "localhost"
      threads: expected 'auto' or a whole number from 1 to 64, got "many"
      seed: expected a whole number from 0 to 4,294,967,295, got -1
      signal: expected an AbortSignal, got an object ()
      conections: no such option, did you mean "connections"?
      duration, stages: expected one of the two, got both; the stages say how long the run is
      inFlight, rate: expected one of the two, got both; a closed model waits for answers, an open one does not
      inFlight, stages: expected one of the two, got both; a closed model waits for answers, an open one does not
      probe: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got "pong""
    `)
  })

  test('in the range of a number say the range', () => {
    expect(mistakesIn({ connections: 1_000_001, pings: 0.5, threads: 65 })).toMatchInlineSnapshot(`
      "pings: expected a whole number from 1 to 9,007,199,254,740,991, got 0.5
      connections: expected a whole number from 1 to 1,000,000, got 1000001
      threads: expected a whole number from 1 to 64, got 65"
    `)
    expect(mistakesIn({ duration: '25h', rate: 2e9, payloadBytes: 16_777_217, seed: 2 ** 32 })).toMatchInlineSnapshot(`
      "duration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 ms to 1 day, got "25h"
      rate: expected a number per second or a text like '500/s', '5k/s', '300k/m', from 0.001/s to 1000M/s, got 2000000000
      payloadBytes: expected a whole number from 1 to 16,777,216, got 16777217
      seed: expected a whole number from 0 to 4,294,967,295, got 4294967296"
    `)
  })

  test('name the headers that would not be sent', () => {
    const headers: unknown = JSON.parse('{ "constructor": "a", "__proto__": "b", "prototype": "c", "toString": "d" }')
    expect(mistakesIn({ headers })).toMatchInlineSnapshot(`
      "headers.constructor: expected another name, this one is not passed on
      headers.__proto__: expected another name, this one is not passed on
      headers.prototype: expected another name, this one is not passed on"
    `)
  })

  test('in a list of stages say what a stage needs', () => {
    expect(mistakesIn({ stages: [] })).toMatchInlineSnapshot(`
      "stages: expected a stage that takes time, got an empty list
      stages: expected a stage with a rate above 0, got an empty list"
    `)
    expect(mistakesIn({ stages: [{ duration: 0, rate: 5 }] })).toMatchInlineSnapshot(
      `"stages: expected a stage that takes time, got a list of 1"`,
    )
    expect(mistakesIn({ stages: [{ duration: 5, rate: 0 }] })).toMatchInlineSnapshot(
      `"stages: expected a stage with a rate above 0, got a list of 1"`,
    )
    expect(mistakesIn({ stages: 5 })).toMatchInlineSnapshot(`"stages: expected a list of { duration, rate }, got 5"`)
  })

  test('a server to watch that is none', () => {
    const given = [true, 'no', { pid: 0 }, { pid: '1' }, { cgroup: '' }, { pid: 1, cgroup: 'x' }]
    expect(given.map((server) => mistakesIn({ server })).join('\n')).toMatchInlineSnapshot(`
      "server: expected 'auto', false, { pid } with a process id, or { cgroup } with a path, got true
      server: expected 'auto', false, { pid } with a process id, or { cgroup } with a path, got "no"
      server.pid: expected a whole number from 1 to 2,147,483,647, got 0
      server: expected 'auto', false, { pid } with a process id, or { cgroup } with a path, got an object (pid)
      server.cgroup: expected the path of a control group, got ""
      server: expected 'auto', false, { pid } with a process id, or { cgroup } with a path, got an object (pid, cgroup)"
    `)
  })

  test('in kinds of values say what was expected', () => {
    expect(mistakesIn({ url: 5, headers: 5, protocols: 5, tls: 5, localAddresses: 5 })).toMatchInlineSnapshot(`
      "url: expected a ws:// or wss:// URL, got 5
      headers: expected an object of header names and values, got a number
      protocols: expected a subprotocol or a list of them, got 5
      tls: expected an object, got 5
      localAddresses: expected a list of IP addresses, got 5"
    `)
    expect(mistakesIn({ url: 'ws://localhost/#top' })).toMatchInlineSnapshot(
      `"url: expected a URL without a fragment (#…), got "ws://localhost/#masked""`,
    )
    expect(mistakesIn({ url: 'ws+unix:/tmp/x', protocols: ['a', 'a'] })).toMatchInlineSnapshot(`
      "url: expected a ws:// or wss:// URL, got "ws+unix:/tmp/x"
      protocols: expected subprotocol names without spaces or separators, each once, got a list of 2"
    `)
  })

  test('in the SLO that a run ends by are among them', () => {
    const until = { p99: '20ms', p98x: '< 5ms', 'serviceTime.p99.9': '> 5ms' }
    const mistakes = findMistakes({ connections: 0, until })
    expect(mistakes[0]).toMatch(/^connections: /)
    expect(mistakes.slice(1).every((mistake) => /^until(?:: |\.(?:p99|serviceTime\.p99\.9): )/.test(mistake))).toBe(
      true,
    )
    expect(mistakes.slice(1).map((mistake) => mistake.split(': ')[0])).toEqual(
      expect.arrayContaining(['until', 'until.p99', 'until.serviceTime.p99.9']),
    )
  })

  test.for([null, 5, '', 'p99', [], {}])('in %j for an SLO begin with its option', (until) => {
    const mistakes = findMistakes({ until })
    expect(mistakes.length).toBeGreaterThan(0)
    for (const mistake of mistakes) expect(mistake).toMatch(/^until(?:: |\.)/)
  })

  test.for([0.5, 1, 0, NaN, '99%'])('in the confidence %o say the range', (confidence) => {
    expect(mistakesIn({ confidence })).toMatch(/^confidence: expected a number above 0\.5 and below 1, got /)
  })

  test('in the longest duration say the range', () => {
    expect(mistakesIn({ until: 'p99 < 5ms', maxDuration: 999 })).toMatchInlineSnapshot(
      `"maxDuration: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 1 s to 1 day, got 999"`,
    )
  })

  test('in the probe are among them', () => {
    expect(mistakesIn({ connections: 0, probe: { text: 5 } })).toMatchInlineSnapshot(`
      "connections: expected a whole number from 1 to 1,000,000, got 0
      probe.text: expected a text, got 5"
    `)
    expect(mistakesIn({ payloadBytes: 126 })).toMatchInlineSnapshot(
      `"payloadBytes: expected 8 to 125 for control-frame pings (RFC 6455 section 5.5), got 126; larger payloads need a { text } or { binary } probe"`,
    )
  })

  test('in a probe that is null are told too', () => {
    expect(mistakesIn({ probe: null })).toMatch(/^probe: expected 'ping', .+, got null$/)
  })

  const machines = { nats: 'nats://h', agents: 20 }

  test.for([
    [{ inFlight: 100, warmup: '-1s' }, ['warmup', 'inFlight']],
    [{ machines, timeout: 'x' }, ['timeout', 'url', 'machines.agents']],
    [{ probe: { text: 'x' }, reconnect: {}, duration: '1s', pings: 5 }, ['duration, pings', 'reconnect']],
    [{ probe: { text: 5 }, machines, url: 'ws://h' }, ['probe.text', 'machines.agents']],
  ] as const)('of options together are told beside those of others: %o', ([options, names]) => {
    expect(findMistakes(options).map((mistake) => mistake.split(': ')[0])).toEqual(names)
  })

  test.for([
    [{ inFlight: 100, maxPendingPongs: 'x' }, 'maxPendingPongs'],
    [{ machines, connections: 0, url: 'ws://h' }, 'connections'],
    [{ sessionRate: 5, probe: 'pong' }, 'probe'],
  ] as const)('of options together are not found where one of these is wrong by itself: %o', ([options, name]) => {
    expect(findMistakes(options)).toEqual([expect.stringMatching(`^${name}: `)])
  })

  test.for([1e12, -1, 'many', NaN])('of %s payload bytes are told once and cost nothing', (payloadBytes) => {
    expect(mistakesIn({ payloadBytes, probe: { text: 'PING' } })).toBe(
      `payloadBytes: expected a whole number from 1 to 16,777,216, got ${payloadBytes === 'many' ? '"many"' : payloadBytes}`,
    )
  })

  test.for([null, 5, 'ws://localhost', undefined, [], ['ws://localhost']])(
    'are made with %o for options',
    (options) => {
      expect(mistakesIn(options)).toMatch(/^options: expected an object, got /)
    },
  )

  test('in names of options suggest the nearest one', () => {
    expect(mistakesIn({ Duration: 5, warmUp: 5, conections: 5, xyzzy: 5 })).toMatchInlineSnapshot(
      `
      "Duration: no such option, did you mean "duration"?
      warmUp: no such option, did you mean "warmup"?
      conections: no such option, did you mean "connections"?
      xyzzy: no such option"
    `,
    )
  })

  test('are never an error of ours', () => {
    const names = Object.keys(parseOptions({}))
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, 'rate', 'payloadBytes'), fc.anything()), (options) => {
        expect(findMistakes(options).every((mistake) => /^[\w.]/.test(mistake))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('are one error with a code', () => {
    const resolve = () => parseOptions({ connections: 0, threads: 0 })
    expect(resolve).toThrow(WsLoadError)
    expect(resolve).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: wsLoad: 2 options are wrong
        connections: expected a whole number from 1 to 1,000,000, got 0
        threads: expected a whole number from 1 to 64, got 0]
    `)
    expect(resolve).toThrow(expect.objectContaining({ code: 'WSLOAD_ERR_INVALID_OPTIONS' }))
  })

  test('are counted in words', () => {
    expect(invalidOptions(['a: b']).message).toBe('wsLoad: an option is wrong\n  a: b')
    expect(invalidOptions(['a: b', 'c: d'], 'plugin').message).toBe('plugin: 2 options are wrong\n  a: b\n  c: d')
  })
})

describe('options that exclude each other', () => {
  const stages = [{ duration: '1s', rate: 5 }]

  test.for([
    [{ duration: '1s', pings: 5 }, 'duration, pings'],
    [{ duration: '1s', stages }, 'duration, stages'],
    [{ pings: 5, stages }, 'pings, stages'],
    [{ until: 'p99 < 5ms', duration: '1s' }, 'until, duration'],
    [{ until: 'p99 < 5ms', pings: 5 }, 'until, pings'],
    [{ until: 'p99 < 5ms', stages }, 'until, stages'],
    [{ inFlight: 1, rate: 5 }, 'inFlight, rate'],
    [{ inFlight: 1, stages }, 'inFlight, stages'],
  ] as const)('%o: %s', ([options, names]) => {
    const mistakes = findMistakes(options)
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(new RegExp(`^${names}: expected one of the two, got both; .+`))
  })

  test('are not until and the longest duration, but that without until', () => {
    expect(mistakesIn({ until: { p99: '< 5ms' }, maxDuration: '2m' })).toBe('')
    expect(mistakesIn({ maxDuration: '2m' })).toMatchInlineSnapshot(
      `"maxDuration: expected until with it; a run that is not decided while it lasts has a duration"`,
    )
  })

  test('are told in pairs', () => {
    expect(mistakesIn({ duration: '1s', pings: 5, stages, inFlight: 2, rate: 5 })).toMatchInlineSnapshot(`
      "duration, pings: expected one of the two, got both; both end the measured window
      duration, stages: expected one of the two, got both; the stages say how long the run is
      pings, stages: expected one of the two, got both; the stages say how long the run is
      inFlight, rate: expected one of the two, got both; a closed model waits for answers, an open one does not
      inFlight, stages: expected one of the two, got both; a closed model waits for answers, an open one does not"
    `)
  })

  test('are not arrivals and a rate, but arrivals without one', () => {
    expect(mistakesIn({ arrivals: 'poisson', rate: 5 })).toBe('')
    expect(mistakesIn({ arrivals: 'poisson', stages })).toBe('')
    expect(mistakesIn({ arrivals: 'poisson' })).toMatchInlineSnapshot(
      `"arrivals: expected a rate or stages with it, got neither; only the open model has arrivals"`,
    )
  })

  test.for([
    [{ duration: '1s', rate: 5 }],
    [{ pings: 5, rate: 5 }],
    [{ pings: 5, inFlight: 5 }],
    [{ rate: 5, stages }],
  ] as const)('are not %o', ([options]) => {
    expect(mistakesIn(options)).toBe('')
  })
})

describe('more control-frame pings than a connection may leave unanswered', () => {
  test('are an error that says why, and what to do', () => {
    expect(mistakesIn({ inFlight: 61 })).toMatchInlineSnapshot(
      `"inFlight: expected at most 60 with control-frame pings, got 61; servers built on ws end a connection that leaves more than 60 to be answered. Raise maxPendingPongs if yours takes more, or use a { text } or { request, reply } probe"`,
    )
    expect(mistakesIn({ inFlight: 1_500, maxPendingPongs: 1_000 })).toMatchInlineSnapshot(
      `"inFlight: expected at most 1,000 with control-frame pings, got 1,500; servers built on ws end a connection that leaves more than 60 to be answered. Raise maxPendingPongs if yours takes more, or use a { text } or { request, reply } probe"`,
    )
  })

  test('are told by a comparison as well', () => {
    const side = { url: 'ws://localhost' }
    expect(safeParseComparison({ base: side, head: side, inFlight: 61 })).toEqual({
      mistakes: [expect.stringMatching(/^inFlight: expected at most 60 with control-frame pings, got 61; .+/)],
    })
  })

  test('are none of a probe that is answered by messages', () => {
    expect(mistakesIn({ inFlight: 61, probe: { text: 'PING' } })).toBe('')
    expect(mistakesIn({ maxPendingPongs: 61, probe: { text: 'PING' } })).toMatchInlineSnapshot(
      `"maxPendingPongs: expected the probe 'ping' with it, got text "PING"; only pings are answered by pongs"`,
    )
  })

  test.for([0, 1.5, 65_537, 'many'])('are not %s', (maxPendingPongs) => {
    expect(mistakesIn({ maxPendingPongs })).toMatch(
      /^maxPendingPongs: expected a whole number from 1 to 65,536, got .+$/,
    )
  })
})

describe('options put over defaults', () => {
  const stages = [{ duration: '1s', rate: 5 }]

  test('keep the others', () => {
    expect(mergeOptions({ connections: 5, timeout: 1 }, { connections: 7 })).toEqual({ connections: 7, timeout: 1 })
  })

  test('leave the defaults where they are undefined', () => {
    const given = { connections: undefined } as unknown as WsLoadOptions
    expect(mergeOptions({ connections: 5 }, given)).toEqual({ connections: 5 })
  })

  test('leave a URL that is undefined to be refused', () => {
    const given = { url: process.env['NOT_SET'] } as object
    for (const base of [{}, { url: 'ws://127.0.0.1:3001' }]) {
      expect(() => parseOptions(mergeOptions(base, given))).toThrow(
        'url: expected a ws:// or wss:// URL, got undefined; leave the option out for its default',
      )
    }
  })

  test('leave a protocol that is undefined to be refused by a comparison', () => {
    const sides = { base: { url: 'ws://127.0.0.1:1' }, head: { url: 'ws://127.0.0.1:2' } }
    const given = { ...sides, protocol: process.env['NOT_SET'] }
    expect(safeParseComparison(mergeOptions({ warmup: 0 }, given) as never)).toEqual({
      mistakes: [expect.stringMatching(/^protocol: expected a ready-made one .+, got nothing$/)],
    })
  })

  test.for([
    [{ duration: '9s' }, { pings: 5 }],
    [{ duration: '9s' }, { stages }],
    [{ pings: 9 }, { duration: '5s' }],
    [{ pings: 9 }, { stages }],
    [{ stages }, { duration: '5s' }],
    [{ stages }, { pings: 5 }],
    [{ inFlight: 9 }, { rate: 5 }],
    [{ inFlight: 9 }, { stages }],
    [{ rate: 9 }, { inFlight: 5 }],
    [{ stages }, { inFlight: 5 }],
    [{ rate: 9, arrivals: 'poisson' }, { inFlight: 5 }],
    [{ stages, arrivals: 'poisson' }, { inFlight: 5 }],
    [{ stages, arrivals: 'poisson' }, { duration: '5s' }],
    [{ stages, arrivals: 'poisson' }, { pings: 5 }],
    [{ payloadBytes: 9 }, { probe: 'ping' }],
    [{ maxPendingPongs: 9 }, { probe: { text: 'PING' } }],
    [{ maxPendingPongs: 9 }, { inFlight: 10 }],
    [{ inFlight: 10 }, { maxPendingPongs: 9 }],
    [{ inFlight: 61, probe: { text: 'PING' } }, { probe: 'ping' }],
    [{ duration: '9s' }, { until: 'p99 < 5ms' }],
    [{ pings: 9 }, { until: 'p99 < 5ms' }],
    [{ stages }, { until: 'p99 < 5ms' }],
    [{ until: 'p99 < 9ms' }, { until: { p99: '< 5ms' } }],
    [{ until: 'p99 < 9ms', maxDuration: '9s' }, { duration: '5s' }],
    [{ until: 'p99 < 9ms', maxDuration: '9s' }, { pings: 5 }],
    [{ until: 'p99 < 9ms', maxDuration: '9s' }, { stages }],
  ] as const)('%#: take away the defaults that they contradict: %o', ([defaults, given]) => {
    expect(mergeOptions(defaults, given)).toEqual(given)
  })

  test('leave those that they do not contradict', () => {
    expect(mergeOptions({ rate: 9, arrivals: 'poisson' }, { pings: 5 })).toEqual({
      rate: 9,
      arrivals: 'poisson',
      pings: 5,
    })
    expect(mergeOptions({ rate: 9 }, { stages })).toEqual({ rate: 9, stages })
    expect(mergeOptions({ maxPendingPongs: 9 }, { inFlight: 9 })).toEqual({ maxPendingPongs: 9, inFlight: 9 })
    expect(mergeOptions({ until: 'p99 < 9ms', maxDuration: '9s', confidence: 0.9 }, { until: 'p99 < 5ms' })).toEqual({
      until: 'p99 < 5ms',
      maxDuration: '9s',
      confidence: 0.9,
    })
  })

  test('do not change the defaults', () => {
    const defaults = Object.freeze({ pings: 5, inFlight: 9 })
    mergeOptions(defaults, { duration: 5, rate: 5 })
    expect(defaults).toEqual({ pings: 5, inFlight: 9 })
  })

  test('are right together when each of them is', () => {
    const keys = {
      duration: '5s',
      pings: 5,
      stages,
      rate: 5,
      inFlight: 5,
      maxPendingPongs: 4,
      arrivals: 'poisson',
      until: 'p99 < 5ms',
      maxDuration: '9s',
    } satisfies WsLoadOptions
    const right = subsets(Object.entries(keys))
      .map((entries): WsLoadOptions => Object.fromEntries(entries))
      .flatMap((options): WsLoadOptions | WsLoadOptions[] =>
        options.arrivals === undefined ? options : [options, { ...options, arrivals: 'constant' }],
      )
      .filter((options) => findMistakes(options).length === 0)
    expect(right.length).toBeGreaterThan(10)
    for (const defaults of right) {
      for (const given of right) {
        const merged = mergeOptions(defaults, given)
        expect(findMistakes(merged)).toEqual([])
        expect(merged).toMatchObject(given)
      }
    }
  })
})

function subsets<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [[]]
  const without = subsets(rest)
  return [...without, ...without.map((set) => [first, ...set])]
}

describe('portable options', () => {
  const options: WsLoadOptions = {
    url: new URL('wss://localhost:3001/chat'),
    connections: 5,
    stages: [{ duration: '1s', rate: 5 }],
    probe: { request: (id, data) => `${String(data)}${id}`, reply: (message) => message.length, data: 'x' },
    tls: { ca: authority, rejectUnauthorized: false },
    headers: { authorization: 'Bearer x' },
    seed: 1,
  }

  test('survive structuredClone and mean the same', () => {
    expect(parseOptions(structuredClone(portableOptions(options)))).toEqual(parseOptions(options))
  })

  test('survive JSON where their values do', () => {
    const copy = JSON.parse(JSON.stringify(portableOptions(options))) as WsLoadOptions
    expect(parseOptions(copy)).toEqual(parseOptions(options))
  })

  test('keep what decides the run', () => {
    const { stages: _, ...rest } = options
    const decided = { ...rest, until: { p99: ['< 20ms', '< 30ms'] }, maxDuration: '20s', confidence: 0.9 }
    const copy = JSON.parse(JSON.stringify(portableOptions(decided))) as WsLoadOptions
    expect(parseOptions(copy)).toEqual(parseOptions(decided))
  })

  test('name no option that was not given', () => {
    expect(portableOptions({ connections: 5 })).toEqual({ connections: 5 })
  })
})

describe('sessions', () => {
  const protocol = '/chat.protocol.ts'

  test('may take 10 s, and begin as connections open', () => {
    expect(parseOptions({ probe: { protocol } })).toMatchObject({ sessionTimeout: 10_000, sessionRate: Infinity })
    const given = { probe: { protocol }, sessionTimeout: '2s', sessionRate: '30/m' }
    expect(parseOptions(given)).toMatchObject({ sessionTimeout: 2_000, sessionRate: 0.5 })
  })

  test('are those of protocols', () => {
    expect(mistakesOf(safeParseOptions({ probe: { text: 'x' }, sessionTimeout: 1, sessionRate: 1 }))).toEqual([
      'sessionTimeout: expected the probe { protocol } with it, got text "x"; only protocols have sessions',
      'sessionRate: expected the probe { protocol } with it, got text "x"; only protocols have sessions',
    ])
  })

  test('are no default of another probe', () => {
    const base = { probe: { protocol }, sessionTimeout: '2s', sessionRate: 5 }
    expect(mergeOptions(base, { probe: 'ping' })).toEqual({ probe: 'ping' })
    const other = { probe: { protocol: '/other.protocol.ts' } }
    expect(mergeOptions(base, other)).toEqual({ ...base, ...other })
    expect(mergeOptions(base, { connections: 3 })).toEqual({ ...base, connections: 3 })
  })

  test('are recorded with their limits', () => {
    const options = recordOptions(parseOptions({ probe: { protocol }, sessionRate: 5 }))
    expect(options).toMatchObject({ probe: 'protocol chat.protocol.ts', sessionTimeout: 10_000, sessionRate: 5 })
  })
})

describe('reconnect', () => {
  test('is off, and without more words goes on for ever, a second after the end', () => {
    expect(parseOptions({}).reconnect).toBeUndefined()
    expect(parseOptions({ reconnect: {} }).reconnect).toEqual({ max: Infinity, backoff: 1_000 })
    expect(parseOptions({ reconnect: { max: 3, backoff: '2s' } }).reconnect).toEqual({ max: 3, backoff: 2_000 })
  })

  test('says what is wrong with it', () => {
    const reconnect = { max: 0, backof: '1s', backoff: 'soon' }
    expect(mistakesOf(safeParseOptions({ reconnect }))).toEqual([
      'reconnect.max: expected a whole number from 1 to 1,000,000, or Infinity, got 0',
      expect.stringMatching(/^reconnect\.backoff: expected /),
      'reconnect.backof: no such option, did you mean "backoff"?',
    ])
  })

  test('needs a probe that knows its answers', () => {
    const reconnect = {}
    expect(mistakesOf(safeParseOptions({ reconnect, probe: { text: 'x' } }))).toEqual([
      expect.stringMatching(/^reconnect: expected a probe that knows its answers with it, got text "x"; /),
    ])
    expect(mistakesOf(safeParseOptions({ reconnect, probe: { text: 'x', answer: { echo: true } } }))).toEqual([])
    expect(mistakesOf(safeParseOptions({ reconnect }))).toEqual([])
  })

  test('is recorded, without an endless number', () => {
    const recorded = (reconnect: WsLoadOptions['reconnect'] & {}) =>
      recordOptions(parseOptions({ reconnect })).reconnect
    expect(recorded({ backoff: 5 })).toEqual({ backoff: 5 })
    expect(recorded({ max: 2 })).toEqual({ max: 2, backoff: 1_000 })
    expect(recordOptions(parseOptions({}))).not.toHaveProperty('reconnect')
  })
})

describe('recorded options', () => {
  function recorded(options: WsLoadOptions): RecordedOptions {
    return recordOptions(parseOptions({ seed: 1, ...options }))
  }

  test('are those of the run as plain data', () => {
    expect(recorded({ url: 'ws://localhost:3001' })).toMatchInlineSnapshot(`
      {
        "confidence": 0.99,
        "connectTimeout": 10000,
        "connections": 10,
        "drain": 5000,
        "duration": 10000,
        "headers": {},
        "inFlight": 1,
        "localAddresses": [],
        "maxPendingPongs": 60,
        "payloadBytes": 8,
        "perMessageDeflate": false,
        "probe": "ping",
        "protocols": [],
        "seed": 1,
        "server": "auto",
        "sessionTimeout": undefined,
        "threads": "auto",
        "timeout": 5000,
        "tls": {},
        "url": "ws://localhost:3001/",
        "warmup": 1000,
      }
    `)
  })

  test.for([
    [{ duration: '5s' }, { duration: 5_000, inFlight: 1 }],
    [
      { pings: 5, inFlight: 3 },
      { pings: 5, inFlight: 3 },
    ],
    [
      { rate: '5/s', duration: 1 },
      { rate: 5, arrivals: 'constant', duration: 1 },
    ],
    [
      { rate: 5, arrivals: 'poisson', stages: [{ duration: '1s', rate: 9 }] },
      { rate: 5, arrivals: 'poisson', stages: [{ duration: 1_000, rate: 9 }], duration: 1_000 },
    ],
  ] as const)('%#: have only the load model that was asked for: %o', ([given, expected]) => {
    const { duration, pings, inFlight, rate, arrivals, stages } = recorded(given)
    expect({ duration, pings, inFlight, rate, arrivals, stages }).toEqual(expected)
  })

  test('have a pace of connecting only if there is one', () => {
    expect(recorded({ connectRate: 5 })).toMatchObject({ connectRate: 5 })
    expect(recorded({})).not.toHaveProperty('connectRate')
  })

  test('survive JSON', () => {
    const options = recorded({ url: 'ws://localhost', probe: { text: 'PING' }, stages: [{ duration: 1, rate: 5 }] })
    expect(JSON.parse(JSON.stringify(options))).toEqual(options)
  })

  test('show no secret', () => {
    const shown = recorded({
      url: 'wss://SECRETuser:SECRETpassword@localhost:3001/chat?token=SECRETquery&room=SECRETroom&token=SECRETagain',
      headers: { authorization: 'Bearer SECRETheader', cookie: ['SECRETcookie'] },
      tls: {
        ca: authority,
        key: privateKey,
        passphrase: 'SECRETpassphrase',
        servername: 'SECRETname',
        rejectUnauthorized: false,
      },
      probe: { request: () => 'SECRETrequest', reply: () => 1, data: 'SECRETdata' },
    })
    expect(JSON.stringify(shown)).not.toMatch(/SECRET|BEGIN/)
    expect(shown).toMatchObject({
      url: 'wss://masked:masked@localhost:3001/chat?token=masked&room=masked&token=masked',
      headers: { authorization: '[masked]', cookie: '[masked]' },
      tls: { key: '[masked]', rejectUnauthorized: false },
      probe: 'functions',
    })
  })
})

describe('an object of some class without a field of its own', () => {
  const others = [new URL('ws://u:pw@127.0.0.1:9'), Promise.resolve({}), new Map(), new Date()]

  test('is no options', () => {
    for (const given of others) {
      expect(() => parseOptions(mergeOptions({ connections: 5 }, given as never))).toThrow(
        'options: expected an object',
      )
    }
  })

  test('is told without its secrets, as a text is', () => {
    for (const given of ['ws://u:hunter2@127.0.0.1:9', others[0], null, []]) {
      expect(() => parseOptions(mergeOptions({}, given as never))).toThrow(
        /options: expected an object, got (?!.*(?:pw|hunter2))/,
      )
    }
  })
})

test('stages may begin with a rate of 0, and nothing else may', () => {
  const stages = [{ duration: 5_000, rate: '100/s' }]
  expect(parseOptions({ rate: 0, stages })).toMatchObject({ startRate: 0 })
  expect(parseOptions(mergeOptions({ rate: '1k/s' }, { stages }))).toMatchObject({ startRate: 1_000 })
  expect(mistakesIn({ rate: 0 })).toBe('rate: expected one above 0 without stages, got 0')
})

test.each([
  [{ protocol: '/p.ts' }, 'protocol: expected probe: { protocol }, or wsLoad.fanOut() with it'],
  [{ slo: 'p99 < 1s' }, 'slo: expected until, or expect(…).toMeetSLO() after the run'],
  [{ rooms: 2 }, 'rooms: expected wsLoad.fanOut() with it'],
])('an option of another method is told where it belongs: %o', (given, mistake) => {
  expect(mistakesIn(given)).toBe(mistake)
})

test('defaults keep what a call may have a use for, until there is one', () => {
  const defaults = { maxDuration: '9s', arrivals: 'poisson', sessionTimeout: '3s' } as const
  expect(withoutNeedless(defaults)).toEqual({})
  expect(overrideDefaults(defaults, { connections: 5 })).toEqual({ ...defaults, connections: 5 })
  expect(mergeOptions(defaults, { until: 'p99 < 9ms' })).toEqual({ until: 'p99 < 9ms', maxDuration: '9s' })
  expect(mergeOptions(defaults, { rate: 5 })).toEqual({ rate: 5, arrivals: 'poisson' })
  expect(mergeOptions(defaults, { maxDuration: '1s' })).toEqual({ maxDuration: '1s' })
  expect(mergeOptions(defaults, { slo: 'p99 < 1s' })).toMatchObject({ arrivals: 'poisson' })
})

test('a default rate of 0 is that of its stages alone', () => {
  const stages = [{ duration: '1s', rate: 5 }]
  expect(mergeOptions({ rate: 0, stages, arrivals: 'poisson' }, { duration: '5s' })).toEqual({ duration: '5s' })
  expect(mergeOptions({ rate: 0 }, { stages })).toEqual({ rate: 0, stages })
})
