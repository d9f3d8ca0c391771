import { expect, test } from 'vitest'
import { judgeSustained } from '../../src/capacity/sustain.ts'
import { formatCapacityPage } from '../../src/page/capacity-page.ts'
import { formatCapacityPicture } from '../../src/page/picture.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'
import { hostileTexts } from '../support/hostile.ts'

const capacity = capacityResult([
  capacityStep(900, 'pass'),
  capacityStep(1_600, 'fail', { recovery: 800 }),
  capacityStep(1_200, 'inconclusive'),
])

test('a page shows the curve, every load in the order in which it was tried, and why', () => {
  const page = formatCapacityPage(capacity, undefined)
  expect(page).toContain(
    '<h2>Capacity: 1.2k/s with p99 &lt; 20ms, between 900/s (kept) and 1.6k/s (missed), 99 % sure</h2>',
  )
  expect(page).toContain('<figcaption>Latency by rate</figcaption>')
  const loads = [...page.matchAll(/<th scope="row">([^<]+)<\/th>/g)].map(([, load]) => load)
  expect(loads).toEqual(['900/s', '1.6k/s', '1.2k/s'])
  expect(page).toContain('<td>missed</td><td>p99 is 400 ms</td>')
})

test('the curve has a line for the limit, a mark for each load, and a band between kept and missed', () => {
  const picture = formatCapacityPicture(capacity)!
  expect(picture).toContain('p99 &lt; 20ms</text>')
  expect(picture).toContain('900/s kept: p50 2 ms, p99 5 ms, 0 % failed. 1.2k/s undecided')
  expect(picture.match(/<circle class="dot (?:first|bad|third)"/g)).toHaveLength(3)
  expect(picture.match(/<rect class="band first"/g)).toHaveLength(1)
})

test('the curve marks a load as decided that stayed undecided at another time', () => {
  const steps = [capacityStep(900, 'pass'), capacityStep(1_600, 'fail'), capacityStep(900, 'inconclusive')]
  const picture = formatCapacityPicture(capacityResult(steps))!
  expect(picture).toContain('900/s kept')
  expect(picture).not.toContain('900/s undecided')
})

test('there is no curve where nothing was measured', () => {
  expect(formatCapacityPicture(capacityResult([]))).toBeNull()
  expect(formatCapacityPage(capacityResult([]), undefined)).not.toContain('<figure>')
})

test('a page says whether a load is sustained', () => {
  expect(formatCapacityPage(capacity, judgeSustained(capacity, 500))).toContain(
    '<strong class="badge good">✓ pass</strong>',
  )
  expect(formatCapacityPage(capacity, judgeSustained(capacity, 9_000))).toContain(
    '<strong class="badge bad">✗ fail</strong>',
  )
})

const missed = capacityStep(900, 'fail', { summary: undefined })

test.each(hostileTexts)('what a server says is text on a page: %o', (hostile) => {
  const page = formatCapacityPage(capacityResult([{ ...missed, reasons: [hostile] }]), undefined)
  expect(page).not.toMatch(/<(?:script|img|b)\b/)
})
