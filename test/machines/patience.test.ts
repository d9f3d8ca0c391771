import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Patience } from '../../src/machines/patience.ts'

function block(ms: number): void {
  const end = process.uptime() * 1_000 + ms
  while (process.uptime() * 1_000 < end);
}

test('somebody who is silent for so long is lost, once', async () => {
  let lost = 0
  const began = process.uptime() * 1_000
  await new Promise<void>((resolve) => {
    void new Patience(1_200, () => {
      lost++
      resolve()
    })
  })
  expect(process.uptime() * 1_000 - began).toBeGreaterThanOrEqual(1_200)
  await sleep(1_100)
  expect(lost).toBe(1)
})

test('somebody who says something now and then is not lost', async () => {
  let lost = 0
  const patience = new Patience(1_200, () => lost++)
  for (let nth = 0; nth < 6; nth++) {
    await sleep(400)
    patience.heard()
  }
  patience.end()
  expect(lost).toBe(0)
})

test('nobody is lost for what this process was kept from hearing', async () => {
  let lost = 0
  const patience = new Patience(1_800, () => lost++)
  block(4_000)
  await sleep(100)
  patience.heard()
  await sleep(600)
  patience.end()
  expect(lost).toBe(0)
})
