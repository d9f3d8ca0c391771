import { expect, test } from 'vitest'
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

test('all mistakes are told at once', () => {
  expect(mistakesOf({ subscribers: 0, connections: 5, warmup: 'y', protocol: 7 }).split('\n')).toHaveLength(5)
})
