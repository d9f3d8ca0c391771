import { assert, constantFrom, double, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  contradictionOf,
  intervalOf,
  endToConfirm,
  limitToConfirm,
  missToConfirm,
  nextLoad,
  type Outcome,
  type SearchRange,
  type TriedLoad,
} from '../../src/capacity/search.ts'

const range: SearchRange = {
  from: 100,
  to: 100_000,
  precision: 0.1,
  shareAbove: 0.25,
  firstGrowth: 1.1,
  isWhole: false,
}
const mostSteps = 40
const rounding = 1e-9

/** What a server of this capacity does under a load, which it serves as far as it can. */
function serverOf(capacity: number, undecidedShare = 0): (load: number) => TriedLoad {
  return (load) => {
    const isNear = Math.abs(load / capacity - 1) < undecidedShare
    const outcome = isNear ? 'undecided' : load <= capacity ? 'kept' : 'missed'
    return { load, outcome, served: Math.min(load, capacity) }
  }
}

function search(ask: (load: number) => TriedLoad, given: SearchRange, guess: number): TriedLoad[] {
  const tried: TriedLoad[] = []
  for (let load = nextLoad(tried, given, guess); load !== undefined; load = nextLoad(tried, given, guess)) {
    tried.push(ask(load))
    if (tried.length > mostSteps) throw new Error(`no end: ${JSON.stringify(tried)}`)
  }
  return tried
}

function tried(...outcomes: readonly (readonly [load: number, outcome: Outcome])[]): TriedLoad[] {
  return outcomes.map(([load, outcome]) => ({ load, outcome, served: 0 }))
}

describe('a search', () => {
  test('finds any capacity of its range, as precisely as it was asked to', () => {
    assert(
      property(
        double({ min: 2, max: 5, noNaN: true }),
        double({ min: 1.5, max: 6, noNaN: true }),
        constantFrom(0.02, 0.1, 0.5),
        (capacityPower, guessPower, precision) => {
          const [capacity, guess] = [10 ** capacityPower, 10 ** guessPower]
          const { low, high } = intervalOf(search(serverOf(capacity), { ...range, precision }, guess))
          expect(low).toBeLessThanOrEqual(capacity)
          expect(high).toBeGreaterThan(capacity)
          const isAtAnEnd = low === 0 ? high === range.from : high === Infinity && low === range.to
          expect(isAtAnEnd || high <= low * (1 + precision) * (1 + rounding)).toBe(true)
        },
      ),
    )
  })

  test('tries two loads where the guess is right', () => {
    const [tooMuch, kept, ...others] = search(serverOf(10_000), range, 9_950)
    expect(tooMuch!.load).toBeGreaterThan(10_000)
    expect(kept!.load).toBeLessThan(9_400)
    expect(others).toEqual([])
    for (const guess of [9_100, 10_700]) expect(search(serverOf(10_000), range, guess)).toHaveLength(2)
  })

  test('begins below a load again that broke a server down', () => {
    const broken = { load: 10_190, outcome: 'missed', served: 3_000 } as const
    expect(nextLoad([broken], range, 9_950)).toBeCloseTo(10_190 / 1.1)
  })

  test('tries no more than eleven where the guess is ten times too high or too low', () => {
    assert(
      property(double({ min: 3, max: 4, noNaN: true }), constantFrom(0.1, 10), (power, times) => {
        expect(search(serverOf(10 ** power), range, 10 ** power * times).length).toBeLessThanOrEqual(11)
      }),
    )
  })

  test('goes around loads that stay undecided', () => {
    const { low, high } = intervalOf(search(serverOf(10_000, 0.03), range, 10_000))
    expect(low).toBeGreaterThan(9_000)
    expect(low).toBeLessThan(9_701)
    expect(high).toBeGreaterThan(10_299)
    expect(high).toBeLessThan(11_500)
  })

  test('goes past a load that stays undecided twice as far as it came to it', () => {
    const upwards = tried([10_000, 'kept'], [11_000, 'kept'], [13_310, 'undecided'])
    expect(nextLoad(upwards, range, 10_000)! / 13_310).toBeCloseTo(1.1 ** 4)
    const downwards = tried([10_000, 'missed'], [9_091, 'undecided'])
    expect(9_091 / nextLoad(downwards, range, 9_760)!).toBeCloseTo(1.1 ** 2)
  })

  test('gets far from a guess without a reason in few loads', () => {
    const whole = { from: 1, to: 10_000, precision: 0.1, shareAbove: 0.25, firstGrowth: 4, isWhole: true }
    for (const capacity of [1, 3, 30, 800, 5_000])
      expect(search(serverOf(capacity), whole, 100).length).toBeLessThanOrEqual(9)
  })

  test('finds in few loads what a server takes that answers all, but late', () => {
    const late = (load: number): TriedLoad => ({ ...serverOf(3_000)(load), served: 0.99 * load })
    for (const guess of [6_000, 10_000]) {
      const loads = search(late, range, guess)
      expect(loads.length).toBeLessThanOrEqual(11)
      expect(intervalOf(loads).low).toBeGreaterThan(2_700)
    }
  })

  test('goes far below a number of connections that was tried without a reason, and all of which opened', () => {
    const whole = { from: 1, to: 10_000, precision: 0.1, shareAbove: 0.25, firstGrowth: 4, isWhole: true }
    expect(nextLoad([{ load: 100, outcome: 'missed', served: 100 }], whole, 100)).toBe(25)
  })

  test('ends soon after it has seen how many connections a server takes', () => {
    const whole = { from: 10, to: 2_000, precision: 0.1, shareAbove: 0.25, firstGrowth: 4, isWhole: true }
    const loads = search(serverOf(200), whole, 141)
    expect(loads.map(({ load }) => load)).toEqual([141, 564, 187, 205])
  })

  test('finds whole numbers', () => {
    const whole = { from: 1, to: 1_000, precision: 0.01, shareAbove: 0.25, firstGrowth: 4, isWhole: true }
    const loads = search(serverOf(37), whole, 30)
    expect(loads.every(({ load }) => Number.isInteger(load))).toBe(true)
    expect(intervalOf(loads)).toEqual({ low: 37, high: 38 })
  })

  test('ends below what is out of reach', () => {
    const unreachable = (load: number): TriedLoad =>
      load > 20_000 ? { load, outcome: 'out of reach', served: 20_000 } : { load, outcome: 'kept', served: load }
    const loads = search(unreachable, range, 1_000)
    const { low, high } = intervalOf(loads)
    expect(high).toBe(Infinity)
    expect(low).toBeGreaterThan(18_000)
  })

  test('ends at the ends of its range', () => {
    expect(search(serverOf(1e9), range, 50_000).at(-1)).toMatchObject({ load: range.to, outcome: 'kept' })
    expect(search(serverOf(1), range, 50_000).at(-1)).toMatchObject({ load: range.from, outcome: 'missed' })
  })

  test('ends where nothing is ever decided', () => {
    const undecided = (load: number): TriedLoad => ({ load, outcome: 'undecided', served: load })
    expect(search(undecided, range, 3_000).length).toBeLessThan(mostSteps)
  })
})

describe('an interval', () => {
  test('lies between the highest load kept and the lowest missed', () => {
    const loads = tried([100, 'kept'], [400, 'missed'], [200, 'kept'], [300, 'missed'], [250, 'undecided'])
    expect(intervalOf(loads)).toEqual({ low: 200, high: 300 })
    expect(contradictionOf(loads)).toBeUndefined()
  })

  test('has no end that another verdict contradicts', () => {
    const loads = tried([100, 'kept'], [200, 'missed'], [300, 'kept'], [400, 'missed'])
    expect(intervalOf(loads)).toEqual({ low: 100, high: 400 })
    expect(contradictionOf(loads)).toEqual({ kept: 300, missed: 200 })
  })

  test('has no ends where nothing is sure', () => {
    expect(intervalOf([])).toEqual({ low: 0, high: Infinity })
  })
})

describe('the load to confirm', () => {
  test('is the end that was found first', () => {
    expect(endToConfirm(tried([100, 'kept'], [110, 'missed']))).toBe(100)
    expect(endToConfirm(tried([110, 'missed'], [100, 'kept']))).toBe(110)
  })

  test('is none where one of the ends was tried again', () => {
    expect(endToConfirm(tried([100, 'kept'], [110, 'missed'], [100, 'kept']))).toBeUndefined()
    expect(endToConfirm(tried([100, 'kept'], [110, 'missed'], [100, 'undecided']))).toBeUndefined()
  })

  test('is what was missed once, whatever was kept, where a verdict stands on it', () => {
    expect(missToConfirm(tried([110, 'missed']))).toBe(110)
    expect(missToConfirm(tried([110, 'missed'], [110, 'undecided']))).toBeUndefined()
    expect(missToConfirm(tried([110, 'missed'], [110, 'missed']))).toBeUndefined()
    expect(missToConfirm(tried([100, 'kept']))).toBeUndefined()
    expect(missToConfirm(tried([110, 'out of reach'], [110, 'missed']))).toBe(110)
  })

  test('is none where the interval has but one end', () => {
    expect(endToConfirm(tried([100, 'kept']))).toBeUndefined()
  })

  test('is the lowest one that was out of reach where no load was missed', () => {
    const outOfReach = tried([400, 'out of reach'], [100, 'kept'], [200, 'out of reach'], [150, 'kept'])
    expect(limitToConfirm(outOfReach)).toBe(200)
    expect(limitToConfirm(tried([100, 'out of reach'], [100, 'kept']))).toBeUndefined()
    expect(limitToConfirm(tried([100, 'kept'], [200, 'out of reach'], [300, 'missed']))).toBeUndefined()
  })
})
