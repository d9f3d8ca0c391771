import { expect, test } from 'vitest'
import { adviseUrl } from '../../src/protocols/advise-url.ts'

const cure = 'take another URL'

test.for(['HTTP_200', 'HTTP_302', 'HTTP_404', 'HTTP_426', 'ECONNRESET', 'HANDSHAKE_INVALID'])(
  'a handshake that ends with %s is one at a wrong URL',
  (code) => {
    expect(adviseUrl({ code, sample: '', during: 'handshake' }, cure)).toBe(cure)
    expect(adviseUrl({ code, sample: '', during: 'flood' }, cure)).toBeUndefined()
  },
)

test.for(['HTTP_401', 'HTTP_403', 'HTTP_429', 'HTTP_500', 'HTTP_503', 'CONNECT_TIMEOUT', 'EMFILE'])(
  'one that ends with %s is not',
  (code) => {
    expect(adviseUrl({ code, sample: '', during: 'handshake' }, cure)).toBeUndefined()
  },
)

test('a session that is not over in time may be slow as well', () => {
  const advice = adviseUrl({ code: 'SESSION_TIMEOUT', sample: '', during: 'session' }, cure)
  expect(advice).toBe('take another URL; if the server is slow, raise sessionTimeout or lower sessionRate')
})
