import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InFlight, mostInFlight, PingMemory } from '../../src/generator/in-flight.ts'

interface ModelPing {
  due: number
  sent: number
  state: 'pending' | 'overdue' | 'settled'
}

type Command =
  | { readonly type: 'add'; readonly due: number; readonly sent: number }
  | { readonly type: 'queue'; readonly due: number }
  | { readonly type: 'settle' | 'markOverdue' | 'depart'; readonly pick: number; readonly sent: number }

const times = fc.double({ min: 0, max: 1e9, noNaN: true })
const commands: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('add' as const), due: times, sent: times }), weight: 5 },
  { arbitrary: fc.record({ type: fc.constant('queue' as const), due: times }), weight: 2 },
  { arbitrary: fc.record({ type: fc.constant('settle' as const), pick: fc.nat(), sent: times }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('markOverdue' as const), pick: fc.nat(), sent: times }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant('depart' as const), pick: fc.nat(), sent: times }), weight: 1 },
)
/** Sequence numbers from which the low 32 bits begin anew, soon or at once, and others. */
const starts = fc.constantFrom(0, 1, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 32, 5 * 2 ** 32 - 100, 2 ** 45 + 12_345)

/** The same as a plain list of all pings there ever were. */
class Model {
  readonly pings = new Map<number, ModelPing>()
  readonly #start: number
  readonly #separate: boolean

  constructor(start: number, separate: boolean) {
    this.#start = start
    this.#separate = separate
  }

  get next(): number {
    return this.#start + this.pings.size
  }

  get unsettled(): number[] {
    return [...this.pings.keys()].filter((sequence) => this.pings.get(sequence)!.state !== 'settled')
  }

  /** One of the unsettled pings. */
  pick(nth: number): number | undefined {
    return this.unsettled[nth % this.unsettled.length]
  }

  apply(command: Command, sequence: number | undefined): void {
    if (command.type === 'add' || command.type === 'queue') {
      const sent = command.type === 'add' ? command.sent : Infinity
      this.pings.set(this.next, { due: this.#separate ? command.due : sent, sent, state: 'pending' })
    } else if (command.type === 'depart') {
      for (const [later, ping] of this.pings) {
        if (later < sequence! || ping.state === 'settled') continue
        ping.sent = command.sent
        if (!this.#separate) ping.due = command.sent
      }
    } else {
      this.pings.get(sequence!)!.state = command.type === 'settle' ? 'settled' : 'overdue'
    }
  }
}

function apply(flight: InFlight, command: Command, sequence: number | undefined): void {
  if (command.type === 'add') flight.add(command)
  else if (command.type === 'queue') flight.queue(command)
  else if (command.type === 'depart') flight.depart(sequence!, command)
  else flight[command.type](sequence!)
}

/** By both ways to ask for them. */
function timesOf(flight: InFlight, sequence: number): object {
  const ping = { due: NaN, sent: NaN }
  flight.lookUp(sequence, ping)
  expect(ping).toEqual({ due: flight.due(sequence), sent: flight.sent(sequence) })
  return ping
}

function seen(flight: InFlight, sequences: readonly number[]): object {
  const { oldest, next, empty, several } = flight
  const pings = sequences.map((sequence) => ({
    located: flight.locate(sequence % 2 ** 32),
    ...timesOf(flight, sequence),
    pending: flight.isPending(sequence),
    overdue: flight.isOverdue(sequence),
  }))
  return { oldest, next, empty, several, pings }
}

function expected({ pings, next, unsettled }: Model): object {
  const oldest = unsettled[0] ?? next
  return {
    oldest,
    next,
    empty: unsettled.length === 0,
    several: next - oldest > 1,
    pings: unsettled.map((sequence) => {
      const { due, sent, state } = pings.get(sequence)!
      return { located: sequence, due, sent, pending: state === 'pending', overdue: state === 'overdue' }
    }),
  }
}

function flightFrom(start: number, capacity = 4, separate = true): InFlight {
  const flight = new InFlight(capacity, new PingMemory(separate))
  flight.oldest = flight.next = start
  return flight
}

describe('pings in flight', () => {
  test('are what a plain list of them would be, in any order of events', { timeout: 60_000 }, () => {
    const runs = fc.array(commands, { maxLength: 150, size: 'max' })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.boolean(), starts, runs, (capacity, separate, start, run) => {
        const flight = flightFrom(start, capacity, separate)
        const model = new Model(start, separate)
        for (const command of run) {
          const sequence = 'pick' in command ? model.pick(command.pick) : undefined
          if ('pick' in command && sequence === undefined) continue
          apply(flight, command, sequence)
          model.apply(command, sequence)
          expect(seen(flight, model.unsettled)).toEqual(expected(model))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('are not found once they are settled, nor before they are added', () => {
    const settling = fc.array(fc.nat(), { maxLength: 60, size: 'max' })
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 60 }), settling, (start, count, picks) => {
        const flight = flightFrom(start)
        for (let nth = 0; nth < count; nth++) flight.add({ due: nth, sent: nth })
        const settled = new Set(picks.map((pick) => start + (pick % count)))
        for (const sequence of settled) if (sequence >= flight.oldest) flight.settle(sequence)
        for (let sequence = start; sequence < start + count; sequence++) {
          expect(flight.locate(sequence % 2 ** 32)).toBe(settled.has(sequence) ? -1 : sequence)
        }
        expect(flight.locate((start + count) % 2 ** 32)).toBe(-1)
        expect(flight.locate((start + 2 ** 32 - 1) % 2 ** 32)).toBe(-1)
      }),
    )
  })

  test('grow in number without being mixed up', () => {
    const flight = flightFrom(2 ** 32 - 1_000, 1)
    for (let nth = 0; nth < 5_000; nth++) {
      flight.add({ due: nth, sent: nth + 0.5 })
      if (nth % 7 === 0) flight.settle(flight.oldest)
    }
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      const nth = sequence - (2 ** 32 - 1_000)
      expect([flight.due(sequence), flight.sent(sequence)]).toEqual([nth, nth + 0.5])
    }
  })

  test('are full at the most a connection may have', () => {
    const flight = flightFrom(0)
    for (let nth = 0; nth < mostInFlight - 1; nth++) flight.add({ due: nth, sent: nth })
    expect(flight.full).toBe(false)
    flight.add({ due: 0, sent: 0 })
    expect(flight.full).toBe(true)
    flight.settle(5)
    expect(flight.full).toBe(true)
    flight.settle(0)
    expect(flight.full).toBe(false)
  })
})

describe('the oldest ping', () => {
  test('stays while it is overdue', () => {
    const flight = flightFrom(0)
    flight.add({ due: 1, sent: 1 })
    flight.add({ due: 2, sent: 2 })
    flight.markOverdue(0)
    flight.settle(1)
    expect(flight).toMatchObject({ oldest: 0, next: 2, empty: false })
    expect(flight.isOverdue(0)).toBe(true)
  })

  test('goes with all settled ones behind it', () => {
    const flight = flightFrom(0)
    for (let nth = 0; nth < 4; nth++) flight.add({ due: nth, sent: nth })
    flight.settle(2)
    flight.settle(1)
    expect(flight.oldest).toBe(0)
    flight.settle(0)
    expect(flight.oldest).toBe(3)
  })
})

test('a ping in the closed model is due when it is sent', () => {
  const flight = new InFlight(2, new PingMemory(false))
  flight.add({ due: 1, sent: 5 })
  expect([flight.due(0), flight.sent(0)]).toEqual([5, 5])
})

test('a ping in the open model keeps the time it was due', () => {
  const flight = new InFlight(2, new PingMemory(true))
  flight.queue({ due: 1 })
  flight.depart(0, { sent: 5 })
  expect([flight.due(0), flight.sent(0)]).toEqual([1, 5])
})
