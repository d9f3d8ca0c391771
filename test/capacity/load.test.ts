import { expect, test } from 'vitest'
import { formatLoad } from '../../src/capacity/load.ts'

test('a load is printed with its unit', () => {
  expect([formatLoad('rate', 2_500), formatLoad('connections', 1), formatLoad('connections', 2_500)]).toEqual([
    '2.5k/s',
    '1 connection',
    '2,500 connections',
  ])
})
