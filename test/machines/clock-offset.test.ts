import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measureOffset } from '../../src/machines/clock-offset.ts'

test('the true offset lies within the uncertainty, however slow and lopsided the way is', async () => {
  let asked = 0
  const actual = 12_345.678
  const { offset, uncertainty } = await measureOffset(async () => {
    asked++
    if (asked % 3 !== 0) await sleep(asked % 5)
    const at = process.uptime() * 1_000 + actual
    if (asked % 2 === 0) await sleep(asked % 7)
    return at
  })
  expect(asked).toBeGreaterThanOrEqual(20)
  expect(Math.abs(offset - actual)).toBeLessThanOrEqual(uncertainty)
})
