import { createRequire } from 'node:module'
import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import { parseOptions } from '../../src/options/options.ts'

/** Its types would be those of a browser, for all files. */
const { JSDOM } = createRequire(import.meta.url)('jsdom') as { JSDOM: new () => { window: typeof globalThis } }
const { window } = new JSDOM()
const elsewhere = createContext()

test('a URL of another realm is one', () => {
  expect(parseOptions({ url: new window.URL('ws://localhost') }).url).toBe('ws://localhost/')
})

test('bytes of another realm are some', () => {
  const bytes = runInContext('new Uint8Array([1, 2, 3])', elsewhere) as Uint8Array
  expect(parseOptions({ probe: { binary: bytes, answer: bytes } }).probe).toMatchObject({ kind: 'binary' })
})

test('a signal of another realm is one', () => {
  const { signal } = new window.AbortController()
  expect(() => parseOptions({ signal })).not.toThrow()
})

test.each([{ aborted: false }, { aborted: false, addEventListener() {} }, 'aborted', null])(
  '%j is no signal',
  (signal) => {
    expect(() => parseOptions({ signal: signal as unknown as AbortSignal })).toThrow('signal: expected an AbortSignal')
  },
)

test('what only inherits from URL is none', () => {
  expect(() => parseOptions({ url: Object.create(URL.prototype) as URL })).toThrow(
    'url: expected a ws:// or wss:// URL',
  )
})
