import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { expect, test } from 'vitest'
import { formatJSON, toJSON } from '../../src/result/json.ts'
import { hostileTexts } from '../support/hostile.ts'
import { latencies, loadResult } from '../support/result.ts'

test('says which schema it follows', () => {
  expect(toJSON(loadResult()).schemaVersion).toBe(1)
})

test('survives a round trip through text unchanged', () => {
  const json = toJSON(loadResult([], { options: { url: 'ws://x/', rate: undefined } }))
  expect(JSON.parse(JSON.stringify(json))).toStrictEqual(json)
  expect(json.options).not.toHaveProperty('rate')
})

test('carries every field of the result', () => {
  const result = loadResult()
  expect(Object.keys(toJSON(result)).toSorted()).toEqual(['schemaVersion', ...Object.keys(result)].toSorted())
  expect(toJSON(result)).toMatchObject({
    throughput: 4000,
    pings: { ...result.pings },
    options: { ...result.options },
    latency: { count: 20_000, p50: result.latency.p50, p99_9: result.latency.p99_9 },
  })
})

test('writes null where there is no number', () => {
  const json = toJSON(loadResult([], { throughput: NaN, errorRate: Infinity }))
  expect(json).toMatchObject({ throughput: null, errorRate: null, latency: { count: 0, p99: null } })
})

test('carries each histogram so that any HDR library decodes it', () => {
  const result = loadResult([1, 2, 3, 400], { generator: { sendDelay: latencies([7]).both } })
  const json = toJSON(result) as unknown as {
    latency: { histogram: string }
    generator: { sendDelay: { histogram: string } }
  }
  const decoded = decodeFromCompressedBase64(json.latency.histogram)
  expect(decoded.totalCount).toBe(4)
  expect(decoded.getValueAtPercentile(100) / 1e6).toBeCloseTo(result.latency.max, 6)
  expect(decodeFromCompressedBase64(json.generator.sendDelay.histogram).totalCount).toBe(1)
})

test.for(hostileTexts)('the text of %j is neither a control sequence nor a command', (hostile) => {
  const data = { [hostile]: [hostile, 1, null] }
  const text = formatJSON(data)
  expect(text).not.toMatch(/[^\n\P{C}]|[\u2028\u2029]|##(?:vso|teamcity)?\[|^\s*::/mu)
  expect(JSON.parse(text)).toEqual(data)
})
