import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeProbe, portableProbe, resolveProbe, type ProbeOption } from '../../src/options/probe.ts'
import { type ProbeFunctions, revive } from '../../src/wire/probe-spec.ts'

const json: ProbeFunctions = {
  request: (id) => JSON.stringify({ id }),
  reply: (message) => (JSON.parse(message as string) as { id?: number }).id,
}

function mistakesOf(probe: unknown, payloadBytes?: number): string {
  const { spec, mistakes } = resolveProbe(probe, payloadBytes)
  expect(spec).toBeUndefined()
  return mistakes.join('\n')
}

describe('a ping', () => {
  test.for([
    [undefined, 8],
    [8, 8],
    [125, 125],
  ])('of %s bytes has %d', ([asked, payloadBytes]) => {
    expect(resolveProbe('ping', asked)).toEqual({ spec: { kind: 'ping', payloadBytes }, mistakes: [] })
  })

  test('cannot have fewer bytes than tell pings apart, nor more than a control frame holds', () => {
    expect(mistakesOf('ping', 7)).toMatchInlineSnapshot(
      `"payloadBytes: expected 8 to 125 for control-frame pings (RFC 6455 section 5.5), got 7; larger payloads need a { text } or { binary } probe"`,
    )
    expect(mistakesOf('ping', 126)).toMatchInlineSnapshot(
      `"payloadBytes: expected 8 to 125 for control-frame pings (RFC 6455 section 5.5), got 126; larger payloads need a { text } or { binary } probe"`,
    )
  })
})

describe('a message', () => {
  test('is the bytes of its text', () => {
    const payload = Uint8Array.of(0xc3, 0xa4)
    expect(resolveProbe({ text: 'ä' }, undefined).spec).toEqual({ kind: 'text', payload, payloadBytes: 2 })
  })

  test('is a copy of its bytes', () => {
    const binary = Buffer.of(1, 2)
    const { spec } = resolveProbe({ binary }, undefined)
    binary.fill(0)
    expect(spec).toEqual({ kind: 'binary', payload: Uint8Array.of(1, 2), payloadBytes: 2 })
  })

  test('is repeated or cut to the bytes asked for', () => {
    const contents = fc.uint8Array({ minLength: 1, maxLength: 20, max: 127 })
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 100 }), fc.boolean(), (content, payloadBytes, asText) => {
        const probe = asText ? { text: Buffer.from(content).toString('latin1') } : { binary: content }
        const payload = Uint8Array.from({ length: payloadBytes }, (_, at) => content[at % content.length]!)
        const { spec } = resolveProbe(probe, payloadBytes)
        expect(spec).toEqual({ kind: asText ? 'text' : 'binary', payload, payloadBytes })
      }),
    )
  })

  test.for([[{ text: '' }], [{ binary: new Uint8Array() }]])('can be empty: %o', ([probe]) => {
    expect(resolveProbe(probe, undefined).spec).toMatchObject({ payloadBytes: 0 })
  })

  test('must be a text or bytes', () => {
    expect(mistakesOf({ text: 5 })).toMatchInlineSnapshot(`"probe.text: expected a text, got 5"`)
    expect(mistakesOf({ text: Buffer.from('PING') })).toMatchInlineSnapshot(
      `"probe.text: expected a text, got a buffer of 4 bytes"`,
    )
    expect(mistakesOf({ binary: 'PING' })).toMatchInlineSnapshot(`"probe.binary: expected a Uint8Array, got "PING""`)
    expect(mistakesOf({ binary: [1, 2] })).toMatchInlineSnapshot(
      `"probe.binary: expected a Uint8Array, got a list of 2"`,
    )
  })

  test('must be something to be repeated, and ASCII to be cut', () => {
    expect(mistakesOf({ text: '' }, 10)).toMatchInlineSnapshot(
      `"probe.text: expected something to repeat to payloadBytes, got nothing"`,
    )
    expect(mistakesOf({ binary: new Uint8Array() }, 10)).toMatchInlineSnapshot(
      `"probe.binary: expected something to repeat to payloadBytes, got nothing"`,
    )
    expect(mistakesOf({ text: 'ä' }, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected an ASCII text with it, so that cutting it leaves a text"`,
    )
  })
})

describe('a module', () => {
  const href = pathToFileURL('/a b/probe.js').href

  test.for([['/a b/probe.js'], [href], [new URL(href)]])('is named by path or URL: %s', ([module]) => {
    const { spec } = resolveProbe({ module, data: 5 }, undefined)
    expect(spec).toEqual({ kind: 'module', module: href, data: 5 })
  })

  test('must be one that every thread finds', () => {
    expect(mistakesOf({ module: './probe.js' })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got "./probe.js"; try new URL('./probe.js', import.meta.url)"`,
    )
    expect(mistakesOf({ module: 'https://example.org/probe.js' })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got "https://example.org/probe.js"; try new URL('./probe.js', import.meta.url)"`,
    )
    expect(mistakesOf({ module: 5 })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got 5; try new URL('./probe.js', import.meta.url)"`,
    )
  })
})

describe('functions', () => {
  const data = { prefix: 'id ' }
  type Data = typeof data

  const forms: Record<string, ProbeFunctions> = {
    arrows: {
      request: (id, given) => (given as Data).prefix + id,
      reply: (message, given) => Number((message as string).slice((given as Data).prefix.length)),
    },
    'arrows with bodies': {
      request: (id, given) => {
        const { prefix } = given as Data
        return prefix + id
      },
      reply: (message, given) => {
        const { prefix } = given as Data
        return Number((message as string).slice(prefix.length))
      },
    },
    'function expressions': {
      request: function (id, given) {
        return (given as Data).prefix + id
      },
      reply: function named(message, given) {
        return Number((message as string).slice((given as Data).prefix.length))
      },
    },
    methods: {
      request(id, given) {
        return (given as Data).prefix + id
      },
      reply(message, given) {
        return Number((message as string).slice((given as Data).prefix.length))
      },
    },
    'methods with names of their own': {
      ['request'](id: number, given: unknown) {
        return (given as Data).prefix + id
      },
      reply(message, given) {
        return Number((message as string).slice((given as Data).prefix.length))
      },
    },
  }

  test.for(Object.entries(forms))('can be %s', ([, functions]) => {
    const { spec, mistakes } = resolveProbe({ ...functions, data }, undefined)
    expect(mistakes).toEqual([])
    expect(spec).toMatchObject({ kind: 'functions', data })
    const { request, reply } = spec as { request: string; reply: string }
    const made = (revive(request) as ProbeFunctions['request'])(7, data)
    expect(made).toBe('id 7')
    expect((revive(reply) as ProbeFunctions['reply'])(made, data)).toBe(7)
  })

  test('may use globals', () => {
    expect(resolveProbe({ ...json, request: (id: number) => Buffer.from(`${id}`) }, undefined).mistakes).toEqual([])
  })

  test('may fail to read what is no answer', () => {
    const reply = () => JSON.parse('no JSON') as number
    expect(resolveProbe({ ...json, reply }, undefined).mistakes).toEqual([])
  })

  test('cannot change their data for the run', () => {
    const counter = { calls: 0 }
    const request = (_id: number, given: unknown) => `${++(given as typeof counter).calls}`
    const { spec } = resolveProbe({ ...json, request, data: counter }, undefined)
    expect(spec).toMatchObject({ data: { calls: 0 } })
  })

  test('are both needed', () => {
    expect(mistakesOf({ request: json.request })).toMatchInlineSnapshot(
      `"probe.reply: expected a function, got undefined"`,
    )
    expect(mistakesOf({ reply: json.reply })).toMatchInlineSnapshot(
      `"probe.request: expected a function, got undefined"`,
    )
    expect(mistakesOf({ request: 5, reply: {} })).toMatchInlineSnapshot(`
      "probe.request: expected a function, got 5
      probe.reply: expected a function, got an object ()"
    `)
  })

  test('may use nothing from around them', () => {
    const secret = 'closure'
    expect(mistakesOf({ ...json, request: () => secret })).toMatchInlineSnapshot(
      `"probe.request: expected a function that works on its own, got "ReferenceError: secret is not defined"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    expect(mistakesOf({ ...json, reply: () => secret.length })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that works on its own, got "ReferenceError: secret is not defined"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    const imported = mistakesOf({ ...json, request: () => String(describeProbe) })
    expect(imported).toContain('probe.request: expected a function that works on its own, got "ReferenceError')
  })

  test('must answer at once', () => {
    expect(mistakesOf({ ...json, request: async () => 'PING' })).toMatchInlineSnapshot(
      `"probe.request: expected a function that returns its message at once, got an async one"`,
    )
    const throwing = async () => {
      throw new Error('An unhandled rejection, if it was called.')
    }
    expect(mistakesOf({ ...json, reply: throwing })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that returns its id at once, got an async one"`,
    )
    const methods = { async request(this: void) {}, async reply(this: void) {} }
    expect(mistakesOf({ ...json, request: methods.request })).toMatchInlineSnapshot(
      `"probe.request: expected a function that returns its message at once, got an async one"`,
    )
    expect(mistakesOf({ ...json, reply: methods.reply })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that returns its id at once, got an async one"`,
    )
    expect(mistakesOf({ ...json, request: () => Promise.resolve('PING') })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got an object ()"`,
    )
  })

  test('must make a message', () => {
    expect(mistakesOf({ ...json, request: (id: number) => id })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got 1"`,
    )
    expect(mistakesOf({ ...json, request: () => undefined })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got undefined"`,
    )
    expect(
      mistakesOf({
        ...json,
        request: () => {
          throw new Error('broken')
        },
      }),
    ).toMatchInlineSnapshot(
      `"probe.request: expected a function that works on its own, got "Error: broken"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
  })

  test('must have a source', () => {
    expect(mistakesOf({ ...json, request: json.request.bind(undefined) })).toMatchInlineSnapshot(
      `"probe.request: expected a function that works on its own, got "SyntaxError: Unexpected identifier 'code'"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    expect(mistakesOf({ ...json, reply: Math.max })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that works on its own, got "SyntaxError: Unexpected identifier 'max'"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
  })

  test('must have data that can be sent to a thread', () => {
    expect(mistakesOf({ ...json, data: { make: () => 5 } })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: () => 5 could not be cloned.""`,
    )
    expect(mistakesOf({ module: '/probe.js', data: Symbol('s') })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: Symbol(s) could not be cloned.""`,
    )
  })
})

describe('anything else', () => {
  test('is a mistake that names what there is', () => {
    expect(mistakesOf('pong')).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply } or { module }, got "pong""`,
    )
    expect(mistakesOf(null)).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply } or { module }, got null"`,
    )
    expect(mistakesOf({})).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply } or { module }, got an object ()"`,
    )
    expect(mistakesOf({ messages: [] })).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply } or { module }, got an object (messages)"`,
    )
  })

  test('decides its size itself', () => {
    expect(mistakesOf(json, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected a ping, text or binary probe with it; your own request decides its size"`,
    )
    expect(mistakesOf({ module: '/probe.js' }, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected a ping, text or binary probe with it; your own request decides its size"`,
    )
  })

  test('is one mistake or more, never an error of ours', () => {
    fc.assert(
      fc.property(fc.anything(), (probe) => {
        const { spec, mistakes } = resolveProbe(probe, undefined)
        expect(mistakes.length > 0).toBe(spec === undefined)
      }),
    )
  })
})

describe('a portable probe', () => {
  const probes: ProbeOption[] = [
    'ping',
    { text: 'PING' },
    { binary: Buffer.from('PING') },
    { ...json, data: { token: 5 } },
    { request: (id) => `${id}`, reply: () => 1 },
    { module: '/probe.js', data: 5 },
    { module: pathToFileURL('/probe.js') },
  ]

  test.for(probes.map((probe) => [probe]))('survives structuredClone and means the same: %o', ([probe]) => {
    const clone = structuredClone(portableProbe(probe!))
    expect(resolveProbe(clone, undefined)).toEqual(resolveProbe(probe, undefined))
  })
})

describe('the description of a probe', () => {
  test.for([
    ['ping', 'ping'],
    [{ text: 'PING' }, 'text "PING"'],
    [{ text: 'ä'.repeat(1_000) }, `text "${'ä'.repeat(40)}"`],
    [{ binary: Buffer.of(1) }, 'binary'],
    [json, 'functions'],
    [{ module: '/probe.js' }, 'module'],
  ] as const)('of %o is %s', ([probe, text]) => {
    expect(describeProbe(resolveProbe(probe, undefined).spec!)).toBe(text)
  })
})
