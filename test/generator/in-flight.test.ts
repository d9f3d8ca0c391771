import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InFlight, mostInFlight, PingMemory } from '../../src/generator/in-flight.ts'

interface ModelPing {
  due: number
  /** Infinity while it waits to be sent. */
  sent: number
  floorIfOnTime: number
  /** Whether no later pong changes the floor. */
  isBounded: boolean
  state: 'pending' | 'overdue' | 'settled'
}

/** What happens, and how much later than what happened before. `pick` is one of the pings that it can happen to. */
type Command = { readonly after: number } & (
  | { readonly type: 'add'; readonly heldBack: boolean }
  | { readonly type: 'depart' | 'cancel'; readonly count: number }
  | Picking
)

interface Picking {
  readonly type: 'settle' | 'markOverdue' | 'acknowledge'
  readonly pick: number
}

/** Mostly a while, sometimes no time at all. */
const after = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true }))
const commands: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('add' as const), after, heldBack: fc.boolean() }), weight: 7 },
  { arbitrary: fc.record({ type: fc.constant('depart' as const), after, count: fc.nat(4) }), weight: 6 },
  { arbitrary: fc.record({ type: fc.constant('settle' as const), after, pick: fc.nat() }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('acknowledge' as const), after, pick: fc.nat() }), weight: 4 },
  { arbitrary: fc.record({ type: fc.constant('markOverdue' as const), after, pick: fc.nat() }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant('cancel' as const), after, count: fc.nat(3) }), weight: 1 },
)
/** Sequence numbers from which the low 32 bits begin anew, soon or at once, and others. */
const starts = fc.constantFrom(0, 1, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 32, 5 * 2 ** 32 - 100, 2 ** 45 + 12_345)

/** The same as plain lists of the pings that were sent and of those that wait. */
class Model {
  now = 0
  readonly sent: ModelPing[] = []
  readonly waiting: ModelPing[] = []
  answered = 0
  readonly start: number
  readonly #separate: boolean

  constructor(start: number, separate: boolean) {
    this.start = start
    this.#separate = separate
  }

  get pings(): ModelPing[] {
    return [...this.sent, ...this.waiting]
  }

  /** Of all pings there ever were, but for those that were cancelled. */
  get oldest(): number {
    const nth = this.pings.findIndex((ping) => ping.state !== 'settled')
    return nth === -1 ? this.pings.length : nth
  }

  /** One of the pings that something can happen to, counted from the first ping there ever was. */
  pick({ type, pick }: Picking): number | undefined {
    const numbers = [...this.sent.keys()]
    const possible =
      type === 'acknowledge'
        ? numbers.filter((nth) => nth >= this.answered)
        : numbers.filter((nth) => this.sent[nth]!.state !== 'settled')
    return possible[pick % possible.length]
  }

  add(heldBack: boolean): void {
    const isHeld = heldBack && this.#separate
    this.waiting.push({
      due: this.now,
      sent: Infinity,
      floorIfOnTime: isHeld ? this.now : Infinity,
      isBounded: !isHeld,
      state: 'pending',
    })
  }

  depart(count: number): void {
    for (const ping of this.waiting.splice(0, count)) {
      ping.sent = this.now
      if (!this.#separate) ping.due = this.now
      this.sent.push(ping)
    }
  }

  acknowledge(nth: number): void {
    this.answered = nth + 1
    const left = nth < this.oldest ? -Infinity : this.sent[nth]!.sent
    const following = this.sent[Math.max(this.answered, this.oldest)]
    for (const ping of this.pings.filter(({ isBounded, due }) => !isBounded && due <= (following?.sent ?? Infinity))) {
      if (left <= ping.due) ping.floorIfOnTime = Math.max(ping.due, this.now)
      ping.isBounded = true
    }
  }
}

function apply(flight: InFlight, model: Model, command: Command): void {
  model.now += command.after
  const { now, start } = model
  if (command.type === 'add') {
    flight.add({ due: now })
    if (command.heldBack) flight.holdBack()
    model.add(command.heldBack)
  } else if ('count' in command) {
    const count = Math.min(command.count, model.waiting.length)
    if (command.type === 'depart') flight.depart(count, { sent: now })
    else flight.cancel(count)
    if (command.type === 'depart') model.depart(count)
    else model.waiting.splice(0, count)
  } else {
    const nth = model.pick(command)
    if (nth === undefined) return
    if (command.type === 'acknowledge') {
      flight.acknowledge((start + nth) % 2 ** 32, { floor: now })
      model.acknowledge(nth)
    } else {
      flight[command.type](start + nth)
      model.sent[nth]!.state = command.type === 'settle' ? 'settled' : 'overdue'
    }
  }
}

/** By both ways to ask for them. */
function timesOf(flight: InFlight, sequence: number): object {
  const ping = { due: NaN, sent: NaN, left: NaN, floorIfOnTime: Infinity }
  flight.lookUp(sequence, ping)
  expect(ping).toMatchObject({ due: flight.due(sequence), sent: flight.sent(sequence) })
  return ping
}

function seen(flight: InFlight): object {
  const { oldest, unsent, next, empty, several, waiting, pendingPongs } = flight
  const sequences = Array.from({ length: unsent - oldest }, (_, nth) => oldest + nth)
  const pings = sequences.map((sequence) => ({
    located: flight.locate(sequence % 2 ** 32),
    ...timesOf(flight, sequence),
    pending: flight.isPending(sequence),
    overdue: flight.isOverdue(sequence),
  }))
  const dues = Array.from({ length: waiting }, (_, nth) => flight.due(unsent + nth))
  return { oldest, unsent, next, empty, several, pendingPongs, pings, dues }
}

function expected({ start, pings, sent, waiting, answered, oldest }: Model): object {
  return {
    oldest: start + oldest,
    unsent: start + sent.length,
    next: start + pings.length,
    empty: oldest === sent.length,
    several: sent.length - oldest > 1,
    pendingPongs: sent.length - answered,
    pings: sent.slice(oldest).map(({ due, sent, floorIfOnTime, state }, nth) => ({
      located: state === 'settled' ? -1 : start + oldest + nth,
      due,
      sent,
      left: sent,
      floorIfOnTime,
      pending: state === 'pending',
      overdue: state === 'overdue',
    })),
    dues: waiting.map(({ due }) => due),
  }
}

function flightFrom(start: number, capacity = 4, separate = true): InFlight {
  return new InFlight(capacity, new PingMemory(separate), start)
}

/** Adds pings to a flight that are sent at once. */
function send(flight: InFlight, ...pings: readonly { readonly due: number; readonly sent: number }[]): void {
  for (const ping of pings) {
    flight.add(ping)
    flight.depart(1, ping)
  }
}

describe('pings in flight', () => {
  test('are what a plain list of them would be, in any order of events', { timeout: 60_000 }, () => {
    const runs = fc.array(commands, { maxLength: 150, size: 'max' })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.boolean(), starts, runs, (capacity, separate, start, run) => {
        const flight = flightFrom(start, capacity, separate)
        const model = new Model(start, separate)
        for (const command of run) {
          apply(flight, model, command)
          expect(seen(flight)).toEqual(expected(model))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('are not found once they are settled, nor before they are sent', () => {
    const settling = fc.array(fc.nat(), { maxLength: 60, size: 'max' })
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 60 }), settling, (start, count, picks) => {
        const flight = flightFrom(start)
        for (let nth = 0; nth < count; nth++) send(flight, { due: nth, sent: nth })
        flight.add({ due: count })
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
      send(flight, { due: nth, sent: nth + 0.5 })
      if (nth % 7 === 0) flight.settle(flight.oldest)
    }
    for (let sequence = flight.oldest; sequence < flight.next; sequence++) {
      const nth = sequence - (2 ** 32 - 1_000)
      expect([flight.due(sequence), flight.sent(sequence)]).toEqual([nth, nth + 0.5])
    }
  })

  test('are full at the most a connection may have', () => {
    const flight = flightFrom(0)
    for (let nth = 0; nth < mostInFlight - 1; nth++) send(flight, { due: nth, sent: nth })
    expect(flight.full).toBe(false)
    flight.add({ due: 0 })
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
    send(flight, { due: 1, sent: 1 }, { due: 2, sent: 2 })
    flight.markOverdue(0)
    flight.settle(1)
    expect(flight).toMatchObject({ oldest: 0, next: 2, empty: false })
    expect(flight.isOverdue(0)).toBe(true)
  })

  test('goes with all settled ones behind it', () => {
    const flight = flightFrom(0)
    for (let nth = 0; nth < 4; nth++) send(flight, { due: nth, sent: nth })
    flight.settle(2)
    flight.settle(1)
    expect(flight.oldest).toBe(0)
    flight.settle(0)
    expect(flight.oldest).toBe(3)
  })
})

test('a ping in the closed model is due when it is sent', () => {
  const flight = new InFlight(2, new PingMemory(false))
  send(flight, { due: 1, sent: 5 })
  expect([flight.due(0), flight.sent(0)]).toEqual([5, 5])
})

test('a ping in the open model keeps the time it was due', () => {
  const flight = new InFlight(2, new PingMemory(true))
  flight.add({ due: 1 })
  flight.depart(1, { sent: 5 })
  expect([flight.due(0), flight.sent(0)]).toEqual([1, 5])
})

describe('pongs', () => {
  function flightOf(count: number): InFlight {
    const flight = flightFrom(0)
    for (let nth = 0; nth < count; nth++) send(flight, { due: nth, sent: nth })
    return flight
  }

  test('are pending until theirs, or that of a newer ping, has come', () => {
    const flight = flightOf(5)
    expect(flight.pendingPongs).toBe(5)
    flight.acknowledge(2, { floor: 10 })
    expect(flight.pendingPongs).toBe(2)
  })

  test('of pings that have timed out are pending as well', () => {
    const flight = flightOf(3)
    for (const sequence of [0, 1, 2]) flight.settle(sequence)
    expect(flight).toMatchObject({ empty: true, pendingPongs: 3 })
    flight.acknowledge(1, { floor: 10 })
    expect(flight.pendingPongs).toBe(1)
  })

  test('that come twice, or that nothing was sent for, change nothing', () => {
    const flight = flightOf(5)
    flight.acknowledge(2, { floor: 10 })
    for (const low of [2, 0, 5, 2 ** 32 - 1]) flight.acknowledge(low, { floor: 11 })
    expect(flight.pendingPongs).toBe(2)
  })
})

test('pings that have to be made were sent when that began, and have left when it is over', () => {
  const flight = new InFlight(4, new PingMemory(true, true))
  send(flight, { due: 0, sent: 1 })
  flight.add({ due: 1 })
  flight.add({ due: 2 })
  flight.depart(2, { sent: 3 })
  flight.leave(1, 8)
  expect([0, 1, 2].map((sequence) => timesOf(flight, sequence))).toMatchObject([
    { sent: 1, left: 1 },
    { sent: 3, left: 8 },
    { sent: 3, left: 8 },
  ])
  flight.settle(0)
  flight.leave(0, 9, 1)
  expect(timesOf(flight, 1)).toMatchObject({ left: 8 })
})

describe('of a ping that was held back', () => {
  const ping = { due: NaN, sent: NaN, left: NaN, floorIfOnTime: NaN }

  test('the floor is when the last one sent before it was due was answered', () => {
    const flight = flightFrom(0)
    send(flight, { due: 0, sent: 0 }, { due: 1, sent: 1 })
    flight.add({ due: 2 })
    flight.holdBack()
    flight.acknowledge(0, { floor: 5 })
    flight.depart(1, { sent: 5 })
    flight.acknowledge(1, { floor: 7 })
    flight.acknowledge(2, { floor: 9 })
    flight.lookUp(2, ping)
    expect(ping).toEqual({ due: 2, sent: 5, left: 5, floorIfOnTime: 7 })
  })

  test('the floor is when it was due if all before it left later still', () => {
    const flight = flightFrom(0)
    send(flight, { due: 0, sent: 400 })
    flight.add({ due: 1 })
    flight.holdBack()
    flight.acknowledge(0, { floor: 405 })
    flight.depart(1, { sent: 405 })
    flight.lookUp(1, ping)
    expect(ping.floorIfOnTime).toBe(1)
  })

  test('the floor is no later when the generator was late for those before it', () => {
    const flight = flightFrom(0)
    send(flight, { due: 0, sent: 0 }, { due: 1, sent: 4 })
    flight.add({ due: 2 })
    flight.holdBack()
    flight.acknowledge(0, { floor: 5 })
    flight.acknowledge(1, { floor: 7 })
    flight.depart(1, { sent: 7 })
    flight.lookUp(2, ping)
    expect(ping.floorIfOnTime).toBe(5)
  })

  test('the floor is not before it was due', () => {
    const flight = flightFrom(0)
    send(flight, { due: 0, sent: 0 })
    flight.add({ due: 2 })
    flight.holdBack()
    flight.acknowledge(0, { floor: 1 })
    flight.depart(1, { sent: 3 })
    flight.lookUp(1, ping)
    expect(ping.floorIfOnTime).toBe(2)
  })
})
