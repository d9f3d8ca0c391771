import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { toJSON } from '../../src/result/json.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { formatSummary } from '../../src/report/text.ts'
import { loadResult } from '../support/result.ts'

test('has the fields of the result as its own enumerable ones', () => {
  const result = loadResult()
  expect(Object.fromEntries(Object.entries(new LoadSummary(result)))).toEqual(result)
})

test('prints itself as a summary without colours', () => {
  const result = loadResult()
  expect(String(new LoadSummary(result))).toBe(formatSummary(result))
})

test('shows the same text when logged', () => {
  const summary = new LoadSummary(loadResult())
  expect(inspect(summary)).toBe(String(summary))
})

test('becomes its JSON form when serialised', () => {
  const result = loadResult()
  expect(JSON.parse(JSON.stringify(new LoadSummary(result)))).toEqual(toJSON(result))
})
