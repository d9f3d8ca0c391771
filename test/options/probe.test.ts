import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { valueOf } from '../../src/options/invalid-options.ts'
import {
  askedBy,
  describeProbe,
  portableProbe,
  type ProbeOption,
  recordedProbe,
  safeParseProbe,
} from '../../src/options/probe.ts'
import { mistakesOf } from '../../src/parsed.ts'
import { mqtt, socketIO, stomp } from '../../src/protocols/index.ts'
import { type ProbeFunctions, type ProbeSpec, revive } from '../../src/wire/probe-spec.ts'

const json: ProbeFunctions = {
  request: (id) => JSON.stringify({ id }),
  reply: (message) => (JSON.parse(message as string) as { id?: number }).id,
}

function mistakesIn(probe: unknown, payloadBytes?: number): string {
  const parsed = safeParseProbe(probe, payloadBytes)
  expect(parsed).not.toHaveProperty('value')
  return mistakesOf(parsed).join('\n')
}

function specOf(probe: unknown, payloadBytes?: number): ProbeSpec {
  return valueOf(safeParseProbe(probe, payloadBytes))
}

describe('a ping', () => {
  test.for([
    [undefined, 8],
    [8, 8],
    [125, 125],
  ])('of %s bytes has %d', ([asked, payloadBytes]) => {
    expect(specOf('ping', asked)).toEqual({ kind: 'ping', payloadBytes })
  })

  test('cannot have fewer bytes than tell pings apart, nor more than a control frame holds', () => {
    expect(mistakesIn('ping', 7)).toMatchInlineSnapshot(
      `"payloadBytes: expected 8 to 125 for control-frame pings (RFC 6455 section 5.5), got 7; larger payloads need a { text } or { binary } probe"`,
    )
    expect(mistakesIn('ping', 126)).toMatchInlineSnapshot(
      `"payloadBytes: expected 8 to 125 for control-frame pings (RFC 6455 section 5.5), got 126; larger payloads need a { text } or { binary } probe"`,
    )
  })
})

describe('a message', () => {
  test('is the bytes of its text', () => {
    const payload = Uint8Array.of(0xc3, 0xa4)
    expect(specOf({ text: 'ä' })).toEqual({ kind: 'text', payload, payloadBytes: 2 })
  })

  test('is a copy of its bytes', () => {
    const binary = Buffer.of(1, 2)
    const spec = specOf({ binary })
    binary.fill(0)
    expect(spec).toEqual({ kind: 'binary', payload: Uint8Array.of(1, 2), payloadBytes: 2 })
  })

  test('is repeated or cut to the bytes asked for', () => {
    const contents = fc.uint8Array({ minLength: 1, maxLength: 20, max: 127 })
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 100 }), fc.boolean(), (content, payloadBytes, asText) => {
        const probe = asText ? { text: Buffer.from(content).toString('latin1') } : { binary: content }
        const payload = Uint8Array.from({ length: payloadBytes }, (_, at) => content[at % content.length]!)
        const spec = specOf(probe, payloadBytes)
        expect(spec).toEqual({ kind: asText ? 'text' : 'binary', payload, payloadBytes })
      }),
    )
  })

  test.for([[{ text: '' }], [{ binary: new Uint8Array() }]])('can be empty: %o', ([probe]) => {
    expect(specOf(probe)).toMatchObject({ payloadBytes: 0 })
  })

  test('must be a text or bytes', () => {
    expect(mistakesIn({ text: 5 })).toMatchInlineSnapshot(`"probe.text: expected a text, got 5"`)
    expect(mistakesIn({ text: Buffer.from('PING') })).toMatchInlineSnapshot(
      `"probe.text: expected a text, got a buffer of 4 bytes"`,
    )
    expect(mistakesIn({ binary: 'PING' })).toMatchInlineSnapshot(`"probe.binary: expected a Uint8Array, got "PING""`)
    expect(mistakesIn({ binary: [1, 2] })).toMatchInlineSnapshot(
      `"probe.binary: expected a Uint8Array, got a list of 2"`,
    )
  })

  test('must be something to be repeated, and ASCII to be cut', () => {
    expect(mistakesIn({ text: '' }, 10)).toMatchInlineSnapshot(
      `"probe.text: expected something to repeat to payloadBytes, got nothing"`,
    )
    expect(mistakesIn({ binary: new Uint8Array() }, 10)).toMatchInlineSnapshot(
      `"probe.binary: expected something to repeat to payloadBytes, got nothing"`,
    )
    expect(mistakesIn({ text: 'ä' }, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected an ASCII text with it, so that cutting it leaves a text"`,
    )
  })
})

describe('the answer to a message', () => {
  function answerTo(probe: object): unknown {
    return (specOf(probe) as { answer?: unknown }).answer
  }

  test.for([
    [{ text: 'PING' }, undefined],
    [
      { text: 'PING', answer: 'PÖNG' },
      { by: 'content', content: Buffer.from('PÖNG') },
    ],
    [
      { text: 'PING', answer: '' },
      { by: 'content', content: Buffer.alloc(0) },
    ],
    [
      { binary: Buffer.of(1), answer: Uint8Array.of(2, 3) },
      { by: 'content', content: Buffer.of(2, 3) },
    ],
    [
      { text: 'PING', answer: { echo: true } },
      { by: 'content', content: Buffer.from('PING') },
    ],
    [
      { binary: Buffer.of(1), answer: { echo: true } },
      { by: 'content', content: Buffer.of(1) },
    ],
    [
      { text: 'PING', answer: /^po/i },
      { by: 'pattern', pattern: /^po/i },
    ],
  ] as const)('of %o is %o', ([probe, answer]) => {
    const parsed = answerTo(probe) as { content?: Uint8Array } | undefined
    expect(parsed?.content === undefined ? parsed : { ...parsed, content: Buffer.from(parsed.content) }).toEqual(answer)
  })

  test('can be its echo where it is repeated to a size', () => {
    const { payload, answer } = specOf({ text: 'PING ', answer: { echo: true } }, 12) as Extract<
      ProbeSpec,
      { answer?: unknown }
    >
    expect(answer).toEqual({ by: 'content', content: payload })
  })

  test('is a copy of its bytes', () => {
    const bytes = Buffer.of(1, 2)
    const answer = answerTo({ text: 'PING', answer: bytes })
    bytes.fill(0)
    expect(answer).toEqual({ by: 'content', content: Uint8Array.of(1, 2) })
  })

  test('can be recognised by a function with data', () => {
    const answer = (message: unknown, data: unknown) => String(message).startsWith((data as { prefix: string }).prefix)
    const data = { prefix: 'PO' }
    const spec = answerTo({ text: 'PING', answer, data }) as { source: string }
    expect(spec).toMatchObject({ by: 'function', data })
    expect((revive(spec.source) as typeof answer)('PONG', data)).toBe(true)
  })

  test('may fail to read what is no answer', () => {
    const answer = (message: unknown) => (JSON.parse(String(message)) as { type: string }).type === 'pong'
    expect(answerTo({ text: 'PING', answer })).toMatchObject({ by: 'function' })
  })

  test('must be one of the kinds there are', () => {
    expect(mistakesIn({ text: 'PING', answer: 5 })).toMatchInlineSnapshot(
      `"probe.answer: expected a text, a Uint8Array, a RegExp, a function or { echo: true }, got 5"`,
    )
    expect(mistakesIn({ text: 'PING', answer: { echo: false } })).toMatchInlineSnapshot(
      `"probe.answer: expected a text, a Uint8Array, a RegExp, a function or { echo: true }, got an object (echo)"`,
    )
    expect(mistakesIn({ text: 5, answer: null })).toMatchInlineSnapshot(`
      "probe.text: expected a text, got 5
      probe.answer: expected a text, a Uint8Array, a RegExp, a function or { echo: true }, got null"
    `)
    expect(mistakesIn({ ...json, answer: 'PONG' })).toMatchInlineSnapshot(
      `"probe.answer: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got it with request"`,
    )
    expect(mistakesIn({ text: 'PING', anser: 'PONG' })).toMatchInlineSnapshot(
      `"probe.anser: no such option, did you mean "answer"?"`,
    )
  })

  test('must be recognised at once, by a function that works on its own', () => {
    const secret = 'closure'
    expect(mistakesIn({ text: 'PING', answer: (message: string) => message === secret })).toMatchInlineSnapshot(
      `"probe.answer: expected a function that works on its own, got "ReferenceError: secret is not defined"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    expect(mistakesIn({ text: 'PING', answer: async () => true })).toMatchInlineSnapshot(
      `"probe.answer: expected a function that returns true or false at once, got an async one"`,
    )
    const rejecting = () => Promise.reject(new Error('An unhandled rejection, if nobody handled it.'))
    expect(mistakesIn({ text: 'PING', answer: rejecting })).toMatchInlineSnapshot(
      `"probe.answer: expected a function that returns true or false at once, got an async one"`,
    )
    expect(mistakesIn({ text: 'PING', answer: Math.max })).toMatchInlineSnapshot(
      `"probe.answer: expected a function that works on its own, got "SyntaxError: Unexpected identifier 'max'"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
  })

  test('has data only with a function', () => {
    expect(mistakesIn({ text: 'PING', data: 5 })).toMatchInlineSnapshot(
      `"probe.data: expected an answer function with it"`,
    )
    expect(mistakesIn({ text: 'PING', answer: /PONG/, data: 5 })).toMatchInlineSnapshot(
      `"probe.data: expected an answer function with it, got /PONG/"`,
    )
    expect(mistakesIn({ text: 'PING', answer: () => true, data: () => 5 })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: () => 5 could not be cloned.""`,
    )
  })
})

describe('a module', () => {
  const href = pathToFileURL('/a b/probe.js').href

  test.for([['/a b/probe.js'], [href], [new URL(href)]])('is named by path or URL: %s', ([module]) => {
    const spec = specOf({ module, data: 5 })
    expect(spec).toEqual({ kind: 'module', module: href, data: 5 })
  })

  test('must be one that every thread finds', () => {
    expect(mistakesIn({ module: './probe.js' })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got "./probe.js"; try new URL('./probe.js', import.meta.url)"`,
    )
    expect(mistakesIn({ module: 'https://example.org/probe.js' })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got "https://example.org/probe.js"; try new URL('./probe.js', import.meta.url)"`,
    )
    expect(mistakesIn({ module: 5 })).toMatchInlineSnapshot(
      `"probe.module: expected an absolute path or a file: URL, got 5; try new URL('./probe.js', import.meta.url)"`,
    )
  })
})

describe('a protocol', () => {
  const href = pathToFileURL('/a b/chat.protocol.ts').href

  test.for([['/a b/chat.protocol.ts'], [href], [new URL(href)]])('is named by path or URL: %s', ([protocol]) => {
    const data = { token: 'secret' }
    expect(specOf({ protocol, data })).toEqual({ kind: 'protocol', protocol: href, data })
  })

  test('must be one that every thread finds', () => {
    expect(mistakesIn({ protocol: 'chat.protocol.ts' })).toMatchInlineSnapshot(
      `"probe.protocol: expected an absolute path or a file: URL, got "chat.protocol.ts"; try new URL('./chat.protocol.ts', import.meta.url)"`,
    )
  })

  test('has no other options than its data, which must be cloneable', () => {
    expect(mistakesIn({ protocol: href, dat: 1 })).toMatchInlineSnapshot(
      `"probe.dat: no such option, did you mean "data"?"`,
    )
    expect(mistakesIn({ protocol: href, data: () => 1 })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: () => 1 could not be cloned.""`,
    )
    expect(mistakesIn({ protcol: href })).toMatchInlineSnapshot(
      `"probe.protcol: no such option, did you mean "protocol"?"`,
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
    const spec = specOf({ ...functions, data })
    expect(spec).toMatchObject({ kind: 'functions', data })
    const { request, reply } = spec as { request: string; reply: string }
    const made = (revive(request) as ProbeFunctions['request'])(7, data, { index: 0, state: undefined, data })
    expect(made).toBe('id 7')
    expect((revive(reply) as ProbeFunctions['reply'])(made, data, { index: 0, state: undefined, data })).toBe(7)
  })

  test('may use globals', () => {
    expect(mistakesOf(safeParseProbe({ ...json, request: (id: number) => Buffer.from(`${id}`) }))).toEqual([])
  })

  test('may fail to read what is no answer', () => {
    const reply = () => JSON.parse('no JSON') as number
    expect(mistakesOf(safeParseProbe({ ...json, reply }))).toEqual([])
  })

  test('cannot change their data for the run', () => {
    const counter = { calls: 0 }
    const request = (_id: number, given: unknown) => `${++(given as typeof counter).calls}`
    const spec = specOf({ ...json, request, data: counter })
    expect(spec).toMatchObject({ data: { calls: 0 } })
  })

  test('are both needed', () => {
    expect(mistakesIn({ request: json.request })).toMatchInlineSnapshot(
      `"probe.reply: expected a function, got undefined"`,
    )
    expect(mistakesIn({ reply: json.reply })).toMatchInlineSnapshot(
      `"probe.request: expected a function, got undefined"`,
    )
    expect(mistakesIn({ request: 5, reply: {} })).toMatchInlineSnapshot(`
      "probe.request: expected a function, got 5
      probe.reply: expected a function, got an object ()"
    `)
  })

  test('may use nothing from around them', () => {
    const secret = 'closure'
    expect(mistakesIn({ ...json, request: () => secret })).toMatchInlineSnapshot(
      `"probe.request: expected a function that works on its own, got "ReferenceError: secret is not defined"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    expect(mistakesIn({ ...json, reply: () => secret.length })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that works on its own, got "ReferenceError: secret is not defined"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    const imported = mistakesIn({ ...json, request: () => String(describeProbe) })
    expect(imported).toContain('probe.request: expected a function that works on its own, got "ReferenceError')
  })

  test('must answer at once', () => {
    expect(mistakesIn({ ...json, request: async () => 'PING' })).toMatchInlineSnapshot(
      `"probe.request: expected a function that returns its message at once, got an async one"`,
    )
    const throwing = async () => {
      throw new Error('An unhandled rejection, if it was called.')
    }
    expect(mistakesIn({ ...json, reply: throwing })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that returns its id at once, got an async one"`,
    )
    const methods = { async request(this: void) {}, async reply(this: void) {} }
    expect(mistakesIn({ ...json, request: methods.request })).toMatchInlineSnapshot(
      `"probe.request: expected a function that returns its message at once, got an async one"`,
    )
    expect(mistakesIn({ ...json, reply: methods.reply })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that returns its id at once, got an async one"`,
    )
    expect(mistakesIn({ ...json, request: () => Promise.resolve('PING') })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got an object ()"`,
    )
  })

  test('must make a message', () => {
    expect(mistakesIn({ ...json, request: (id: number) => id })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got 1"`,
    )
    expect(mistakesIn({ ...json, request: () => undefined })).toMatchInlineSnapshot(
      `"probe.request: expected it to return a text or a Uint8Array, got undefined"`,
    )
    expect(
      mistakesIn({
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
    expect(mistakesIn({ ...json, request: json.request.bind(undefined) })).toMatchInlineSnapshot(
      `"probe.request: expected a function that works on its own, got "SyntaxError: Unexpected identifier 'code'"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
    expect(mistakesIn({ ...json, reply: Math.max })).toMatchInlineSnapshot(
      `"probe.reply: expected a function that works on its own, got "SyntaxError: Unexpected identifier 'max'"; it may use only its arguments and globals; pass what it needs in probe.data, or use probe.module"`,
    )
  })

  test('must have data that can be sent to a thread', () => {
    expect(mistakesIn({ ...json, data: { make: () => 5 } })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: () => 5 could not be cloned.""`,
    )
    expect(mistakesIn({ module: '/probe.js', data: Symbol('s') })).toMatchInlineSnapshot(
      `"probe.data: expected what survives structuredClone, got "DataCloneError: Symbol(s) could not be cloned.""`,
    )
  })
})

describe('anything else', () => {
  test('is a mistake that names what there is', () => {
    expect(mistakesIn('pong')).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got "pong""`,
    )
    expect(mistakesIn(null)).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got null"`,
    )
    expect(mistakesIn({})).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got an object ()"`,
    )
    expect(mistakesIn({ messages: [] })).toMatchInlineSnapshot(
      `"probe: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got an object (messages)"`,
    )
  })

  test('is nearly one of the forms', () => {
    expect(mistakesIn({ txt: 'PING' })).toBe('probe.txt: no such option, did you mean "text"?')
    expect(mistakesIn({ text: 'PING', sender: 5 })).toBe('probe.sender: no such option')
    expect(mistakesIn({ text: 5, sender: 5 })).toBe('probe.sender: no such option\nprobe.text: expected a text, got 5')
    expect(mistakesIn({ ...json, dta: 5 })).toBe('probe.dta: no such option, did you mean "data"?')
    expect(mistakesIn({ text: 'PING', binary: new Uint8Array(1) })).toBe(
      "probe.binary: expected 'ping', { text }, { binary }, { request, reply }, { module } or { protocol }, got it with text",
    )
  })

  test('decides its size itself', () => {
    expect(mistakesIn(json, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected a ping, text or binary probe with it; your own request decides its size"`,
    )
    expect(mistakesIn({ module: '/probe.js' }, 10)).toMatchInlineSnapshot(
      `"payloadBytes: expected a ping, text or binary probe with it; your own request decides its size"`,
    )
  })

  test.for([
    [{ module: './probe.js' }, ['payloadBytes', 'probe.module']],
    [{ protocol: './chat.protocol.ts', data: Symbol('nowhere') }, ['payloadBytes', 'probe.data', 'probe.protocol']],
    [{ ...json, reply: 5, data: Symbol('nowhere') }, ['payloadBytes', 'probe.data', 'probe.reply']],
    [{ ...json, request: async () => 'PING' }, ['payloadBytes', 'probe.request']],
  ] as const)('has its size told beside what else is wrong with it: %o', ([probe, names]) => {
    const mistakes = mistakesIn(probe, 10).split('\n')
    expect(mistakes.map((mistake) => mistake.split(': ')[0])).toEqual(names)
  })

  test('is one mistake or more, never an error of ours', () => {
    fc.assert(
      fc.property(fc.anything(), (probe) => {
        const parsed = safeParseProbe(probe)
        expect(mistakesOf(parsed).length > 0).toBe(!('value' in parsed))
      }),
    )
  })
})

describe('a portable probe', () => {
  const probes: ProbeOption[] = [
    'ping',
    { text: 'PING' },
    { binary: Buffer.from('PING') },
    { text: 'PING', answer: 'PONG' },
    { text: 'PING', answer: /PONG/i },
    { text: 'PING', answer: { echo: true } },
    { binary: Buffer.from('PING'), answer: Buffer.from('PONG') },
    { text: 'PING', answer: (message, given) => message === given, data: 'PONG' },
    { ...json, data: { token: 5 } },
    { request: (id) => `${id}`, reply: () => 1 },
    { module: '/probe.js', data: 5 },
    { module: pathToFileURL('/probe.js') },
    { protocol: pathToFileURL('/chat.protocol.ts'), data: { token: 't' } },
  ]

  test.for(probes.map((probe) => [probe]))('survives structuredClone and means the same: %o', ([probe]) => {
    const clone = structuredClone(portableProbe(probe!))
    expect(specOf(clone)).toEqual(specOf(probe))
  })
})

describe('the description of a probe', () => {
  test.for([
    ['ping', 'ping'],
    [{ text: 'PING' }, 'text "PING"'],
    [{ text: 'ä'.repeat(1_000) }, `text "${'ä'.repeat(40)}"`],
    [{ binary: Buffer.of(1) }, 'binary'],
    [{ text: 'PING', answer: 'PONG' }, 'text "PING", answer "PONG"'],
    [{ text: 'PING', answer: { echo: true } }, 'text "PING", answer its echo'],
    [{ text: 'PING', answer: 'PING' }, 'text "PING", answer its echo'],
    [{ text: 'PING', answer: /^pong$/i }, 'text "PING", answer /^pong$/i'],
    [{ text: 'PING', answer: () => true }, 'text "PING", answer by a function'],
    [{ binary: Buffer.of(1), answer: Buffer.of(0xff) }, 'binary, answer a buffer of 1 bytes'],
    [json, 'functions'],
    [{ module: '/probe.js' }, 'module'],
    [{ protocol: '/some where/chat.protocol.ts' }, 'protocol chat.protocol.ts'],
    [{ protocol: '/dist/protocols/json-rpc.js', data: { method: 'search' } }, 'protocol json-rpc.js, method "search"'],
    [{ protocol: '/mqtt-topic.js', data: { topic: 'rooms/%r' } }, 'protocol mqtt-topic.js, topic "rooms/%r"'],
    [
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' } } },
      'protocol socket-io-room.js, event "say"',
    ],
    [
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' }, event: 'said' } },
      'protocol socket-io-room.js, event "said"',
    ],
  ] as const)('of %o is %s', ([probe, text]) => {
    expect(describeProbe(specOf(probe))).toBe(text)
  })
})

describe('a probe in a summary', () => {
  const recorded = (probe: ProbeOption): string => recordedProbe(specOf(probe))

  test.for([
    [{ text: 'PING' }, { text: 'PONG' }],
    [{ text: `${'a'.repeat(200)}b` }, { text: `${'a'.repeat(200)}c` }],
    [{ text: '{"op":"get","to":"a@b"}' }, { text: '{"op":"put","to":"a@b"}' }],
    [{ text: `${'ä'.repeat(40)}b` }, { text: `${'ä'.repeat(40)}c` }],
    [{ binary: Buffer.of(1) }, { binary: Buffer.of(2) }],
    [
      { protocol: '/graphql-ws.js', data: { query: '{ cheap @skip(if: false) }' } },
      { protocol: '/graphql-ws.js', data: { query: '{ costly @skip(if: false) }' } },
    ],
    [
      { protocol: '/json-rpc.js', data: { method: 'search' } },
      { protocol: '/json-rpc.js', data: { method: 'ping' } },
    ],
    [
      { protocol: '/graphql-ws.js', data: { query: `{ ${'a '.repeat(100)} b }` } },
      { protocol: '/graphql-ws.js', data: { query: `{ ${'a '.repeat(100)} c }` } },
    ],
    [
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' }, event: 'said' } },
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' }, event: 'told' } },
    ],
    [
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say', args: ['%m'] } } },
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say', args: ['%m', 'and more'] } } },
    ],
    [
      { protocol: '/graphql-ws-subscription.js', data: { query: 'subscription { said }', publish: { query: '%m' } } },
      { protocol: '/graphql-ws-subscription.js', data: { query: 'subscription { told }', publish: { query: '%m' } } },
    ],
    [
      { protocol: '/graphql-ws-subscription.js', data: { query: 'subscription { said }', publish: { query: '%m' } } },
      { protocol: '/graphql-ws-subscription.js', data: { query: 'subscription { said }', publish: { query: '"%m"' } } },
    ],
    [
      { protocol: '/mqtt-topic.js', data: { topic: 'rooms/%r' } },
      { protocol: '/mqtt-topic.js', data: { topic: 'halls/%r' } },
    ],
    [
      { protocol: '/mqtt-topic.js', data: { topic: 'rooms/%r', publish: { payload: '%m' } } },
      { protocol: '/mqtt-topic.js', data: { topic: 'rooms/%r', publish: { payload: '%m and more' } } },
    ],
    [
      { protocol: '/stomp-topic.js', data: { destination: '/topic/a' } },
      { protocol: '/stomp-topic.js', data: { destination: '/topic/b' } },
    ],
    [
      { protocol: '/stomp-topic.js', data: { destination: '/topic/a', publish: { destination: '/app/a' } } },
      { protocol: '/stomp-topic.js', data: { destination: '/topic/a', publish: { destination: '/app/b' } } },
    ],
    [
      { protocol: '/socket-io.js', data: { event: 'search', args: ['a'] } },
      { protocol: '/socket-io.js', data: { event: 'search', args: ['b'] } },
    ],
    [
      { protocol: '/json-rpc.js', data: { method: 'search' } },
      { protocol: '/json-rpc.js', data: { method: 'search', params: { for: 'all' } } },
    ],
    [
      { protocol: '/graphql-ws.js', data: { query: 'query($first: Int) { a }', variables: { first: 1 } } },
      { protocol: '/graphql-ws.js', data: { query: 'query($first: Int) { a }', variables: { first: 100 } } },
    ],
    [
      { protocol: '/graphql-ws.js', data: { query: 'query A { a } query B { b }', operationName: 'A' } },
      { protocol: '/graphql-ws.js', data: { query: 'query A { a } query B { b }', operationName: 'B' } },
    ],
    [
      { protocol: '/mqtt.js', data: { topic: 'prices' } },
      { protocol: '/mqtt.js', data: { topic: 'prices', protocolVersion: 5 } },
    ],
    [
      { protocol: '/socket-io.js', data: { event: 'search' } },
      { protocol: '/socket-io.js', data: { event: 'search', namespace: '/admin' } },
    ],
    [
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' } } },
      { protocol: '/socket-io-room.js', data: { publish: { event: 'say' }, join: { event: 'join' } } },
    ],
    [
      { protocol: '/mqtt.js', data: { topic: 'prices', qos: 0 } },
      { protocol: '/mqtt.js', data: { topic: 'prices', qos: 1 } },
    ],
    [
      { protocol: '/mqtt.js', data: { topic: 'prices', payload: Buffer.of(1) } },
      { protocol: '/mqtt.js', data: { topic: 'prices', payload: Buffer.of(2) } },
    ],
    [
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', body: 'one' } },
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', body: 'two' } },
    ],
    [
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', headers: { persistent: 'true' } } },
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', headers: { persistent: 'false' } } },
    ],
    [
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', answer: 'receipt' } },
      { protocol: '/stomp.js', data: { destination: '/topic/a.%c', answer: 'message' } },
    ],
  ] as const)('of %j is told from that of %j', ([one, other]) => {
    expect(recorded(one)).not.toBe(recorded(other))
    expect(recorded(one)).toBe(recorded({ ...one }))
  })

  test('says nothing of what may be another in each run', () => {
    const withToken = (token: string) => recorded({ protocol: '/json-rpc.js', data: { method: 'search', token } })
    expect(withToken('one')).toBe(withToken('another'))
  })

  test.for([
    [mqtt({ topic: 'prices' }), { topic: 'prices' }],
    [stomp({ destination: '/topic/a' }), { destination: '/topic/a' }],
    [socketIO({ event: 'search' }), { event: 'search' }],
  ] as const)('is the same for defaults of %o that are written and that are not', ([written, data]) => {
    expect(recorded(written)).toBe(recorded({ protocol: written.protocol, data }))
  })

  test('shows no content', () => {
    const body = '{"password":"hunter2"}'
    expect(recorded({ protocol: '/stomp.js', data: { destination: '/topic/a', body } })).not.toContain('hunter2')
  })

  test('says nothing of a secret that is published', () => {
    const withToken = (token: string) =>
      recorded({ protocol: '/stomp-topic.js', data: { destination: '/topic/a', publish: { headers: { token } } } })
    expect(withToken('hunter2')).toBe(withToken('swordfish'))
  })

  test('says what every ready-made protocol asks for', async () => {
    const directory = new URL('../../src/protocols/', import.meta.url)
    const files = await readdir(directory)
    const sources = await Promise.all(files.map((file) => readFile(new URL(file, directory), 'utf8')))
    const readyMade = files.filter((_, nth) => /^export default /m.test(sources[nth]!)).map((file) => parse(file).name)
    expect(Object.keys(askedBy).toSorted()).toEqual(readyMade.toSorted())
  })
})
