import { readFile } from 'node:fs/promises'
import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { capacitySchema } from '../../src/capacity/from-json.ts'
import { LoadCapacity } from '../../src/summary/load-capacity.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { capacityResult, capacityStep } from '../support/capacity.ts'

const published = '../../schema/load-capacity.schema.json'
const capacity = new LoadCapacity(
  capacityResult([
    capacityStep(900, 'pass'),
    capacityStep(1_600, 'fail', { recovery: Infinity }),
    capacityStep(5_000, 'inconclusive', { limitedBy: 'machine', summary: undefined }),
  ]),
)

function plain(value: LoadCapacity): object {
  return JSON.parse(JSON.stringify(value)) as object
}

function readBack(json: unknown = plain(capacity)): LoadCapacity {
  return LoadCapacity.fromJSON(json)
}

test('a capacity has a summary of each load, and prints itself', () => {
  expect(capacity.steps[0]!.summary).toBeInstanceOf(LoadSummary)
  expect(String(capacity)).toMatch(/^Capacity: 1\.2k\/s/)
  expect(inspect(capacity)).toBe(String(capacity))
  expect(capacity.judge(900).verdict).toBe('pass')
})

test('a capacity is read from its JSON as it was', () => {
  expect(String(readBack())).toBe(String(capacity))
  expect(plain(readBack())).toEqual(plain(capacity))
})

test('a capacity of connections is read from its JSON as it was', () => {
  const steps = [capacityStep(30, 'pass'), capacityStep(33, 'fail')]
  const connections = new LoadCapacity(
    capacityResult(steps, { over: 'connections', fixedConnections: undefined, ratePerConnection: 2, from: 1, to: 100 }),
  )
  expect(plain(LoadCapacity.fromJSON(plain(connections)))).toEqual(plain(connections))
})

test('why a capacity has no load is read from its JSON as it was', () => {
  const none = new LoadCapacity(capacityResult([], { firstFlood: ['it answered 30 of 60 pings'] }))
  expect(plain(LoadCapacity.fromJSON(plain(none)))).toEqual(plain(none))
})

test('what a file says of a capacity is found anew from its loads', () => {
  const json = { ...plain(capacity), low: 1e9, high: null, limitedBy: 'range' }
  expect(readBack(json)).toMatchObject({ low: 900, high: 1_600, limitedBy: 'slo' })
})

test.each([
  [null, 'expected an object, got null'],
  [{ schemaVersion: 1 }, 'over: missing'],
  [{ schemaVersion: 1, slices: '' }, 'this is a summary; LoadSummary.fromJSON reads it'],
  [{ base: { steps: [] }, head: {} }, 'this is a comparison; LoadCapacity.fromJSON reads its base and its head'],
  [{ ...plain(capacity), precision: 'fine' }, 'precision: expected number, got "fine"'],
  [{ ...plain(capacity), steps: [{ load: 900, verdict: 'pass', reasons: [] }] }, 'steps.0.summary: missing'],
])('%o is no capacity', (json, mistake) => {
  expect(() => readBack(json)).toThrow(expect.objectContaining({ code: 'WSLOAD_ERR_UNREADABLE_SUMMARY' }))
  expect(() => readBack(json)).toThrow(mistake)
})

test('the published schema is the one that fromJSON reads by', async () => {
  const schema = toJsonSchema(capacitySchema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['transform'],
  })
  const titled = { ...schema, title: 'LoadCapacity', description: 'What ws-load capacity --json writes.' }
  await expect(`${JSON.stringify(titled, null, 2)}\n`).toMatchFileSnapshot(published)
})

test('what is written is valid by the schema', async () => {
  const schema = JSON.parse(await readFile(new URL(published, import.meta.url), 'utf8')) as object
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema)
  validate(plain(capacity))
  expect(validate.errors ?? []).toEqual([])
})
