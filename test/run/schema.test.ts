import { readFile } from 'node:fs/promises'
import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { WsLoadOptions } from '../../src/options/options.ts'
import { run } from '../support/run.ts'
import { summarySchema } from '../../src/result/from-json.ts'
import { LoadSummary } from '../../src/summary/load-summary.ts'
import { dead, echoing } from '../support/servers.ts'
import { loadResult } from '../support/result.ts'

const published = '../../schema/load-summary.schema.json'

test('the published schema is the one that fromJSON reads by', async () => {
  const schema = toJsonSchema(summarySchema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['transform'],
  })
  const text = JSON.stringify({ ...schema, title: 'LoadSummary', description: 'What ws-load --json writes.' }, null, 2)
  await expect(`${text}\n`).toMatchFileSnapshot(published)
})

async function mistakesIn(json: unknown): Promise<readonly unknown[]> {
  const schema = JSON.parse(await readFile(new URL(published, import.meta.url), 'utf8')) as object
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema)
  return validate(json) ? [] : (validate.errors ?? [])
}

test('a run is valid, whatever happened to it', async () => {
  await using server = await echoing()
  await using nobody = await dead()
  const loads: WsLoadOptions[] = [
    { url: server.url, duration: 300 },
    { url: server.url, rate: 500, until: 'p99 < 20ms', maxDuration: '1s' },
    { url: nobody.url, duration: 100 },
  ]
  for (const load of loads) {
    const summary = new LoadSummary(await run({ warmup: 0, ...load }))
    expect(await mistakesIn(JSON.parse(JSON.stringify(summary)))).toEqual([])
  }
})

test('what is no run is not valid', async () => {
  const json = JSON.parse(JSON.stringify(new LoadSummary(loadResult()))) as Record<string, unknown>
  expect(await mistakesIn(json)).toEqual([])
  expect(await mistakesIn({ ...json, schemaVersion: 2 })).toMatchObject([{ instancePath: '/schemaVersion' }])
  expect(await mistakesIn({ ...json, throughput: 'fast' })).toMatchObject([{ instancePath: '/throughput' }, {}, {}])
})
