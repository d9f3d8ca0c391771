import { describe, expect, test } from 'vitest'
import { parseComparison } from '../../src/options/compare.ts'
import { parseFanOut } from '../../src/options/fan-out.ts'

const least = { url: 'ws://127.0.0.1:3001', protocol: '/rooms.js' } as const

function mistakesOf(options: Record<string, unknown>): string {
  try {
    parseFanOut({ ...least, ...options })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('a fan-out has 100 subscribers and one publisher if nothing else is said', () => {
  const { connections, fanOut, probe } = parseFanOut(least)
  expect({ connections, fanOut }).toEqual({ connections: 101, fanOut: { subscribers: 100, publishers: 1, rooms: 1 } })
  expect(probe).toMatchObject({ kind: 'protocol', protocol: 'file:///rooms.js' })
})

test('each room has a publisher', () => {
  expect(parseFanOut({ ...least, rooms: 7 }).fanOut?.publishers).toBe(7)
})

test.each([
  ['/rooms.js'],
  [new URL('file:///rooms.js')],
  [{ module: '/rooms.js' }],
  [{ protocol: new URL('file:///rooms.js') }],
])('a protocol may be %o', (protocol) => {
  expect(parseFanOut({ ...least, protocol }).probe).toMatchObject({ protocol: 'file:///rooms.js' })
})

test.each<[Record<string, unknown>, string]>([
  [{ rooms: 3, publishers: 2 }, 'publishers: expected one for each of 3 rooms, got 2'],
  [{ rooms: 101 }, 'subscribers: expected one for each of 101 rooms, got 100'],
  [{ subscribers: 0 }, 'subscribers: expected a whole number from 1 to 1,000,000, got 0'],
  [{ connections: 5 }, 'connections: expected subscribers and publishers instead'],
  [{ probe: 'ping' }, 'probe: expected protocol instead'],
  [{ inFlight: 2 }, 'inFlight: expected none of it'],
  [{ pings: 5 }, 'pings: expected duration instead'],
  [{ reconnect: {} }, 'reconnect: expected none of it'],
  [{ protocol: undefined }, 'protocol: expected a ready-made one such as socketIO.room(…)'],
  [{ protocol: './rooms.js' }, 'protocol: expected an absolute path or a file: URL, got "./rooms.js"'],
  [{ protocol: { module: '/a.js', date: 1 } }, 'protocol.date: no such option, did you mean "data"?'],
  [{ url: undefined }, "url: expected the server's, an embedded one passes nothing on"],
  [{ until: 'p99 < 20ms' }, 'until.p99: expected delivery.p99, first.p99 or completion.p99 of a fan-out'],
  [{ subscriber: 5 }, 'subscriber: no such option, did you mean "subscribers"?'],
  [{ rate: 'x', warmup: 'y' }, 'rate: expected a number per second'],
])('%o is refused', (options, mistake) => {
  expect(mistakesOf(options)).toContain(mistake)
})

describe('agents that have too few subscribers', () => {
  const few = { subscribers: 3, machines: { nats: 'nats://h', agents: 5 } }
  const mistake = 'subscribers: expected one for each of 5 agents in each of 1 room, got 3'

  test('are told by the options that a fan-out has', () => {
    expect(mistakesOf(few)).toBe(`wsLoad.fanOut: an option is wrong\n  ${mistake}`)
  })

  test('are told beside what else is wrong', () => {
    const told = mistakesOf({ ...few, timeout: 'x' })
    expect(told).toContain('timeout: expected ')
    expect(told).toContain(mistake)
  })
})

test('all mistakes are told at once', () => {
  expect(mistakesOf({ subscribers: 0, connections: 5, warmup: 'y', protocol: 7 }).split('\n')).toHaveLength(5)
})

describe('a comparison', () => {
  const sides = { base: { url: 'ws://127.0.0.1:1' }, head: { url: 'ws://127.0.0.1:2' } }

  test('of fan-outs has their roles', () => {
    const { load, fanOut, tolerance } = parseComparison({
      ...sides,
      protocol: least.protocol,
      subscribers: 20,
      rooms: 2,
    })
    expect(fanOut).toEqual({ subscribers: 20, publishers: 2, rooms: 2 })
    expect(load).toMatchObject({ connections: 22, probe: { kind: 'protocol' } })
    expect(tolerance.figures.map(({ of }) => of)).toEqual(['delivery', 'completion'])
  })

  test('without options is told what it needs', () => {
    expect(() => parseComparison(undefined as never)).toThrow('base: ')
  })

  test('of fan-outs needs a protocol, and is none of pings where that is undefined', () => {
    const given = { ...sides, protocol: undefined }
    expect(() => parseComparison(given as never)).toThrow('protocol: expected a ready-made one')
  })

  test('of pings has none', () => {
    expect(parseComparison(sides)).toMatchObject({ fanOut: undefined, load: { connections: 10 } })
  })

  test('of fan-outs has every mistake told at once', () => {
    const mistaken = { ...sides, subscribers: 0, connections: 5, tolerance: { p50: '5%' }, warmup: 'x', duration: '5s' }
    expect(() => parseComparison(mistaken as never)).toThrowErrorMatchingInlineSnapshot(`
      [WsLoadError: wsLoad.compare: 6 options are wrong
        subscribers: expected a whole number from 1 to 1,000,000, got 0
        connections: expected subscribers and publishers instead
        protocol: expected a ready-made one such as socketIO.room(…), the URL of a module, or { module, data }, got nothing
        tolerance.p50: expected delivery.p50, first.p50 or completion.p50 of a fan-out
        duration: expected maxDuration instead, a comparison goes on until it is clear
        warmup: expected milliseconds or a text like '250us', '20ms', '5s', '2m', from 0 ms to 1 day, got "x"]
    `)
  })
})
